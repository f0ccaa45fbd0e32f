"""One trial: a province, a fault or none, and everybody who watches; what each of them said is compared with the truth.

Repeatable: all draws come of the seed, the row and the trial's number.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from math import exp, inf, log
from random import Random
from typing import NamedTuple

import msgspec

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.beliefs import Beliefs
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import NOBODY
from sansang_collector.profiles.election import Machine
from sansang_collector.simulation.faults import DAY_S, DOWN, Fault, parse_time
from sansang_collector.simulation.quick import Quick

from .afterwards import Afterwards, Apart
from .ground import Ground, ground, running
from .keeping import Contestant, Keeper, Said
from .per_check import Streaks
from .rows import ROWS, Row
from .taught import WORKDAYS, taught
from .usual import beliefs
from .watching import Watcher, watchers

LOOK_S = 5.0
PROVINCES = 5
"""So many different ones take turns."""
MONDAY = parse_time("2026-06-22", 0)
AT_ONCE = 0.5
"""How often a machine that restarts beside a fault goes off just as that begins."""
TRIES = 20
"""Draws before a province is given up that has no fitting place."""


class Outcome(msgspec.Struct, kw_only=True):
    """What one of them made of one trial. Times are seconds from the fault."""

    row: str
    number: int
    who: str
    truths: tuple[str, ...]
    found_s: tuple[float | None, ...]
    """By truth: when an alert's class first held it."""
    first: tuple[bool, ...]
    """By truth: whether it is the first-named one of an alert that stands in the end."""
    sizes: tuple[int, ...]
    """Sizes of the classes that held truths in the end."""
    exact: bool
    """Whether in the end exactly the truths are said."""
    alerts: int
    """Since the fault; where nothing broke, since the beginning."""
    look_ms: float
    """CPU milliseconds of one look on average."""
    said: tuple[str, ...] = ()
    """What stands in the end, for whoever looks into a failure."""
    apart: Apart | None = None
    """Where the fault ended: what was made of it afterwards."""


class Drawn(NamedTuple):
    """A trial's world."""

    on: Ground
    seed: int
    quick: Quick
    faults: list[Fault]
    begins: float
    fault_at: float
    ends: float


class Lasts(NamedTuple):
    """How long what breaks first is broken."""

    begins: float
    seconds: float

    @property
    def ends(self) -> float:
        """When it is well again."""
        return self.begins + self.seconds


def run(row_name: str, seed: int, number: int, communes: int) -> list[Outcome]:
    """Play one trial; empty where no province of this seed has a fitting place."""
    row = ROWS[row_name]
    drawn = draw(row, seed, number, communes)
    return [] if drawn is None else play(row, drawn, number)


def draw(row: Row, seed: int, number: int, communes: int) -> Drawn | None:
    """What happens in this trial."""
    dice = Random(f"{seed}/{row.name}/{number}")  # noqa: S311  # an evaluation must be repeatable
    begins = MONDAY + dice.randrange(WORKDAYS) * DAY_S + parse_time(f"2026-06-22T{row.clock}", 0) - MONDAY
    begins += 0.0 if row.is_quiet else dice.uniform(0, 3600)
    fault_at = begins + row.warm_s + dice.uniform(0, 15)
    lasts = Lasts(fault_at, exp(dice.uniform(*map(log, row.after))) if row.after else inf)
    ends = (begins if row.is_quiet else lasts.ends if row.after else fault_at) + row.lasts_s
    for attempt in range(TRIES):
        place = seed * 1000 + (number + attempt) % PROVINCES
        on = ground(place, communes, stale=row.stale)
        faults = _faults(row, on, lasts, begins, seed + number, dice)
        if faults is not None:
            quick = Quick(on.made, faults, begins, ends, seed=seed + number, options=row.options)
            return Drawn(on, seed + number, quick, faults, begins, fault_at, ends)
    return None


def _faults(row: Row, on: Ground, lasts: Lasts, begins: float, seed: int, dice: Random) -> list[Fault] | None:
    at = lasts.begins
    if row.draw is None:
        return []
    fair = Quick(on.made, (), begins, at + 60, seed=seed, options=row.options)
    stay = set(fair.machines_on(begins)) & set(fair.machines_on(at + 60))
    here = running([(one.commune, one.role) for one in stay])
    parts = row.draw(on, here, dice)
    if parts is None:
        return None
    losses = [row.losses[min(n, len(row.losses) - 1)] for n in range(len(parts))]
    times = [at, *(at + dice.uniform(0, row.apart_s) for _ in parts[1:])]
    faults = [
        Fault(part, 0.0 if row.slow_ms else loss, when, when + lasts.seconds, row.slow_ms)
        for part, loss, when in zip(parts, losses, times, strict=True)
    ]
    return [*faults, _restart(faults[0], sorted(stay), dice)] if row.one_restarts else faults


def _restart(fault: Fault, machines: Sequence[Machine], dice: Random) -> Fault:
    """A machine beside the fault is off for some minutes: from its beginning, or because nothing works any more."""
    commune = fault.component.partition(":")[2].removesuffix("-a")
    name = dice.choice([one.name for one in machines if one.commune == commune])
    lasts = fault.ends - fault.begins
    begins = fault.begins + (dice.uniform(-20, 40) if dice.random() < AT_ONCE else dice.uniform(40, max(60, lasts / 2)))
    return Fault(f"{Component.PC}:{commune}/{name}", DOWN, begins, begins + dice.uniform(60, 900))


def play(row: Row, drawn: Drawn, number: int) -> list[Outcome]:
    """Let everybody watch it."""
    streaks, evidence = Streaks(drawn.on.graph), Evidence(drawn.on.graph, drawn.begins)
    watching = watchers(drawn.on, row, _usual(row, drawn, evidence), streaks)
    for one in watching:
        one.due = drawn.begins + LOOK_S
    first: dict[tuple[str, str], float] = {}
    after = _afterwards(drawn, watching[0].contestant) if row.is_after else None
    ends = drawn.ends
    for sighting in drawn.quick.play():
        while (due := min(one.due for one in watching)) < sighting.received:
            _look([one for one in watching if one.due <= due], evidence, due, drawn.faults, first)
            if after is not None:
                after.look(due)
        if after is not None:
            after.hear(sighting)
            if after.is_over(sighting.received):
                ends = sighting.received
                break
        if evidence.apply(sighting):
            for one in watching:
                one.hurry(sighting.received)
        streaks.hear(sighting)
    _look(watching, evidence, ends, drawn.faults, first)
    told = None if after is None else after.judged(drawn.faults[0])
    return [_outcome(row, drawn, number, one, first, told) for one in watching]


def _usual(row: Row, drawn: Drawn, evidence: Evidence) -> Callable[[float], Beliefs]:
    """What our engine takes for usual, and in ``evidence`` how long answers usually take."""
    if row.taught_days:
        made = taught(drawn.on, drawn.begins, row.taught_days, drawn.seed, row.options)
        evidence.usual_ms = made.usual_ms
        return made.believed
    if row.knows_times:
        _know_times(evidence, drawn.quick)
    return partial(beliefs, drawn.on.graph, drawn.quick.scene, learned=row.learned)


def _know_times(evidence: Evidence, quick: Quick) -> None:
    """What is slow for each check, as if it had been learned."""
    graph = evidence.graph
    for number, agent in enumerate(graph.agents):
        if agent.role is Role.VANTAGE and not quick.scene.options.vantage:
            continue
        for name, ms in quick.usual_ms(agent.id).items():
            if (check := graph.check(number, name)) != NOBODY:
                evidence.usual_ms[check] = ms


def _afterwards(drawn: Drawn, ours: Contestant) -> Afterwards:
    assert isinstance(ours, Keeper)  # what is compared first is our engine
    return Afterwards(drawn.on.graph, drawn.quick, ours, drawn.fault_at)


def _look(
    watching: Sequence[Watcher],
    evidence: Evidence,
    now: float,
    faults: Sequence[Fault],
    first: dict[tuple[str, str], float],
) -> None:
    evidence.advance(now)
    for one in watching:
        began = time.process_time()
        one.look(evidence, now)
        one.cpu_s += time.process_time() - began
        one.looks += 1
        one.looked_at, one.due = now, now + LOOK_S
        for fault in faults:
            key = (one.contestant.name, fault.component)
            if key not in first and now >= fault.begins and _is_said(one.contestant, fault.component):
                first[key] = now - fault.begins


def _is_said(who: Contestant, part: str) -> bool:
    return any(one.is_open and part in one.causes for one in who.said)


def _outcome(
    row: Row,
    drawn: Drawn,
    number: int,
    watcher: Watcher,
    first: dict[tuple[str, str], float],
    apart: Apart | None,
) -> Outcome:
    who = watcher.contestant
    broken = drawn.faults[:1] if row.is_after else drawn.faults
    truths = [] if row.note_only else [one.component for one in broken]
    after = drawn.begins if row.is_quiet else drawn.fault_at
    standing = [one for one in who.said if one.is_open]
    return Outcome(
        row=row.name,
        number=number,
        who=who.name,
        truths=tuple(truths),
        found_s=tuple(first.get((who.name, one)) for one in truths),
        first=tuple(any(one.part == truth for one in standing) for truth in truths),
        sizes=tuple(len(one.causes) for truth in truths for one in standing if truth in one.causes),
        exact=(is_exact(truths, standing) and _is_one(who)) if apart is None else apart.right,
        alerts=_messages(who, after),
        look_ms=1000 * watcher.cpu_s / max(1, watcher.looks),
        said=tuple(f"{one.part}@{one.opened_at - after:.0f}s" for one in (who.said if apart else standing)[:6]),
        apart=apart,
    )


def _messages(who: Contestant, since: float) -> int:
    """What people were told since, one situation of many being one message."""
    if isinstance(who, Keeper) and who.gathering is not None:
        return who.gathering.messages
    return sum(one.opened_at >= since for one in who.said)


def _is_one(who: Contestant) -> bool:
    """Whether all that is said is told as one situation, where that is asked."""
    if not isinstance(who, Keeper) or who.gathering is None:
        return True
    together = who.gathering.members()
    return len(set(together.values())) == 1 and len(together) == sum(one.is_open for one in who.said)


def is_exact(truths: Sequence[str], standing: Sequence[Said]) -> bool:
    """Whether each stands for one truth, and each truth for one of them."""
    if len(truths) != len(standing):
        return False
    return any(
        all(truth in one.causes for truth, one in zip(truths, order, strict=True)) for order in permutations(standing)
    )
