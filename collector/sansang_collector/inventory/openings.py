"""When a centre or a service opens next, by its calendar. Pure."""

from .calendars import Calendar, day_and_minute, moment, weekday_of

LOOK_AHEAD_DAYS = 60
"""No centre is closed for longer than this; one that never opens is not looked at for ever."""


def next_opening(calendar: Calendar, at: float) -> float | None:
    """When it opens after ``at``; Unix seconds, None if not within :data:`LOOK_AHEAD_DAYS`."""
    day, minute = day_and_minute(at)
    for number in range(day, day + LOOK_AHEAD_DAYS):
        if number in calendar.holidays:
            continue
        for opening in calendar.openings:
            if opening.weekday == weekday_of(number) and (number > day or opening.begins > minute):
                return moment(number, opening.begins)
    return None
