"""Moments as people write them at a command line, to Unix seconds by the clock of Vietnam. Pure."""

import re

from . import vietnam

_CLOCK = r"(?P<clock>([01]?\d|2[0-3])[:h][0-5]\d)"
_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d?)-(?P<day>\d\d?)[ T]{_CLOCK}"),
    re.compile(rf"(?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{{4}}) {_CLOCK}"),
    re.compile(rf"{_CLOCK} (?P<day>\d\d?)/(?P<month>\d\d?)/(?P<year>\d{{4}})"),
    re.compile(_CLOCK),
)


class NoMomentError(ValueError):
    """A text that is no moment; ``str()`` is the text."""


def moment_of(text: str, now: float, after: float | None = None) -> float:
    """``2026-11-26 08:00``, ``26/11/2026 08:00``, ``08:00 26/11/2026``, or ``08:00`` of the day of ``now``.

    A time without a day is the first such time after ``after``, where that is given. Raises :class:`NoMomentError`.
    """
    said = " ".join(text.split())
    found = next(filter(None, (form.fullmatch(said) for form in _FORMS)), None)
    if found is None:
        raise NoMomentError(text)
    parts = found.groupdict()
    try:
        day = vietnam.day_of(f"{parts['year']}-{parts['month']}-{parts['day']}") if "year" in parts else None
    except ValueError:
        raise NoMomentError(text) from None
    minute = vietnam.minute_of(parts["clock"].replace("h", ":"))
    if day is not None:
        return vietnam.moment(day, minute)
    at = vietnam.moment(vietnam.day_at(now if after is None else after), minute)
    return at if after is None or at > after else at + vietnam.DAY_S
