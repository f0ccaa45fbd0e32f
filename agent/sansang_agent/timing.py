"""When a check that the centre has planned runs next: on the collector's clock, never twice in a row. Pure.

The collector's clock is known as its distance from this machine's monotonic one, so that a wall clock set meanwhile
moves nothing.
"""

import math

from .contract.check import Check
from .contract.rung import Rung

LEAST_GAP_S = 5.0
"""Between two runs of a check, at least this and half its period, whatever happens to clocks and plans."""
TOLERANCE_S = 0.25
"""By so much less where both runs keep to their slots."""
LATE_S = 2.0
"""A machine that was busy at its slot may be this late, or a quarter of the period; later, it waits for the next."""
ALONE_REPORTS = 3
ALONE_GAP_S = 300.0
"""A machine that is not in contact asks a service at most this often: nobody tells it how many others ask."""


class Timing:
    """One check in one run of the agent, begun at the monotonic time ``start``.

    ``share``: this machine's own part of a period, used as long as the collector's clock is not known.
    """

    def __init__(self, check: Check, start: float, share: float) -> None:
        self._phase = check.phase or 0.0
        self._period = check.period
        self._is_service = check.rung is Rung.SERVICE
        self._start = start
        self._own = start + share * check.period

    def due(self, now: float, ahead: float | None, last: float | None, *, alone: bool) -> float:
        """The monotonic time of the next run, not after ``now`` when it is time.

        ``ahead``: the collector's clock minus the monotonic one; ``last``: when the run before began.
        """
        # no more than one period, however far off the collector's clock is: a float that counts ages counts no seconds
        origin = (self._own if ahead is None else self._phase - ahead) % self._period
        earliest = max(self._start, now - min(LATE_S, self._period / 4))
        if last is not None:
            earliest = max(earliest, last + self._gap(alone=alone))
        return origin + math.ceil((earliest - origin) / self._period) * self._period

    def _gap(self, *, alone: bool) -> float:
        gap = max(LEAST_GAP_S, self._period / 2) - TOLERANCE_S
        return max(gap, ALONE_GAP_S) if alone and self._is_service else gap


def may_run(check: Check, now: float, last: float | None, *, alone: bool) -> bool:
    """Whether a check that is not planned by the centre may run in its own slot now."""
    return not (alone and check.rung is Rung.SERVICE and last is not None and now - last < ALONE_GAP_S)
