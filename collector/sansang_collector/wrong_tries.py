"""Counts what went wrong lately, by who or what it was about, in bounded memory. Time is an argument."""

from collections import OrderedDict
from typing import NamedTuple

KEYS = 10_000
"""Counted at once; beyond that whoever began longest ago is forgotten."""


class _Window(NamedTuple):
    ends: float
    tries: int


class WrongTries:
    """At most ``most`` within ``window_s`` seconds from the first one on."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def count(self, key: str, now: float) -> float:
        """Count one more; for how many seconds there are too many by now, 0 where there are not."""
        known = self._windows.get(key)
        # A clock that was set back must not keep anybody out for longer than a window.
        if known is None or not now < known.ends <= now + self._window_s:
            self._windows.pop(key, None)
            known = _Window(now + self._window_s, 0)
        known = self._windows[key] = known._replace(tries=known.tries + 1)
        while len(self._windows) > KEYS:
            self._windows.popitem(last=False)
        return known.ends - now if known.tries > self._most else 0.0
