"""Counts wrong codes and passwords by whose they are, in bounded memory. Time is an argument."""

from collections import OrderedDict
from typing import NamedTuple

KEYS = 10_000
"""Counted at once; beyond that whoever tried longest ago is forgotten."""


class _Window(NamedTuple):
    ends: float
    tries: int


class WrongTries:
    """At most ``most`` within ``window_s`` seconds from the first one on."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most = most
        self._window_s = window_s
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def are_too_many(self, key: str, now: float) -> bool:
        """Whether there is no further try just now."""
        window = self._standing(key, now)
        return window is not None and window.tries >= self._most

    def count(self, key: str, now: float) -> float:
        """One more was wrong; for how many seconds there were too many by now, 0 where there were not."""
        window = self._standing(key, now) or _Window(now + self._window_s, 0)
        self._windows.pop(key, None)
        self._windows[key] = window = window._replace(tries=window.tries + 1)
        while len(self._windows) > KEYS:
            self._windows.popitem(last=False)
        return window.ends - now if window.tries > self._most else 0.0

    def _standing(self, key: str, now: float) -> _Window | None:
        window = self._windows.get(key)
        # a clock that was set back must not keep anybody out for longer than a window
        return window if window is not None and now < window.ends <= now + self._window_s else None
