"""When machines ask what they share beside services: name servers, access nodes, core, a host on the Internet. Pure.

Each asks once a period, and all together no target more than so often a second; the period grows where they are many.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from sansang_agent.contract.check import Check

from .election import Machine
from .seats import place, room, seated
from .timetable import LONGEST_S, SAFE

MOST_PER_SECOND = 50.0
"""Runs against one such target by the whole fleet."""


class _Crowd(NamedTuple):
    """Everyone who asks one target at one pace."""

    period: float
    size: int
    seats: dict[int, int]


class Crowds:
    """Made of who asks what; gives each machine's checks their times."""

    def __init__(self, asking: Iterable[tuple[Machine, Check]]) -> None:
        who: defaultdict[tuple[str, float], dict[int, float]] = defaultdict(dict)
        for machine, check in asking:
            who[check.target, check.period][machine.id] = place(machine.commune, machine.id)
        of_target: defaultdict[str, int] = defaultdict(int)
        for (target, _), wishes in who.items():
            of_target[target] += room(len(wishes))
        self._crowds = {key: _crowd(key[1], wishes, of_target[key[0]]) for key, wishes in who.items()}

    def timed(self, machine: Machine, check: Check) -> Check:
        """The check with its period and phase."""
        crowd = self._crowds[check.target, check.period]
        phase = crowd.seats[machine.id] / crowd.size * crowd.period
        return msgspec.structs.replace(check, period=crowd.period, phase=phase)


def _crowd(period: float, wishes: dict[int, float], of_target: int) -> _Crowd:
    size = room(len(wishes))
    longest = min(LONGEST_S, max(period, of_target / (SAFE * MOST_PER_SECOND)))
    return _Crowd(longest, size, seated(sorted(wishes.items()), size))
