"""One machine of the fast world: which report it takes next and what is in it, worked out one report ahead.

What is broken when is known beforehand, so a report's moment follows from its runs: a change is told at once.
"""

from collections.abc import Iterator, Sequence
from math import ceil, inf
from random import Random
from typing import NamedTuple

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.report import GoodbyeReason
from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.sighting import Seen
from sansang_collector.profiles.election import Machine
from sansang_collector.topology import LINE

from .days import Stint, stints
from .faults import DAY_S, day_of
from .noise import APPLICATION, Hit
from .quick_scene import Run, Scene

REPORT_S = 15.0
TRY_APART_S = 1.0
CHANGE_DELAY_S, CHANGE_GAP_S = 2.0, 5.0
BACK_S = (40.0, 200.0)
"""How long a machine takes to come back after its power did."""
ALONE_S, ALONE_GAP_S = 45.0, 300.0
"""After so long without contact a service is asked only so often."""
OK, FAILED, UNKNOWN = 0, 1, 2
_AT_ONCE_S = 0.05
_QUICK_TO_FAIL = {Component.SVC_TCP, Component.SVC_APP, Component.PC_APP}
"""What refuses or answers wrongly; the rest is silent until the time is out."""


class Taken(NamedTuple):
    """A report as it lies in the spool."""

    at: float
    booted_at: float
    boot: str
    seen: list[Seen]
    goodbye: GoodbyeReason | None = None


class _Found(NamedTuple):
    """What a run came to, and when that was known."""

    known: float
    outcome: int
    seen: Seen | None


class _On(NamedTuple):
    """A stretch of being on; ``boots``: whether the system starts with it."""

    begins: float
    ends: float
    goodbye: GoodbyeReason | None
    boots: bool


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
        self._slow = self._draw() < scene.options.noise.slow_machines
        self._splay = self._draw() * REPORT_S
        self.stream = f"{self.dice.getrandbits(128):032x}"
        self._services, self._own = services, own
        self.live_s = {run.id: run.live_s for run in (*own, *services)}
        self._next: dict[str, float] = {}
        self._line_down = False
        self._ons = _ons(machine, scene, self.dice)
        self._booted_at, self._boot = (
            scene.begins - self.dice.uniform(0.2, 5) * DAY_S,
            f"{self.dice.getrandbits(64):016x}",
        )

    def reports(self) -> Iterator[Taken]:
        """All of them, as they are taken."""
        for on in self._ons:
            if on.boots:
                self._booted_at, self._boot = on.begins - 5.0, f"{self.dice.getrandbits(64):016x}"
            yield from self._stretch(on)

    def is_on(self, at: float) -> bool:
        """Whether it runs at that moment."""
        return any(on.begins <= at < on.ends for on in self._ons)

    def _stretch(self, on: _On) -> Iterator[Taken]:
        """Reports on the grid and after changes, until it goes off."""
        latest: dict[str, int] = {}
        waiting: list[_Found] = []
        fresh = on.begins > self._scene.begins
        first = on.begins + self.dice.uniform(1, 3) if fresh else on.begins
        self._next = {run.id: _after(run, first, at_once=fresh) for run in (*self._own, *self._services)}
        slot = self._splay + ceil((on.begins + (5 if fresh else 0) - self._splay) / REPORT_S) * REPORT_S
        told = -inf
        while True:
            until = min(slot, on.ends)
            self._run_until(until, waiting)
            at, changed = until, None
            waiting.sort()
            for found in waiting:
                if found.known > at:
                    break
                changed = self._turn(found, latest, changed, told)
                at = until if changed is None else min(until, changed)
            ready = [one for one in waiting if one.known <= at]
            waiting[:] = [one for one in waiting if one.known > at]
            if at >= on.ends:
                if on.goodbye is not None:
                    yield self._taken(at, ready, on.goodbye)
                return
            told = at if changed is not None and at == changed else told
            slot += REPORT_S if at == slot else 0
            yield self._taken(at, ready, None)

    def _turn(self, found: _Found, latest: dict[str, int], changed: float | None, told: float) -> float | None:
        """When a change is told, given what was found; ``latest`` takes the outcome."""
        if found.seen is None:
            return changed
        before = latest.get(found.seen.check, OK)
        latest[found.seen.check] = found.outcome
        if found.outcome == before or changed is not None:
            return changed
        return max(found.known + self._draw() * CHANGE_DELAY_S, told + CHANGE_GAP_S)

    def _taken(self, at: float, found: Sequence[_Found], goodbye: GoodbyeReason | None) -> Taken:
        seen = [one.seen for one in found if one.seen is not None and one.outcome != UNKNOWN]
        return Taken(at, self._booted_at, self._boot, seen, goodbye)

    def _run_until(self, until: float, waiting: list[_Found]) -> None:
        for run in self._own:
            at = self._next[run.id]
            while at < until:
                found = self._found(run, at)
                waiting.append(found)
                if run.id == LINE:
                    self._line_down = found.outcome == FAILED
                at = _following(run, at, found.known)
            self._next[run.id] = at
        if self.asks:
            self._ask_services(until, waiting)

    def _ask_services(self, until: float, waiting: list[_Found]) -> None:
        for run in self._services:
            at = self._next[run.id]
            while at < until:
                alone = at - self.contact_at > ALONE_S
                found = self._found(run, at)
                if found.outcome == FAILED and self._line_down:
                    found = _Found(found.known, UNKNOWN, None)
                waiting.append(found)
                at = _following(run, at + (ALONE_GAP_S if alone else 0), found.known)
            self._next[run.id] = at

    def _found(self, run: Run, at: float) -> _Found:
        scene = self._scene
        hits = scene.hits(self.machine, run.id, at)
        if run.echoes:
            return self._train(run, hits, at)
        known = at
        for number in range(run.tries):
            culprit = self._spoils(run, hits, known)
            if culprit is None:
                ms = run.ms * (0.85 + 0.5 * self._draw())
                return _Found(known + ms / 1000, OK, Seen(run.id, at, 0, 1, True, ms))
            known += (_AT_ONCE_S if culprit in _QUICK_TO_FAIL else run.check.timeout) + (TRY_APART_S if number else 0)
            hits = scene.hits(self.machine, run.id, known + TRY_APART_S) if number + 1 < run.tries else hits
        return _Found(known, FAILED, Seen(run.id, at, 1, 1, True, None, "timeout"))

    def _spoils(self, run: Run, hits: Sequence[Hit], at: float) -> Component | None:
        """What makes one try fail; TCP asks three times by itself."""
        for hit in hits:
            loss = self._scene.loss(self.machine, (hit,), at, line=False)
            if hit.fault.down or self._draw() < (loss if hit.kind in APPLICATION else loss**3):
                return hit.kind
        if run.is_service:
            rates = self._scene.options.noise
            if self._draw() < rates.spurious or (self._slow and self._draw() < rates.slow_timeouts):
                return Component.PC
        lost = self._scene.line_loss(self.machine.commune, at)
        return Component.ACCESS_LINK if lost and self._draw() < lost**3 else None

    def _train(self, run: Run, hits: Sequence[Hit], at: float) -> _Found:
        began, count = at, run.echoes
        for number in range(run.tries):
            loss = self._scene.loss(self.machine, hits, began, line=run.crosses_line)
            lost = self._lost(count, loss)
            if lost < count:
                ms = run.ms * (0.85 + 0.5 * self._draw())
                known = began + (run.train_s + ms / 1000 if not lost else run.check.timeout)
                return _Found(known, OK, Seen(run.id, at, lost, count, True, ms))
            began += run.check.timeout + TRY_APART_S
            if number + 1 < run.tries:
                hits = self._scene.hits(self.machine, run.id, began)
        return _Found(began - TRY_APART_S, FAILED, Seen(run.id, at, count, count, True, None, "timeout"))

    def _lost(self, count: int, loss: float) -> int:
        if loss <= 0:
            return 0
        if loss >= 1:
            return count
        draw = self._draw
        if draw() < (1 - loss) ** count:
            return 0
        while True:  # at least one: draw until it is so
            lost = sum(draw() < loss for _ in range(count))
            if lost:
                return lost


def _after(run: Run, at: float, *, at_once: bool) -> float:
    """When it runs first from ``at`` on; a machine that has just come looks around at once."""
    if at_once and not run.is_service:
        return at
    return run.phase + ceil((at - run.phase) / run.period) * run.period


def _following(run: Run, at: float, known: float) -> float:
    """The next slot of its grid once it is through, and at least half a period later."""
    earliest = max(known, at + run.period / 2)
    return run.phase + ceil((earliest - run.phase) / run.period) * run.period


def _ons(machine: Machine, scene: Scene, dice: Random) -> list[_On]:
    """When it is on within the scene, darkness taken out."""
    found: list[_On] = []
    asleep = False
    for stint in _stints(machine, scene):
        for on in _lit(stint, scene.dark(machine), dice, boots=not asleep):
            begins = max(on.begins, scene.begins)
            if begins < min(on.ends, scene.ends):
                found.append(_On(begins, on.ends, on.goodbye, on.boots and on.begins > scene.begins))
        asleep = stint.goodbye is GoodbyeReason.SLEEP
    return found


def _stints(machine: Machine, scene: Scene) -> list[Stint]:
    if machine.role in (Role.MINI, Role.VANTAGE):
        return [Stint(-inf, inf)]
    place, found = scene.world.places[machine.commune], list[Stint]()
    day = day_of(scene.begins) - DAY_S
    while day < scene.ends:
        seed = f"{scene.world.seed}/{machine.commune}"
        for one in stints(place.hours, scene.seed(machine), day, scene.options.noise, seed):
            if found and one.begins <= found[-1].ends:
                found[-1] = Stint(found[-1].begins, one.ends, one.goodbye)
            else:
                found.append(one)
        day += DAY_S
    return found if scene.options.goodbyes else [one._replace(goodbye=None) for one in found]


def _lit(stint: Stint, dark: Sequence[tuple[float, float]], dice: Random, *, boots: bool) -> Iterator[_On]:
    begins = stint.begins
    for off, back in dark:
        if off >= stint.ends or back <= begins:
            continue
        if off > begins:
            yield _On(begins, off, None, boots)
        begins, boots = back + dice.uniform(*BACK_S), True
    if begins < stint.ends:
        yield _On(begins, stint.ends, stint.goodbye, boots)
