"""Opening hours in words: days with the same hours together, in either language. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sansang_collector.inventory.hours import DAYS, Opening, parse_hours

from .phrases import Phrases


def hours_in_words(hours: str, say: Phrases) -> str:
    """``thứ Hai đến thứ Sáu 07:30–11:30, 13:30–17:00``; always open and never open are said so."""
    _ = say.translations.gettext
    openings = parse_hours(hours)
    by_day = [_spans([each for each in openings if each.weekday == day]) for day in range(len(DAYS))]
    if all(spans == "00:00–24:00" for spans in by_day):
        return _("day and night")
    parts = []
    for spans, days in groupby(range(len(DAYS)), key=lambda day: by_day[day]):
        if spans:
            parts.append(f"{_days(list(days), say)} {spans}")
    return "; ".join(parts) or _("not entered")


def _spans(openings: Iterable[Opening]) -> str:
    return ", ".join(f"{_clock(each.begins)}–{_clock(each.ends)}" for each in openings)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(days: Sequence[int], say: Phrases) -> str:
    _ = say.translations.gettext
    names = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    if len(days) == 1:
        return names[days[0]]
    return _("%(first)s to %(last)s") % {"first": names[days[0]], "last": names[days[-1]]}
