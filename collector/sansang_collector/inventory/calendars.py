"""When each commune's centre is open, as days and minutes by the clock of Vietnam. Pure.

Vietnam is UTC+7 all year, so that a day is always 1,440 minutes; a day is a number, counted from 1 January 1970.
"""

from calendar import timegm
from typing import NamedTuple

from .hours import Opening, parse_hours
from .model import Inventory

VIETNAM_S = 7 * 3600
DAY_S = 86400
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday; Monday is 0."""


class Calendar(NamedTuple):
    """A centre's opening hours by weekday and the days on which it stays closed."""

    openings: tuple[Opening, ...]
    holidays: frozenset[int] = frozenset()

    def is_open(self, at: float) -> bool:
        """Whether the centre is open at ``at``, Unix seconds."""
        day, minute = day_and_minute(at)
        weekday = weekday_of(day)
        return day not in self.holidays and any(
            opening.weekday == weekday and opening.begins <= minute < opening.ends for opening in self.openings
        )


def day_and_minute(at: float) -> tuple[int, float]:
    """The day in Vietnam that ``at`` (Unix seconds) lies in, and the minutes since its midnight."""
    day, second = divmod(at + VIETNAM_S, DAY_S)
    return int(day), second / 60


def moment(day: int, minute: float) -> float:
    """Unix seconds of a minute of a day in Vietnam."""
    return day * DAY_S + minute * 60 - VIETNAM_S


def weekday_of(day: int) -> int:
    """0 for a Monday."""
    return (day + _EPOCH_WEEKDAY) % 7


def calendars(inventory: Inventory) -> dict[str, Calendar]:
    """The calendar of every commune, by code; a commune without hours of its own has the province's."""
    province = inventory.province
    return {
        commune.code: Calendar(
            parse_hours(commune.hours or province.hours), days_of((*province.holidays, *commune.holidays))
        )
        for commune in inventory.communes
    }


def days_of(holidays: tuple[str, ...]) -> frozenset[int]:
    """The numbers of all these days; spans (``2026-02-14..2026-02-22``) with both their ends."""
    found: set[int] = set()
    for holiday in holidays:
        first, _, last = holiday.partition("..")
        found.update(range(_day(first), _day(last or first) + 1))
    return frozenset(found)


def _day(text: str) -> int:
    year, month, day = (int(part) for part in text.split("-"))
    return timegm((year, month, day, 0, 0, 0)) // DAY_S
