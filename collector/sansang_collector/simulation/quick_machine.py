"""One machine of the fast world: which report it takes next and what is in it, worked out one report ahead.

What is broken when is known beforehand, so a report's moment follows from its runs: a change is told at once.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import ceil, inf
from operator import attrgetter
from random import Random
from typing import NamedTuple

from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.sighting import Seen
from sansang_collector.profiles.election import Machine

from .faults import DAY_S
from .quick_checks import JITTER, LEAST_JITTER, Run
from .quick_days import On, ons
from .quick_outlook import Outlook
from .quick_probe import FAILED, OK, UNKNOWN, Found, Prober
from .quick_scene import Scene
from .quick_way import WITNESSES, OwnWay, Silence

REPORT_S = 15.0
CHANGE_DELAY_S, CHANGE_GAP_S = 2.0, 5.0
ALONE_S, ALONE_GAP_S = 45.0, 300.0
"""After so long without contact a service is asked only so often."""


class Taken(NamedTuple):
    """A report as it lies in the spool."""

    at: float
    booted_at: float
    boot: str
    seen: list[Seen]
    goodbye: GoodbyeReason | None = None


class QuickMachine:
    """Told by its caller whether it is in contact and whether it asks the services."""

    def __init__(self, machine: Machine, scene: Scene, services: Sequence[Run], own: Sequence[Run]) -> None:
        self.machine = machine
        self.asks = False
        self.contact_at = scene.begins
        self._scene = scene
        seed = scene.seed(machine)
        self.dice = Random(seed)  # noqa: S311  # a simulation must be repeatable
        self._draw = self.dice.random
        is_slow = self._draw() < scene.options.noise.slow_machines
        self.outlook = Outlook(machine, scene)
        self._prober = Prober(self.outlook, scene.options.noise, self.dice, is_slow=is_slow)
        self._splay = self._draw() * REPORT_S
        self.stream = f"{self.dice.getrandbits(128):032x}"
        self._services, self._own = services, own
        self.live_s = {run.id: run.live_s for run in (*own, *services)}
        self._next: dict[str, float] = {}
        self._way = OwnWay()
        self._silent: list[tuple[Silence, Found]] = []
        self._ons = ons(machine, scene, self.dice)
        self._booted_at, self._boot = (
            scene.begins - self.dice.uniform(0.2, 5) * DAY_S,
            f"{self.dice.getrandbits(64):016x}",
        )

    def usual_ms(self) -> dict[str, float]:
        """By check: what an answer takes longer than once in a hundred times."""
        return {run.id: (LEAST_JITTER + 0.99 * JITTER) * run.ms for run in (*self._own, *self._services)}

    def reports(self) -> Iterator[Taken]:
        """All of them, as they are taken."""
        for on in self._ons:
            if on.boots:
                self._booted_at, self._boot = on.begins - 5.0, f"{self.dice.getrandbits(64):016x}"
            yield from self._stretch(on)

    def is_on(self, at: float) -> bool:
        """Whether it runs at that moment."""
        return any(on.begins <= at < on.ends for on in self._ons)

    def _stretch(self, on: On) -> Iterator[Taken]:
        """Reports on the grid and after changes, until it goes off."""
        latest: dict[str, int] = {}
        waiting: list[Found] = []
        fresh = on.begins > self._scene.begins
        first = on.begins + self.dice.uniform(1, 3) if fresh else on.begins
        self._way, self._silent = OwnWay(), []
        self._next = {run.id: _after(run, first, at_once=fresh) for run in (*self._own, *self._services)}
        slot = self._splay + ceil((on.begins + (5 if fresh else 0) - self._splay) / REPORT_S) * REPORT_S
        told = -inf
        while True:
            until = min(slot, on.ends)
            self._run_until(until, waiting)
            at, changed = until, None
            waiting.sort(key=_when)
            for found in waiting:
                if found.known > at:
                    break
                changed = self._turn(found, latest, changed, told)
                at = until if changed is None else min(until, changed)
            known = bisect_right(waiting, at, key=_when)
            ready = waiting[:known]
            del waiting[:known]
            if at >= on.ends:
                if on.goodbye is not None:
                    yield self._taken(at, ready, on.goodbye)
                return
            told = at if changed is not None and at == changed else told
            slot += REPORT_S if at == slot else 0
            yield self._taken(at, ready, None)

    def _turn(self, found: Found, latest: dict[str, int], changed: float | None, told: float) -> float | None:
        """When a change is told, given what was found; ``latest`` takes the outcome."""
        before = latest.get(found.seen.check, OK)
        latest[found.seen.check] = found.outcome
        if found.outcome == before or changed is not None:
            return changed
        return max(found.known + self._draw() * CHANGE_DELAY_S, told + CHANGE_GAP_S)

    def _taken(self, at: float, found: Sequence[Found], goodbye: GoodbyeReason | None) -> Taken:
        seen = [one.seen for one in found if one.outcome != UNKNOWN]
        return Taken(at, self._booted_at, self._boot, seen, goodbye)

    def _run_until(self, until: float, waiting: list[Found]) -> None:
        following = self._next
        for run in self._own:
            at = following[run.id]
            if at >= until:
                continue
            while at < until:
                found = self._prober.run(run, at)
                waiting.append(found)
                if run.id in WITNESSES:
                    self._way.hear(run.id, found.known, good=found.outcome == OK)
                at = _following(run, at, found.known)
            following[run.id] = at
        if self.asks:
            self._ask_services(until, waiting)

    def _ask_services(self, until: float, waiting: list[Found]) -> None:
        for run in self._services:
            at = self._next[run.id]
            while at < until:
                alone = at - self.contact_at > ALONE_S
                found = self._prober.run(run, at)
                if found.silent:
                    self._silent.append((Silence(at, found.known, found.silent is Component.DNS), found))
                else:
                    waiting.append(found)
                at = _following(run, at + (ALONE_GAP_S if alone else 0), found.known)
            self._next[run.id] = at
        if self._silent:
            self._silent = [pair for pair in self._silent if not self._settled(*pair, waiting)]

    def _settled(self, silence: Silence, found: Found, waiting: list[Found]) -> bool:
        """Whether a silent service can be told of; behind a dead way it was never asked."""
        told = self._way.settle(silence)
        if told is not None:
            waiting.append(found._replace(known=told.at, outcome=FAILED if told.open else UNKNOWN))
        return told is not None


_when = attrgetter("known")


def _after(run: Run, at: float, *, at_once: bool) -> float:
    """When it runs first from ``at`` on; a machine that has just come looks around at once."""
    if at_once and not run.is_service:
        return at
    return run.phase + ceil((at - run.phase) / run.period) * run.period


def _following(run: Run, at: float, known: float) -> float:
    """The next slot of its grid once it is through, and at least half a period later."""
    earliest = max(known, at + run.period / 2)
    return run.phase + ceil((earliest - run.phase) / run.period) * run.period
