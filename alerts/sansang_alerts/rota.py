"""Who is on call: a team's shifts, its holidays and what people arranged among themselves, at any moment. Pure.

There is always exactly one first person: where no shift says who, it is the team's fallback.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from .settings import Shift, Team
from .vietnam import DAY_S, day_at, day_of, minute_of, moment, weekday_of

AHEAD_DAYS = 28
"""How far ahead the next hand-over is looked for."""


class Why(StrEnum):
    """By what somebody is on call."""

    SHIFT = "shift"
    OVERRIDE = "override"
    FALLBACK = "fallback"
    """No shift covers the moment."""


class Override(NamedTuple):
    """Somebody takes the place of whoever would be on call first. Unix seconds, the end not included."""

    team: str
    person: str
    begins: float
    ends: float
    number: int = 0
    """Of two at a time the one that was made last counts."""


class Duty(NamedTuple):
    """Who is told, in this order: never empty."""

    people: tuple[str, ...]
    until: float | None
    """When this changes next, Unix seconds; None: not within four weeks, or not asked."""
    is_fallback: bool
    why: Why


class Stretch(NamedTuple):
    """The same people from a moment to another."""

    begins: float
    ends: float
    people: tuple[str, ...]
    is_fallback: bool
    why: Why


def on_call(team: Team, at: float, overrides: Sequence[Override], holidays: frozenset[int]) -> Duty:
    """Who is on call at ``at``, and until when."""
    duty = people_at(team, at, overrides, holidays)
    for edge in _edges(team, at, at + AHEAD_DAYS * DAY_S, overrides):
        if people_at(team, edge, overrides, holidays) != duty:
            return duty._replace(until=edge)
    return duty


def people_at(team: Team, at: float, overrides: Sequence[Override], holidays: frozenset[int]) -> Duty:
    """The same without looking ahead: ``until`` is None."""
    regular = _regular(team, at, holidays)
    instead = [one for one in overrides if one.team == team.id and one.begins <= at < one.ends]
    if not instead:
        return regular
    person = max(instead, key=lambda one: (one.number, one.begins)).person
    others = () if regular.is_fallback else regular.people[1:]
    return Duty((person, *(one for one in others if one != person)), None, False, Why.OVERRIDE)


def coming(
    team: Team, first: float, last: float, overrides: Sequence[Override], holidays: frozenset[int]
) -> list[Stretch]:
    """Who is on call from ``first`` to ``last`` without a gap, one stretch per change."""
    found: list[Stretch] = []
    for begins in (first, *_edges(team, first, last, overrides)):
        duty = people_at(team, begins, overrides, holidays)
        if found and found[-1][2:] == (duty.people, duty.is_fallback, duty.why):
            continue
        if found:
            found[-1] = found[-1]._replace(ends=begins)
        found.append(Stretch(begins, last, duty.people, duty.is_fallback, duty.why))
    return found


def _regular(team: Team, at: float, holidays: frozenset[int]) -> Duty:
    """By shifts alone: the first one in the file that covers the moment says who."""
    today = day_at(at)
    for shift in team.shifts:
        for day in (today, today - 1):
            begins, ends = span(shift, day)
            if begins <= at < ends and applies(shift, day, holidays):
                return Duty(_in_turn(shift, day), None, False, Why.SHIFT)
    return Duty((team.fallback,), None, True, Why.FALLBACK)


def span(shift: Shift, day: int) -> tuple[float, float]:
    """From when to when a shift that begins on ``day`` lasts, Unix seconds."""
    begins, ends = minute_of(shift.begins), minute_of(shift.ends)
    return moment(day, begins), moment(day, ends if ends > begins else ends + 1440)


def applies(shift: Shift, day: int, holidays: frozenset[int]) -> bool:
    """Whether a shift begins on this day at all."""
    if weekday_of(day) not in shift.days:
        return False
    return shift.holidays == "also" or (shift.holidays == "only") == (day in holidays)


def _in_turn(shift: Shift, day: int) -> tuple[str, ...]:
    """The people of a shift that begins on ``day``, whoever's turn it is first."""
    if not shift.rotate_days or not shift.from_day:
        return shift.people
    turn = (day - day_of(shift.from_day)) // shift.rotate_days % len(shift.people)
    return (*shift.people[turn:], *shift.people[:turn])


def _edges(team: Team, first: float, last: float, overrides: Sequence[Override]) -> Iterator[float]:
    """Every moment strictly between the two at which who is on call may change, in order."""
    others = [edge for one in overrides if one.team == team.id for edge in (one.begins, one.ends)]
    for day in range(day_at(first) - 1, day_at(last) + 1):
        begins, ends = moment(day), moment(day + 1)
        edges = {edge for shift in team.shifts for edge in (*span(shift, day - 1), *span(shift, day))}
        edges.update(others)
        yield from (edge for edge in sorted(edges) if begins <= edge < ends and first < edge < last)
