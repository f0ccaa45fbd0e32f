"""Opening hours and holidays as people write them, and as minutes of a week and days of a year.

``mon-fri 07:30-11:30 13:30-17:00; sat 07:30-11:30``; Vietnamese days (``T2-T6``, ``CN``) mean the same. Pure.
"""

import re
from itertools import pairwise
from typing import NamedTuple

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_VIETNAMESE = {"t2": 0, "t3": 1, "t4": 2, "t5": 3, "t6": 4, "t7": 5, "cn": 6}
_NUMBERS = {name: n for n, name in enumerate(DAYS)} | _VIETNAMESE
_SPAN = re.compile(r"(\d{1,2})[:h](\d{2})-(\d{1,2})[:h](\d{2})")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FORM = "mon-fri 07:30-11:30 13:30-17:00; sat 07:30-11:30"


class Opening(NamedTuple):
    """One stretch of one weekday: 0 is Monday; minutes after midnight, ``ends`` not included, at most 1440."""

    weekday: int
    begins: int
    ends: int


def parse_hours(text: str) -> tuple[Opening, ...]:
    """The week's openings in order; none for an empty text. ValueError says what is wrong with which part."""
    if text.strip().lower() in ("24/7", "24x7"):
        return tuple(Opening(day, 0, 1440) for day in range(7))
    found = [opening for part in text.split(";") if part.strip() for opening in _part(part)]
    found.sort()
    for one, other in pairwise(found):
        if one.weekday == other.weekday and other.begins < one.ends:
            raise ValueError(f"opens twice on {DAYS[one.weekday]} at {_clock(other.begins)}")
    return tuple(found)


def _part(part: str) -> list[Opening]:
    days: list[int] = []
    spans: list[tuple[int, int]] = []
    for word in re.sub(r"\s*-\s*", "-", part.lower()).replace(",", " ").split():
        if word[0].isdigit():
            spans.append(_span(word))
        elif spans:
            raise ValueError(f"'{word}' stands behind the times; begin a new part with ';'")
        else:
            days += _days(word)
    if not days or not spans:
        raise ValueError(f"'{part.strip()}' needs days and times, as in '{FORM}'")
    return [Opening(day, *span) for day in days for span in spans]


def _days(word: str) -> list[int]:
    first, _, last = word.partition("-")
    for name in (first, *((last,) if last else ())):
        if name not in _NUMBERS:
            raise ValueError(f"'{name}' is no day (mon tue wed thu fri sat sun, or T2 to T7 and CN)")
    begin, end = _NUMBERS[first], _NUMBERS[last or first]
    if begin > end:
        raise ValueError(f"'{word}' goes backwards")
    return list(range(begin, end + 1))


def _span(word: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(word)
    if match is None:
        raise ValueError(f"'{word}' is no time span such as 07:30-11:30")
    hours_in, minutes_in, hours_out, minutes_out = (int(part) for part in match.groups())
    begins, ends = hours_in * 60 + minutes_in, hours_out * 60 + minutes_out
    if minutes_in > 59 or minutes_out > 59 or ends > 1440:
        raise ValueError(f"'{word}' is no time of a day")
    if begins >= ends:
        raise ValueError(f"'{word}' ends before it begins")
    return begins, ends


def check_day(text: str) -> None:
    """ValueError unless ``text`` is a day as ``2026-09-02``."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no day such as 2026-09-02")
    year, month, day = (int(part) for part in match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _MONTHS[month - 1] or (month == 2 and day == 29 and not leap):
        raise ValueError(f"there is no day '{text}'")


def check_holiday(text: str) -> None:
    """ValueError unless ``text`` is a day or a span of days as ``2026-02-14..2026-02-22``."""
    first, dots, last = text.partition("..")
    check_day(first)
    if dots:
        check_day(last)
        if last < first:
            raise ValueError(f"'{text}' goes backwards")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
