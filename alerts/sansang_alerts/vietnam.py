"""Days and minutes by the clock of Vietnam, which is UTC+7 all year: needs no time zone data, and no clock. Pure.

A day is a number, counted from 1 January 1970; a day always has 1,440 minutes.
"""

from calendar import monthrange, timegm
from collections.abc import Iterable

from sansang_agent.contract.mistake import wrong

ZONE_S = 7 * 3600
DAY_S = 86_400
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As the settings write them."""
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday; Monday is 0."""


def day_at(at: float) -> int:
    """The day that ``at`` (Unix seconds) lies in."""
    return int((at + ZONE_S) // DAY_S)


def moment(day: int, minute: int = 0) -> float:
    """Unix seconds of a minute of a day; the minute may be beyond its midnight."""
    return float(day * DAY_S + minute * 60 - ZONE_S)


def weekday_of(day: int) -> str:
    """``mon`` to ``sun``."""
    return WEEKDAYS[(day + _EPOCH_WEEKDAY) % 7]


def minute_of(clock: str) -> int:
    """Minutes since midnight of ``07:30``."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def day_of(text: str) -> int:
    """The day ``2026-11-26``; ValueError for one that no calendar has."""
    year, month, day = (int(part) for part in text.split("-"))
    if not (1970 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        raise ValueError(wrong("there is no day {day}", day=text))
    return timegm((year, month, day, 0, 0, 0)) // DAY_S


def days_of(spans: Iterable[str]) -> frozenset[int]:
    """All these days; of a span such as ``2026-02-14..2026-02-22`` both its ends and all between."""
    found: set[int] = set()
    for span in spans:
        first, _, last = span.partition("..")
        found.update(range(day_of(first), day_of(last or first) + 1))
    return frozenset(found)


def date(day: int) -> str:
    """``2026-11-26``."""
    year = 1970 + day // 366
    while day_of(f"{year + 1}-01-01") <= day:
        year += 1
    month = next(month for month in range(12, 0, -1) if day_of(f"{year}-{month}-1") <= day)
    return f"{year}-{month:02}-{day - day_of(f'{year}-{month}-1') + 1:02}"


def clock_at(at: float) -> str:
    """``07:30``."""
    return clock_of(int((at + ZONE_S) % DAY_S // 60))


def clock_of(minute: int) -> str:
    """``07:30`` of 450, and ``24:00`` of a day's end."""
    return f"{minute // 60:02}:{minute % 60:02}"
