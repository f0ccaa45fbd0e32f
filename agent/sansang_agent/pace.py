"""How fast the collector is told: its own pace while all is well, and full jitter after trouble.

Pure: the present moment and randomness are handed in.
"""

from collections.abc import Callable

from .contract.report import Pace

MOST_BACKOFF = 60.0
LEAST_BACKOFF = 1.0
FETCH_S = 5.0
"""After the first fetch the next may begin one to two of these later, then twice that, and so on to …"""
MOST_FETCH_S = 120.0
QUIET_S = 600.0
"""So long after a fetch the next counts as the first again."""
EARLY = 0.8
"""A live report may come this share of the collector's interval after the last: reports have a little jitter too."""


class Backoff:
    """Waits after failures, drawn evenly from nothing to the length of the outage, at most a minute."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._since: float | None = None

    def fail(self, now: float) -> float:
        """Seconds to wait after a failure at the monotonic time ``now``."""
        self._since = now if self._since is None else self._since
        return self._random() * min(MOST_BACKOFF, max(LEAST_BACKOFF, now - self._since))

    def succeed(self) -> None:
        """The outage, if there was one, is over."""
        self._since = None


class Fetches:
    """When an assignment may be fetched: at once after a quiet time, then ever more rarely.

    One that cannot be had must not hold up reports, and one that changes all the time must not begin all checks anew.
    """

    def __init__(self) -> None:
        self._last = self._from = float("-inf")
        self._wait = FETCH_S

    def may_begin(self, now: float, share: float) -> bool:
        """Whether one may begin at the monotonic time ``now``, which then counts as begun; 0 ≤ ``share`` < 1."""
        if now < self._from:
            return False
        self._wait = FETCH_S if now - self._last > QUIET_S else min(2 * self._wait, MOST_FETCH_S)
        self._last, self._from = now, now + self._wait * (1 + share)
        return True


class Turns:
    """When the next live envelope and the next one of the backlog may go, by the pace told last."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._last_live = float("-inf")
        self._last = float("-inf")

    def told(self, pace: Pace) -> None:
        """The collector's wish; a pace that makes no sense is brought into bounds."""
        self._pace = Pace(
            live_s=min(max(pace.live_s, 0.0), 3600.0), backlog_per_s=min(max(pace.backlog_per_s, 0.01), 100.0)
        )

    @property
    def live(self) -> float:
        """The monotonic time from which a live envelope may go."""
        return self._last_live + self._pace.live_s * EARLY

    @property
    def backlog(self) -> float:
        """The monotonic time from which an envelope of the backlog may go."""
        return self._last + 1 / self._pace.backlog_per_s

    def sent(self, now: float, *, live: bool) -> None:
        """An envelope goes at ``now``."""
        self._last = now
        if live:
            self._last_live = now
