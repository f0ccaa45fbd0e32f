"""Whether one more report can be taken: how long it may have waited, and what is begun and not answered. Pure.

Whoever comes when that is too much is told at once to come later, before anything of theirs is read.
"""

MOST_SECONDS = 0.75
"""Waiting and work ahead of a report; less than the second within which one that is taken is answered, as no estimate
is exact."""
BUSY_GAP_S = 0.05
"""Between two turns of the event loop: up to here it was busy, and what it reads now may have come in the last one."""
MOST_BYTES = 33_554_432
"""Bodies in memory that wait for the log."""


class Door:
    """Counts reports from when their body is here until they are answered."""

    def __init__(self) -> None:
        self._begun = 0
        self._bytes = 0
        self._seconds = 0.0
        self._waiting_since = 0.0
        self._turn_began = self._turn_ended = -BUSY_GAP_S

    def turn_began(self, now: float) -> None:
        """The event loop begins to read what came; moments are seconds of any steady clock."""
        busy = now - self._turn_ended < BUSY_GAP_S
        self._waiting_since = self._turn_began if busy else now
        self._turn_began = now

    def turn_ended(self, now: float) -> None:
        """It has read all that was there when it began."""
        self._turn_ended = now

    def seconds(self) -> float:
        """The event loop's work ahead of a report that comes now."""
        return self._begun * self._seconds

    def is_open(self, now: float, queue_seconds: float) -> bool:
        """Whether a report read now can be taken when the log's writer has so much work waiting."""
        ahead = now - self._waiting_since + self.seconds() + queue_seconds
        return ahead <= MOST_SECONDS and self._bytes <= MOST_BYTES

    def begin(self, size: int) -> None:
        """A body of so many bytes is here."""
        self._begun += 1
        self._bytes += size

    def end(self, size: int) -> None:
        """It is answered, or nobody waits for the answer any more."""
        self._begun -= 1
        self._bytes -= size

    def took(self, seconds: float) -> None:
        """What one report took of the event loop."""
        self._seconds += (seconds - self._seconds) / 64
