"""When a machine is expected to be on: opening hours without their edges, less what a habit says is usually off. Pure.

People come and go around opening and closing, so within a margin of either nothing is expected of a machine.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sansang_agent.contract.assignment import Role

from .habit_slots import SLOT_MINUTES, usually_off
from .inventory.calendars import Calendar, day_and_minute, moment, weekday_of

MARGIN_MINUTES = 30
"""How long after opening and how long before closing a machine may be off without being missed."""
ALWAYS_ON = frozenset({Role.MINI, Role.VANTAGE})
"""What nobody switches off in the evening."""
_DAY_MINUTES = 1440
_LOOK_AHEAD_DAYS = 60
"""No centre is closed for longer than this."""


class Stretch(NamedTuple):
    """Minutes of a day in which a machine is expected to be on; ``since`` is when it is missed from, once it is."""

    begins: float
    ends: float
    since: float


class Due(NamedTuple):
    """When a machine is missed (Unix seconds), and since when it then should have been there."""

    at: float
    since: float


class Week(NamedTuple):
    """When a machine is expected to be on."""

    days: tuple[tuple[Stretch, ...], ...]
    """By weekday, in order."""
    holidays: frozenset[int] = frozenset()
    always: bool = False
    """For machines that nobody switches off."""

    def due(self, away_since: float) -> Due | None:
        """When a machine that is away since then is missed: at once in a stretch, else when the next one begins."""
        day, minute = day_and_minute(away_since)
        for number in range(day, day + _LOOK_AHEAD_DAYS):
            for stretch in self._of(number):
                if number > day or stretch.ends > minute:
                    return Due(*(max(away_since, moment(number, each)) for each in (stretch.begins, stretch.since)))
        return None

    def next_due(self, away_since: float) -> Due | None:
        """The same for a machine whose absence is explained until somebody begins to work again."""
        day, minute = day_and_minute(away_since)
        ended = None
        for number in range(day, day + _LOOK_AHEAD_DAYS):
            for stretch in self._of(number):
                begins = moment(number, stretch.begins)
                if (number > day or stretch.since > minute) and begins != ended:
                    return Due(begins, moment(number, stretch.since))
                ended = moment(number, stretch.ends)
        return None

    def _of(self, day: int) -> tuple[Stretch, ...]:
        return () if day in self.holidays else self.days[weekday_of(day)]


def slot_of(at: float) -> int:
    """The quarter of an hour of the week, from Monday's midnight in Vietnam."""
    day, minute = day_and_minute(at)
    return int((weekday_of(day) * _DAY_MINUTES + minute) // SLOT_MINUTES)


_WHOLE_DAY: tuple[Stretch, ...] = (Stretch(0, _DAY_MINUTES, 0),)
ALWAYS = Week((_WHOLE_DAY,) * 7, always=True)


def week_of(calendar: Calendar | None, habit: bytes = b"") -> Week:
    """What is expected of the machines people work at; without a calendar the habit alone says when nobody does."""
    if calendar is None:
        days = [_WHOLE_DAY] * 7
    else:
        days = [
            tuple(_inner(opening.begins, opening.ends) for opening in calendar.openings if opening.weekday == weekday)
            for weekday in range(7)
        ]
    cut = tuple(_without_usual(day, weekday, habit) for weekday, day in enumerate(days)) if habit else tuple(days)
    return Week(cut, calendar.holidays if calendar else frozenset())


def _inner(begins: int, ends: int) -> Stretch:
    """An opening without its edges: half an hour, or a quarter of a short one; midnight is no edge."""
    margin = min(MARGIN_MINUTES, (ends - begins) / 4)
    return Stretch(
        begins + margin if begins > 0 else begins, ends - margin if ends < _DAY_MINUTES else ends, since=begins
    )


def _without_usual(stretches: tuple[Stretch, ...], weekday: int, habit: bytes) -> tuple[Stretch, ...]:
    """The stretches less the quarters of an hour in which the commune's machines are usually off."""
    left: list[Stretch] = []
    first = weekday * _DAY_MINUTES // SLOT_MINUTES
    for stretch in stretches:
        for slot in range(int(stretch.begins // SLOT_MINUTES), int(-(-stretch.ends // SLOT_MINUTES))):
            if usually_off(habit, first + slot):
                continue
            begins, ends = max(stretch.begins, slot * SLOT_MINUTES), min(stretch.ends, (slot + 1) * SLOT_MINUTES)
            if left and left[-1].ends == begins:
                left[-1] = left[-1]._replace(ends=ends)
            else:
                left.append(Stretch(begins, ends, stretch.since if begins == stretch.begins else begins))
    return tuple(left)


class Usual:
    """What is usual in every commune, by its calendar and its habit; weeks are worked out when first asked for."""

    def __init__(self, calendars: Mapping[str, Calendar], habits: Mapping[str, bytes]) -> None:
        self.calendars = calendars
        self.habits = habits
        self._weeks: dict[str, Week] = {}

    def week(self, commune: str, role: str) -> Week:
        """What is expected of a machine of this role in this commune."""
        if role in ALWAYS_ON:
            return ALWAYS
        found = self._weeks.get(commune)
        if found is None:
            found = week_of(self.calendars.get(commune), self.habits.get(commune, b""))
            self._weeks[commune] = found
        return found

    def why_off(self, commune: str, at: float) -> str:
        """What makes a machine expected to be off: ``hours``, or ``habit`` while the centre should be open."""
        calendar = self.calendars.get(commune)
        if calendar is not None and not calendar.is_open(at):
            return "hours"
        habit = self.habits.get(commune)
        return "habit" if habit and usually_off(habit, slot_of(at)) else "hours"


NOTHING_USUAL = Usual({}, {})
"""Nobody has said when anyone works, and nothing has been learned: whoever is away is missed."""
