"""Which results of an agent the ledger has already, so that none counts twice.

Asked once, and only where one may come twice: most results are newer than all that is held.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from . import bundles
from .chunks import SLOT_MS


class Held:
    """What the ledger holds of an agent at some times."""

    def __init__(self, connection: Connection, agent: int, times: Iterable[int]) -> None:
        """``times``: all that will be asked for, in milliseconds."""
        self.connection = connection
        self._agent = agent
        self._times = times
        self._found: set[tuple[int, int]] | None = None

    def has(self, series: int, at_ms: int) -> bool:
        """Whether there is a result of this series at this very millisecond."""
        if self._found is None:
            self._found = {
                (one.series, one.at_ms)
                for first_ms, last_ms in _stretches(self._times)
                for one in bundles.between(self.connection, self._agent, first_ms, last_ms)
            }
        return (series, at_ms) in self._found


def _stretches(times: Iterable[int]) -> list[tuple[int, int]]:
    """The stretches in which times lie: between one of now and one of last week lies much that nobody asks for."""
    found: list[tuple[int, int]] = []
    for at_ms in sorted(times):
        if found and at_ms - found[-1][1] <= SLOT_MS:
            found[-1] = (found[-1][0], at_ms)
        else:
            found.append((at_ms, at_ms))
    return found
