"""Whether the log's writer waits a moment for more envelopes before it commits, by how fast they come lately. Pure.

A commit costs the same for one envelope as for ten; a moment's patience when they come fast halves what each costs.
"""

MOMENT_S = 0.008
"""How long it waits at most, and the gap between envelopes up to which more are likely to come meanwhile."""
ENOUGH = 16
"""Envelopes that wait already: worth a commit at once."""


class Rhythm:
    """Keeps the recent gap between envelopes; moments are seconds of any steady clock."""

    def __init__(self, now: float) -> None:
        self._last = now
        self._gap = 1.0

    def came(self, count: int, now: float) -> None:
        """``count`` envelopes came since the last time."""
        for _ in range(min(count, ENOUGH)):
            self._gap += ((now - self._last) / count - self._gap) / ENOUGH
        self._last = now

    def patience(self, waiting: int) -> float:
        """How long to wait for more when so many wait already, seconds."""
        return MOMENT_S if waiting < ENOUGH and self._gap < MOMENT_S else 0.0
