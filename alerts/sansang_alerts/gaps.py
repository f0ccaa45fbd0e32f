"""When no shift says who is on call, so that it falls to the team's fallback: named when settings are checked. Pure."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sansang_agent.contract.mistake import mark, wrong

from .rota import coming
from .settings import Team
from .vietnam import ZONE_S, clock_of, date, day_at, moment, weekday_of

MOST = 10
"""Gaps on holidays that are named."""
_MONDAY = 4
"""5 January 1970: a week in which nothing but weekdays counts."""
_DAYS = {
    "mon": mark("mon"),
    "tue": mark("tue"),
    "wed": mark("wed"),
    "thu": mark("thu"),
    "fri": mark("fri"),
    "sat": mark("sat"),
    "sun": mark("sun"),
}


class Gap(NamedTuple):
    """A stretch within one day; minutes since its midnight."""

    day: int
    begins: int
    ends: int


def weekly(team: Team) -> list[Gap]:
    """The gaps of a week without holidays, from Monday; with days as numbers of such a week."""
    return list(_gaps(team, _MONDAY, _MONDAY + 7, frozenset()))


def on_holidays(team: Team, holidays: frozenset[int]) -> list[Gap]:
    """The gaps that holidays make beside those of every week, by the true days; of the morning after as well."""
    usual = {(weekday_of(gap.day), gap.begins, gap.ends) for gap in weekly(team)}
    touched = sorted(holidays | {day + 1 for day in holidays})
    found = (gap for day in touched for gap in _gaps(team, day, day + 1, holidays))
    return [gap for gap in found if (weekday_of(gap.day), gap.begins, gap.ends) not in usual]


def spelled(gaps: Iterable[Gap]) -> tuple[str, ...]:
    """``sat 00:00-24:00, sun 00:00-07:00 and 17:00-24:00``: day by day, in English as the settings name them."""
    return tuple(_of_day(weekday_of(day), [*found]) for day, found in groupby(gaps, attrgetter("day")))


def dated(gaps: Iterable[Gap]) -> tuple[str, ...]:
    """``2026-02-16 00:00-24:00, …``: by true days, at most a few of them."""
    found = [f"{date(gap.day)} {_span(gap)}" for gap in gaps]
    if len(found) <= MOST:
        return tuple(found)
    last = wrong("{gap} and {count} more", gap=found[MOST - 1], count=len(found) - MOST)
    return (*found[: MOST - 1], last)


def _of_day(day: str, found: list[Gap]) -> str:
    said: str = wrong("{day} {span}", day=wrong(_DAYS[day]), span=_span(found[0]))
    for gap in found[1:]:
        said = wrong("{first} and {last}", first=said, last=_span(gap))
    return said


def _span(gap: Gap) -> str:
    return f"{clock_of(gap.begins)}-{clock_of(gap.ends)}"


def _gaps(team: Team, first: int, last: int, holidays: frozenset[int]) -> Iterable[Gap]:
    for stretch in coming(team, moment(first), moment(last), (), holidays):
        if stretch.is_fallback:
            yield from _by_day(stretch.begins, stretch.ends)


def _by_day(begins: float, ends: float) -> Iterable[Gap]:
    for day in range(day_at(begins), day_at(ends - 1) + 1):
        yield Gap(day, _minute(day, max(begins, moment(day))), _minute(day, min(ends, moment(day + 1))))


def _minute(day: int, at: float) -> int:
    return int(at + ZONE_S) // 60 - day * 1440
