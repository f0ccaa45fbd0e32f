"""How often and how much a centre has had this machine ask, over a stretch of time. Pure: the time is handed in.

Changing assignments changes nothing of it: it lives as long as the program runs.
"""

from collections import deque


class Tempo:
    """How often each of many things was done within the last ``span`` seconds; at most ``most`` times is right."""

    def __init__(self, span: float, most: int) -> None:
        self.most = most
        self._span = span
        self._done: dict[str, deque[float]] = {}
        self._swept = float("-inf")

    def is_full(self, thing: str, now: float) -> bool:
        """Whether it was done so often that it must wait."""
        return len(self._recent(thing, now)) >= self.most

    def wait(self, thing: str, now: float) -> float:
        """Seconds until it may be done again."""
        recent = self._recent(thing, now)
        return max(0.0, recent[-self.most] + self._span - now) if len(recent) >= self.most else 0.0

    def note(self, thing: str, now: float) -> None:
        """It is done now."""
        if now - self._swept >= self._span:
            self._swept = now
            self._done = {one: times for one, times in self._done.items() if times and now - times[-1] < self._span}
        self._done.setdefault(thing, deque(maxlen=self.most)).append(now)

    def _recent(self, thing: str, now: float) -> deque[float]:
        times = self._done.get(thing, deque())
        while times and now - times[0] >= self._span:
            times.popleft()
        return times


class Memory:
    """Different things met within the last ``span`` seconds, at most ``most`` of them."""

    def __init__(self, span: float, most: int) -> None:
        self.most = most
        self._span = span
        self._met: dict[str, float] = {}

    def has_room(self, thing: str, now: float) -> bool:
        """Whether it is known, or may be added."""
        if thing in self._met or len(self._met) < self.most:
            return True
        self._met = {one: at for one, at in self._met.items() if now - at < self._span}
        return len(self._met) < self.most

    def meet(self, thing: str, now: float) -> None:
        """It is met now; what is met again stays known."""
        self._met[thing] = now
