"""Moments as people write them in announcements, to Unix seconds by the clock of Vietnam. Pure."""

import re
from calendar import timegm

from sansang_collector.inventory.calendars import VIETNAM_S
from sansang_collector.inventory.hours import check_day

from .refusal import Gettext, in_english

_YEARS = range(1970, 3000)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_LOCAL = re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:hH](?P<minute>\d{2})?|\s*giờ(?:\s*(?P<minutes>\d{2}))?)(?::\d{2})?")


def moment_of(text: str, day: str = "", _: Gettext = in_english) -> float:
    """``2026-07-01 08:00``, ``01/07/2026 08:00``, ``8h00 ngày 01/07/2026``; a time alone is of ``day``.

    ValueError says what is wrong with it, in the language of ``_``.
    """
    said = text.replace("T", " ").strip()
    written = _ISO.search(said) or _LOCAL.search(said) or (_ISO.search(day) or _LOCAL.search(day) if day else None)
    rest = _LOCAL.sub(" ", _ISO.sub(" ", said))
    clock = _CLOCK.fullmatch(re.sub(r"\b(ngày|lúc)\b", " ", rest).strip())
    if written is None or clock is None:
        said = _("'{text}' is no moment such as 2026-07-01 08:00, 01/07/2026 08:00 or 8h00 ngày 01/07/2026")
        raise ValueError(said.format(text=text))
    hour, minute = int(clock["hour"]), int(clock["minute"] or clock["minutes"] or 0)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        raise ValueError(_("'{text}' is no time of a day").format(text=text))
    return float(timegm((*_date(written, _), hour, minute, 0)) - VIETNAM_S)


def day_of(text: str, _: Gettext = in_english) -> float:
    """The beginning of a day; ValueError for what is none."""
    written = _ISO.fullmatch(text.strip()) or _LOCAL.fullmatch(text.strip())
    if written is None:
        raise ValueError(_("'{text}' is no day such as 2026-06-20 or 20/06/2026").format(text=text))
    return float(timegm((*_date(written, _), 0, 0, 0)) - VIETNAM_S)


def _date(written: re.Match[str], _: Gettext) -> tuple[int, int, int]:
    year, month, day = (int(written[name]) for name in ("year", "month", "day"))
    try:
        check_day(f"{year:04}-{month:02}-{day:02}")
    except ValueError:
        year = 0
    if year not in _YEARS:
        raise ValueError(_("there is no day '{day}'").format(day=written[0]))
    return year, month, day
