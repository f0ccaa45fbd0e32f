"""One stopwatch per probe: how long each phase took, and how much of the check's time is left."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Times phases by ``now`` (seconds, monotonic); ``timeout`` is for all of them together."""

    def __init__(self, timeout: float, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._deadline = now() + timeout
        self.phases_ms: dict[str, float] = {}
        """By phase, milliseconds; a phase entered twice (a redirect) adds up, one that failed counts until then."""
        self.last = ""
        """The phase entered last: where a probe that ran out of time was."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is inside as ``name``."""
        self.last = name
        began = self._now()
        try:
            yield
        finally:
            took = (self._now() - began) * 1000
            self.phases_ms[name] = round(self.phases_ms.get(name, 0.0) + took, 3)

    def remaining(self) -> float:
        """Seconds left, below zero when time has run out."""
        return self._deadline - self._now()

    def left(self) -> float:
        """Seconds left; TimeoutError when there are none."""
        seconds = self.remaining()
        if seconds <= 0:
            raise TimeoutError
        return seconds
