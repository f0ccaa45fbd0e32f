"""When a commune's machines are on: people come, have lunch, restart, go home with or without shutting down.

A machine's day is drawn from the seed, its name and the date, so that any day can be asked for in any order.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector.inventory.hours import Opening

from .faults import DAY_S, VIETNAM
from .noise import Noise

LEAVES = 0.85
"""Share of machines whose people leave around closing time; the others stay on all night."""
UNANNOUNCED = 0.2
"""Share of switch-offs without a goodbye."""
SLEEPS_AT_LUNCH, OFF_AT_LUNCH = 0.25, 0.1
FIRST_BEFORE_MIN = 25
"""So many minutes before opening the first one comes."""
_MINUTE = 60.0


class Hours(NamedTuple):
    """When a commune is open, and whether its people throw the main breaker on leaving."""

    openings: tuple[Opening, ...]
    holidays: frozenset[str]
    """Days as ``2026-09-02``."""
    breaker: bool


class Stint(NamedTuple):
    """One stretch of being on, Unix seconds; ``goodbye`` at its end, None: gone without a word."""

    begins: float
    ends: float
    goodbye: GoodbyeReason | None = None


class _Pause(NamedTuple):
    begins: float
    ends: float
    goodbye: GoodbyeReason | None


def days_of(holidays: Sequence[str]) -> frozenset[str]:
    """Every single day of days and spans as the inventory has them."""
    found = set()
    for text in holidays:
        first, _, last = text.partition("..")
        day, end = datetime.fromisoformat(first), datetime.fromisoformat(last or first)
        while day <= end:
            found.add(f"{day:%Y-%m-%d}")
            day += timedelta(days=1)
    return frozenset(found)


def stints(hours: Hours, seed: str, midnight: float, noise: Noise, commune_seed: str) -> list[Stint]:
    """When the machine with this seed is on during the day that begins at ``midnight``, in order."""
    today = _openings(hours, midnight)
    stayed = _stayed(hours, seed, midnight)
    if not today:
        return [Stint(midnight, midnight + DAY_S)] if stayed else []
    dice = _dice(seed, midnight, "day")
    opens, closes = midnight + today[0].begins * _MINUTE, midnight + today[-1].ends * _MINUTE
    begins = midnight if stayed else opens - dice.uniform(3, 20) * _MINUTE
    ends, goodbye = _evening(hours, seed, midnight, closes, commune_seed)
    pauses = _apart([*_lunch(today, midnight, dice), *_away(opens, closes, noise, dice)], begins, ends)
    return list(_between(begins, ends, goodbye, pauses))


def thrown(hours: Hours, midnight: float, commune_seed: str) -> float | None:
    """When the main breaker is thrown in the evening of that day, Unix seconds; None where it is not."""
    today = _openings(hours, midnight)
    if not today or not hours.breaker:
        return None
    closes = midnight + today[-1].ends * _MINUTE
    return closes + _dice(commune_seed, midnight, "breaker").uniform(6, 20) * _MINUTE


def returns(hours: Hours, midnight: float) -> float | None:
    """When somebody comes in the morning of that day and sees to it that there is power again; None: nobody does."""
    today = _openings(hours, midnight)
    return midnight + (today[0].begins - FIRST_BEFORE_MIN) * _MINUTE if today else None


def _openings(hours: Hours, midnight: float) -> list[Opening]:
    day = datetime.fromtimestamp(midnight, VIETNAM)
    if f"{day:%Y-%m-%d}" in hours.holidays:
        return []
    return [one for one in hours.openings if one.weekday == day.weekday()]


def _stays(hours: Hours, seed: str, midnight: float) -> bool:
    """Whether this machine is left on in the evening of a working day."""
    return not hours.breaker and _dice(seed, midnight, "stays").random() >= LEAVES


def _stayed(hours: Hours, seed: str, midnight: float) -> bool:
    """Whether it is still on from the last working day."""
    for before in range(1, 15):
        day = midnight - before * DAY_S
        if _openings(hours, day):
            return _stays(hours, seed, day)
    return False


def _evening(
    hours: Hours, seed: str, midnight: float, closes: float, commune_seed: str
) -> tuple[float, GoodbyeReason | None]:
    """When it goes off and how; the end of the day where it stays on."""
    if _stays(hours, seed, midnight):
        return midnight + DAY_S, None
    dice = _dice(seed, midnight, "evening")
    leaves = closes + max(-20.0, min(20.0, dice.gauss(0, 8))) * _MINUTE
    goodbye = None if dice.random() < UNANNOUNCED else GoodbyeReason.SHUTDOWN
    if hours.breaker:
        dark = thrown(hours, midnight, commune_seed)
        if dark is not None and (dark < leaves or dice.random() >= LEAVES):
            return dark, None
    return leaves, goodbye


def _lunch(today: Sequence[Opening], midnight: float, dice: Random) -> Iterator[_Pause]:
    for one, other in pairwise(today):
        what = dice.random()
        begins = midnight + (one.ends + dice.uniform(1, 10)) * _MINUTE
        ends = midnight + (other.begins - dice.uniform(0, 10)) * _MINUTE
        if what < SLEEPS_AT_LUNCH:
            yield _Pause(begins, ends, GoodbyeReason.SLEEP)
        elif what < SLEEPS_AT_LUNCH + OFF_AT_LUNCH:
            yield _Pause(begins, ends, _announced(dice, GoodbyeReason.SHUTDOWN))


def _away(opens: float, closes: float, noise: Noise, dice: Random) -> Iterator[_Pause]:
    if dice.random() < noise.restarts_per_day:
        at = dice.uniform(opens, closes)
        yield _Pause(at, at + dice.uniform(30, 90), _announced(dice, GoodbyeReason.RESTART))
    if dice.random() < noise.away_per_day:
        at = dice.uniform(opens, closes - 3600)
        yield _Pause(at, at + 3600, _announced(dice, GoodbyeReason.SHUTDOWN))


def _announced(dice: Random, reason: GoodbyeReason) -> GoodbyeReason | None:
    return None if dice.random() < UNANNOUNCED else reason


def _apart(pauses: Sequence[_Pause], begins: float, ends: float) -> list[_Pause]:
    """Those that lie within and overlap none before them."""
    kept: list[_Pause] = []
    for pause in sorted(pauses, key=lambda one: one.begins):
        after = kept[-1].ends if kept else begins
        if after + _MINUTE < pause.begins and pause.ends + _MINUTE < ends:
            kept.append(pause)
    return kept


def _between(begins: float, ends: float, goodbye: GoodbyeReason | None, pauses: Sequence[_Pause]) -> Iterator[Stint]:
    for pause in pauses:
        yield Stint(begins, pause.begins, pause.goodbye)
        begins = pause.ends
    yield Stint(begins, ends, goodbye)


def _dice(seed: str, midnight: float, what: str) -> Random:
    return Random(f"{seed}/{midnight:.0f}/{what}")  # noqa: S311  # a simulation must be repeatable
