"""How likely a machine goes off without a word at a moment, and a whole site with it: by hours, habits, evenings. Pure.

Before anything was learned the calendar alone speaks: people leave around closing and lunch, and nobody is there after.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sansang_collector.expected import MARGIN_MINUTES, Usual, slot_of
from sansang_collector.habit_slots import SLOTS, WEEKS_NEEDED, usually_off
from sansang_collector.inventory.calendars import Calendar, day_and_minute, weekday_of

from .beliefs import LEAVES_CLOSING, LEAVES_OFFICE, NO_BREAKER
from .manner import Evenings

LEAVES_AFTER_HOURS = 0.25
"""Chance per report where nobody is expected to be there: then silence says next to nothing."""
UNANNOUNCED = 0.2
"""Share of those that go off without a goodbye, before a machine's own is known."""
BREAKER = 7.4
"""ln of the yearly rate in the minutes in which a commune usually throws its breaker."""
SOMETIMES_BREAKER = 0.0
"""Around closing, of a commune that is known not to."""
PERHAPS_BREAKER = 3.0
"""Around closing, of one that was not watched for long enough: likelier than a power cut in just these minutes."""
WATCHED_ENOUGH = 10
NEAR_MINUTES = 15
LEAST_DARK = 3
_REPORTS_PER_SLOT = 60
_BEFORE_CLOSING, _AFTER_CLOSING = 10, 60


class Moment(NamedTuple):
    """A moment as calendars have it: the day, its weekday, minutes after midnight in Vietnam, the week's quarter."""

    day: int
    weekday: int
    minute: float
    slot: int


def moment_of(now: float) -> Moment:
    """Of Unix seconds."""
    day, minute = day_and_minute(now)
    return Moment(day, weekday_of(day), minute, slot_of(now))


def hazards(usual: Usual, communes: list[str], now: float) -> list[float]:
    """By commune: chance per report that a machine people work at goes off without a goodbye."""
    moment = moment_of(now)
    known: dict[tuple[object, ...], float] = {}
    found = []
    for code in communes:
        calendar, habit = usual.calendars.get(code), usual.habits.get(code, b"")
        if habit:
            found.append(_with_habit(by_calendar(calendar, moment), habit, moment.slot))
            continue
        key = (calendar,)
        if key not in known:
            known[key] = by_calendar(calendar, moment)
        found.append(known[key])
    return found


def by_calendar(calendar: Calendar | None, moment: Moment) -> float:
    """What the opening hours alone say; without any it is always office time."""
    if calendar is None:
        return LEAVES_OFFICE
    if moment.day in calendar.holidays:
        return LEAVES_AFTER_HOURS
    today = [one for one in calendar.openings if one.weekday == moment.weekday]
    for number, one in enumerate(today):
        margin = min(MARGIN_MINUTES, (one.ends - one.begins) / 4) if one.ends < 1440 else 0.0
        following = today[number + 1].begins if number + 1 < len(today) else one.ends
        if one.begins - MARGIN_MINUTES <= moment.minute < one.ends - margin:
            return LEAVES_OFFICE
        if one.ends - margin <= moment.minute < following:
            return LEAVES_CLOSING
    return LEAVES_AFTER_HOURS


def _with_habit(said: float, habit: bytes, slot: int) -> float:
    """What opening hours say, with when this commune's machines are usually off and when they usually go off."""
    if usually_off(habit, slot):
        return LEAVES_AFTER_HOURS
    after = (slot + 1) % SLOTS
    if min(habit[2 * slot], habit[2 * after]) < WEEKS_NEEDED:
        return said
    before, then = habit[2 * slot + 1] / 255, habit[2 * after + 1] / 255
    going = max(0.0, before - then) / max(before, 0.05)
    return max(said, going * UNANNOUNCED / _REPORTS_PER_SLOT)


def breaker(calendar: Calendar | None, evenings: Evenings | None, moment: Moment) -> float:
    """ln of the yearly rate that fits "all of this commune is switched off" at this moment."""
    known = evenings or Evenings()
    days = [day for day in known.watched if day != moment.day]
    hits = {day for day, minute in known.dark if day in days and abs(minute - moment.minute) <= NEAR_MINUTES}
    if len(hits) >= LEAST_DARK and 2 * len(hits) >= len(days):
        return BREAKER
    if not _is_closing(calendar, moment):
        return NO_BREAKER
    return SOMETIMES_BREAKER if len(days) >= WATCHED_ENOUGH else PERHAPS_BREAKER


def breakers(usual: Usual, evenings: Mapping[str, Evenings], communes: list[str], now: float) -> list[float]:
    """:func:`breaker` of each commune."""
    moment = moment_of(now)
    return [breaker(usual.calendars.get(code), evenings.get(code), moment) for code in communes]


def _is_closing(calendar: Calendar | None, moment: Moment) -> bool:
    """Whether the day's last opening ends about now."""
    if calendar is None or moment.day in calendar.holidays:
        return False
    ends = max((one.ends for one in calendar.openings if one.weekday == moment.weekday), default=1440)
    return ends < 1440 and ends - _BEFORE_CLOSING <= moment.minute < ends + _AFTER_CLOSING
