"""What breaks, how much and when: the one vocabulary of faults for simulations, scenarios and evaluations. No clock.

A fault names a part by its id of topology.py (``ring:van-quan``, ``site_power:06001``, ``pc:06001/mo-phong-1``).
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

VIETNAM = timezone(timedelta(hours=7))
DAY_S = 86400.0
DOWN = 1.0
BROKEN = 0.98
"""A part that loses as much as this is down; a little always gets through where nobody looks."""

_FORM = re.compile(
    r"(?P<component>[^=@\s]+)"
    r"(=(?P<level>down|lossy\((?P<loss>0?\.\d+)\)|(?P<percent>\d{1,2})%|slow\((?P<slow>\d{1,5})ms\)))?"
    r"@(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(\+(?P<lasts>\d+(\.\d+)?[smhd]))?"
)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY_S}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class Fault(NamedTuple):
    """One part that loses ``loss`` of what crosses it (:data:`DOWN`: all) from ``begins`` until ``ends``, Unix s.

    Or that holds it up: every round trip takes ``slow_ms`` longer on average, between nothing and twice as much.
    """

    component: str
    loss: float
    begins: float
    ends: float
    slow_ms: float = 0.0

    @property
    def down(self) -> bool:
        """Whether nothing gets through."""
        return self.loss >= BROKEN

    def holds(self, at: float) -> bool:
        """Whether it is broken at that time."""
        return self.begins <= at < self.ends

    def __str__(self) -> str:
        held_up = f"slow({self.slow_ms:g}ms)" if self.slow_ms else f"lossy({self.loss:g})"
        level = "down" if self.down else held_up
        lasts = "" if math.isinf(self.ends) else f"+{(self.ends - self.begins) / 60:g}m"
        return f"{self.component}={level}@{datetime.fromtimestamp(self.begins, VIETNAM):%H:%M}{lasts}"


def parse_fault(text: str, start: float) -> Fault:
    """``ring:van-quan@09:00+40m``, ``access_node:a=lossy(0.2)@09:00`` or ``…=slow(80ms)@…``, the first such time from
    ``start`` on.

    Without a duration it lasts to the end. ValueError if it is not written so.
    """
    found = _FORM.fullmatch(text)
    if found is None or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        raise ValueError(text)
    loss = float(found["loss"]) if found["loss"] else int(found["percent"]) / 100 if found["percent"] else DOWN
    slow_ms = float(found["slow"] or 0)
    if not 0 < loss <= 1 or (found["slow"] and not slow_ms):
        raise ValueError(text)
    begins = day_of(start) + int(found["hour"]) * 3600 + int(found["minute"]) * 60
    begins += DAY_S if begins < start else 0
    lasts = parse_duration(found["lasts"]) if found["lasts"] else math.inf
    return Fault(found["component"], 0.0 if slow_ms else loss, begins, begins + lasts, slow_ms)


def parse_duration(text: str) -> float:
    """Seconds of ``90s``, ``45m``, ``8h`` or ``2d``; ValueError for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None or not float(found[1]):
        raise ValueError(text)
    return float(found[1]) * _UNITS[found[2]]


def parse_time(text: str, now: float) -> float:
    """Unix seconds of ``09:00`` (today), ``2026-06-26`` or ``2026-06-26T09:00``, in Vietnam; ValueError otherwise."""
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60:
        return day_of(now) + int(clock[1]) * 3600 + int(clock[2]) * 60
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).timestamp()


def day_of(at: float) -> float:
    """When the day began in Vietnam, Unix seconds."""
    local = datetime.fromtimestamp(at, VIETNAM)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def survives(losses: Iterable[float]) -> float:
    """The share that crosses all of these parts."""
    return math.prod(1 - loss for loss in losses)
