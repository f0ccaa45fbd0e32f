"""Many communes going dark around one place within a quarter of an hour: one situation, told once, with a list. Pure.

Power is the first thing thought of; what machines last said of their batteries is the evidence. What a shared part or
planned work explains makes no situation.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.matching import WITHIN, parts_of
from sansang_collector.diagnosis.verdict import Level

from .severity import kind_of

LEAST = 4
"""So many communes make a situation."""
WITHIN_S = 900.0
"""Their troubles began no further apart from the next than this."""
UPDATE_S = 600.0
"""The list is told again at most this often."""
_OF_A_COMMUNE = frozenset({Component.LAN, Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK})
_NOT_OURS = ("maintenance:", "incident:")


class Kind(StrEnum):
    """What holds a situation together."""

    POWER_AREA = "power_area"
    """One feeder, as far as is known."""
    NEIGHBOURS = "neighbours"
    """They lie side by side."""


class Battery(msgspec.Struct, frozen=True):
    """What a commune's machines last said before they fell silent: the most that one of them had left on battery."""

    commune: str
    percent: float


class Situation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One, as the last look left it. Times are Unix seconds."""

    id: int = 0
    """The row's; 0 before it has one."""
    code: str = ""
    kind: Kind
    area: str = ""
    """The power area's part; empty where only neighbourhood holds it together."""
    incidents: tuple[int, ...]
    communes: tuple[str, ...]
    began: float
    opened_at: float
    told_at: float
    pending: bool = False
    """Whether the list has changed since it was told."""
    resolved_at: float | None = None
    ended_at: float | None = None
    """When the last of its members was well."""
    batteries: tuple[Battery, ...] = ()


class SituationStep(NamedTuple):
    """One change: the situation as it is now, and what happened (opened, updated, resolved, or quietly ``seen``)."""

    situation: Situation
    happened: Happening


class Surroundings(NamedTuple):
    """What of the province tells which communes belong together."""

    areas: Mapping[str, str]
    """By commune: its power area's part id, where one is known."""
    neighbours: Mapping[str, frozenset[str]]
    """By commune (``neighbourhood.neighbours``)."""
    share: Callable[[str, str], float]
    batteries: Mapping[str, float] = {}
    """By silent commune: percent left when its machines last spoke, where that was on battery."""


def follow(
    situations: Sequence[Situation], incidents: Iterable[Incident], around: Surroundings, now: float
) -> list[SituationStep]:
    """What a look changes; ``situations`` are those under way, ``incidents`` as :func:`lifecycle.step` left them."""
    known = {one.id: one for one in incidents if one.id}
    steps, taken = [], set[int]()
    eligible = [one for one in known.values() if _is_eligible(one, known.values(), around)]
    for situation in situations:
        now_is, happened = _go_on(situation, known, eligible, around, now)
        taken.update(now_is.incidents)
        if now_is != situation:
            steps.append(SituationStep(now_is, happened))
    recent = [one for one in eligible if one.id not in taken and now - (one.opened_at or now) <= WITHIN_S]
    return steps + [SituationStep(one, Happening.OPENED) for one in _new(recent, around, now)]


def members(situations: Iterable[Situation]) -> dict[int, int]:
    """By incident: the situation under way that it is told with, for ``Context.situations``."""
    return {member: one.id for one in situations if one.resolved_at is None for member in one.incidents}


def _is_eligible(one: Incident, others: Iterable[Incident], around: Surroundings) -> bool:
    """Whether it is one commune's, under way, and explained by nothing."""
    return (
        one.phase in (Phase.OPEN, Phase.CLOSING)
        and one.verdict.level is Level.DOWN
        and kind_of(one.verdict.part) in _OF_A_COMMUNE
        and len(one.hit) == 1
        and not one.held_back.startswith(_NOT_OURS)
        and not any(_explains(other, one, around) for other in others)
    )


def _explains(other: Incident, one: Incident, around: Surroundings) -> bool:
    return (
        other.phase in (Phase.OPEN, Phase.CLOSING)
        and len(other.hit) > 1
        and one.hit[0] in other.hit
        and around.share(one.verdict.part, other.verdict.part) >= WITHIN
    )


def _new(recent: Sequence[Incident], around: Surroundings, now: float) -> Iterator[Situation]:
    """Power areas first; what is left over may still be neighbours."""
    left = {one.id: one for one in recent}
    for area in sorted({around.areas[one.hit[0]] for one in recent if one.hit[0] in around.areas}):
        dark = [one for one in left.values() if around.areas.get(one.hit[0]) == area and _may_be_power(one)]
        if _communes(dark) >= LEAST:
            yield _made(Kind.POWER_AREA, area, dark, around, now)
            left = {number: one for number, one in left.items() if one not in dark}
    while left:
        group = _connected(next(iter(left.values())), left.values(), around)
        left = {number: one for number, one in left.items() if one not in group}
        if _communes(group) >= LEAST:
            yield _made(Kind.NEIGHBOURS, "", group, around, now)


def _made(kind: Kind, area: str, group: Sequence[Incident], around: Surroundings, now: float) -> Situation:
    ordered = sorted(group, key=lambda one: (one.onset, one.id))
    return Situation(
        kind=kind,
        area=area,
        incidents=tuple(one.id for one in ordered),
        communes=tuple(dict.fromkeys(one.hit[0] for one in ordered)),
        began=ordered[0].onset,
        opened_at=now,
        told_at=now,
        batteries=_batteries((), ordered, around),
    )


def _go_on(
    situation: Situation,
    known: Mapping[int, Incident],
    eligible: Sequence[Incident],
    around: Surroundings,
    now: float,
) -> tuple[Situation, Happening]:
    """Members that joined or left; over as soon as none is under way."""
    own = [known[number] for number in situation.incidents if number in known]
    still = [one for one in own if not _has_left(one)]
    joined = _joining(situation, own, eligible, around)
    everyone = [*still, *joined]
    if not any(one.phase in (Phase.OPEN, Phase.CLOSING) for one in everyone):
        ended = max((one.ended_at or now for one in still), default=now)
        return replace(situation, resolved_at=now, ended_at=ended, pending=False), Happening.RESOLVED
    numbers = tuple(one.id for one in everyone)
    changed = numbers != situation.incidents
    after = replace(
        situation,
        incidents=numbers,
        communes=tuple(dict.fromkeys(one.hit[0] for one in everyone)),
        pending=situation.pending or changed,
        batteries=_batteries(situation.batteries, joined, around),
    )
    if after.pending and now - after.told_at >= UPDATE_S:
        return replace(after, told_at=now, pending=False), Happening.UPDATED
    return after, Happening.SEEN


def _has_left(one: Incident) -> bool:
    """Merged into something wider, or explained by planned work after all."""
    return one.phase is Phase.DROPPED or one.held_back.startswith(_NOT_OURS) or len(one.hit) != 1


def _joining(
    situation: Situation, own: Sequence[Incident], eligible: Sequence[Incident], around: Surroundings
) -> list[Incident]:
    newest = max((one.onset for one in own), default=situation.began)
    return [
        one
        for one in eligible
        if one.id not in situation.incidents
        and situation.began - WITHIN_S <= one.onset <= newest + WITHIN_S
        and _belongs(situation, one, own, around)
    ]


def _belongs(situation: Situation, one: Incident, own: Sequence[Incident], around: Surroundings) -> bool:
    if situation.kind is Kind.POWER_AREA:
        return around.areas.get(one.hit[0]) == situation.area and _may_be_power(one)
    return any(_are_neighbours(one, other, around) for other in own)


def _connected(first: Incident, others: Iterable[Incident], around: Surroundings) -> list[Incident]:
    """All that are neighbours of neighbours of the first, and close to them in time."""
    group, left = [first], [one for one in others if one is not first]
    for one in group:
        near = [other for other in left if _are_neighbours(one, other, around)]
        group.extend(near)
        left = [other for other in left if other not in near]
    return group


def _are_neighbours(one: Incident, other: Incident, around: Surroundings) -> bool:
    here, there = one.hit[0], other.hit[0]
    near = here == there or there in around.neighbours.get(here, frozenset())
    return near and abs(one.onset - other.onset) <= WITHIN_S


def _may_be_power(one: Incident) -> bool:
    return any(kind_of(part) is Component.SITE_POWER for part in parts_of(one.verdict))


def _communes(group: Iterable[Incident]) -> int:
    return len({one.hit[0] for one in group})


def _batteries(before: tuple[Battery, ...], joined: Iterable[Incident], around: Surroundings) -> tuple[Battery, ...]:
    seen = {one.commune for one in before}
    return before + tuple(
        Battery(one.hit[0], around.batteries[one.hit[0]])
        for one in joined
        if one.hit[0] in around.batteries and one.hit[0] not in seen
    )
