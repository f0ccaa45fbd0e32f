"""Planned work and announced power cuts: what each is, when it holds, and for which parts and communes. Pure.

They explain, never hide: whoever decides about incidents asks :func:`at_work`; rows are kept by ``maintenance_rows``.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

from sansang_agent.contract.rung import Component
from sansang_collector.inventory.calendars import day_and_minute, weekday_of

NOTICE_DAYS = 7
"""Working days before a planned stop of online services by which it is to be announced, with the time it is expected
to be over: Decree 224/2026/NĐ-CP, Article 13."""
LONGEST_S = 31 * 86400.0
"""What takes longer is more than one piece of work, or a slip of the pen."""
MOST_PLACES = 500
"""Parts or communes of one piece of work."""


class Kind(StrEnum):
    """What is planned."""

    PLANNED_WORK = "planned_work"
    POWER_CUT = "power_cut"


class State(StrEnum):
    """Where it stands."""

    TO_COME = "to_come"
    IN_FORCE = "in_force"
    OVER = "over"
    CANCELLED = "cancelled"


_Text = Annotated[str, msgspec.Meta(max_length=200)]
_Places = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=160)], ...], msgspec.Meta(max_length=MOST_PLACES)]
_When = Annotated[float, msgspec.Meta(ge=0, le=32_503_680_000)]


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody announces: parts, or whole communes, or both. Times are Unix seconds."""

    kind: Kind
    title: _Text
    parts: _Places = ()
    """Ids of what is worked on (``ring:…``, ``access_node:…``, ``terminal:…``)."""
    communes: _Places = ()
    """Codes of communes that are expected to be without service, or without power."""
    begins: _When
    ends: _When
    """When it is expected to be over."""
    announced_at: _When | None = None
    """When it was announced; None: now."""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same of a plan for whoever looks."""

    id: int
    kind: Kind
    title: str
    announced_at: float
    begins: float
    ends: float
    ended_at: float | None
    cancelled_at: float | None
    made_by: str
    made_at: float
    source: str


class Maintenance(Announced, frozen=True, kw_only=True):
    """A plan as the ledger has it."""

    parts: tuple[str, ...]
    communes: tuple[str, ...]
    """All communes that it is about: those that are named, and those whose ways cross the parts."""

    @property
    def until(self) -> float:
        """When it is or was over."""
        return self.ends if self.ended_at is None else self.ended_at

    def state(self, now: float) -> State:
        """Where it stands at ``now``."""
        if self.cancelled_at is not None and self.cancelled_at <= now:
            return State.CANCELLED
        if now < self.begins:
            return State.TO_COME
        return State.IN_FORCE if now < self.until else State.OVER


class AtWork(NamedTuple):
    """What is worked on at a moment, each with the number of the plan."""

    parts: Mapping[str, int]
    """By the part's id; a power cut's communes stand here by their ``site_power``."""
    communes: Mapping[str, int]
    """By code: communes that are expected to be without anything, whatever the part."""


def in_force(all_: Iterable[Maintenance], now: float) -> list[Maintenance]:
    """Those that hold at ``now``, the one that began first at the front."""
    return sorted((one for one in all_ if one.state(now) is State.IN_FORCE), key=lambda one: (one.begins, one.id))


def at_work(all_: Iterable[Maintenance], now: float) -> AtWork:
    """What explains a failure at ``now``; where two plans name the same, the one that began first."""
    parts: dict[str, int] = {}
    communes: dict[str, int] = {}
    for one in in_force(all_, now):
        for part in explained(one):
            parts.setdefault(part, one.id)
        for code in one.communes if not one.parts and one.kind is Kind.PLANNED_WORK else ():
            communes.setdefault(code, one.id)
    return AtWork(parts, communes)


def explained(one: Maintenance) -> tuple[str, ...]:
    """The ids of the parts whose failure it explains; a cut of named communes is of their own power."""
    if one.parts or one.kind is Kind.PLANNED_WORK:
        return one.parts
    return tuple(f"{Component.SITE_POWER}:{code}" for code in one.communes)


def notice_days(announced_at: float, begins: float, holidays: frozenset[int]) -> int:
    """Working days from the announcement to the beginning; the day it is announced on does not count (Civil Code,
    Article 147). ``holidays`` are days as ``inventory.calendars`` numbers them.
    """
    first, last = day_and_minute(announced_at)[0] + 1, day_and_minute(begins)[0]
    last = min(last, first + 366)
    return sum(weekday_of(day) < 5 and day not in holidays for day in range(first, last + 1))


def is_short_notice(one: Plan | Maintenance, announced_at: float, holidays: frozenset[int]) -> bool:
    """Whether planned work was announced later than the law asks; a power cut is announced by others."""
    return one.kind is Kind.PLANNED_WORK and notice_days(announced_at, one.begins, holidays) < NOTICE_DAYS
