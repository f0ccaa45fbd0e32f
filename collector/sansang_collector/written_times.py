"""Moments as people write them in announcements, to Unix seconds by the clock of Vietnam. Pure."""

import re
from calendar import timegm

from sansang_collector.inventory.calendars import VIETNAM_S
from sansang_collector.inventory.hours import check_day

FORMS = "2026-07-01 08:00, 01/07/2026 08:00 or 8h00 ngày 01/07/2026"
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_LOCAL = re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:hH](?P<minute>\d{2})?|\s*giờ(?:\s*(?P<minutes>\d{2}))?)(?::\d{2})?")


def moment_of(text: str, day: str = "") -> float:
    """``2026-07-01 08:00``, ``01/07/2026 08:00``, ``8h00 ngày 01/07/2026``; a time alone is of ``day``.

    ValueError says what is wrong with it.
    """
    said = text.replace("T", " ").strip()
    written = _ISO.search(said) or _LOCAL.search(said) or (_ISO.search(day) or _LOCAL.search(day) if day else None)
    rest = _LOCAL.sub(" ", _ISO.sub(" ", said))
    clock = _CLOCK.fullmatch(re.sub(r"\b(ngày|lúc)\b", " ", rest).strip())
    if written is None or clock is None:
        raise ValueError(f"'{text}' is no moment such as {FORMS}")
    date = "{year}-{month:0>2}-{day:0>2}".format(**written.groupdict())
    check_day(date)
    hour, minute = int(clock["hour"]), int(clock["minute"] or clock["minutes"] or 0)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise ValueError(f"'{text}' is no time of a day")
    year, month, day_ = (int(part) for part in date.split("-"))
    return float(timegm((year, month, day_, hour, minute, 0)) - VIETNAM_S)


def day_of(text: str) -> float:
    """The beginning of a day; ValueError for what is none."""
    return moment_of(f"{text} 00:00")
