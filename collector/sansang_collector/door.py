"""Whether one more report can be taken: what is begun and not answered, by what a report costs lately. Pure.

Whoever comes when that is too much is told at once to come later, before anything of theirs is read.
"""

MOST_SECONDS = 0.75
"""Work ahead of a report; less than the second within which one that is taken is answered, as no estimate is exact."""
MOST_BYTES = 33_554_432
"""Bodies in memory that wait for the log."""


class Door:
    """Counts reports from when their body is here until they are answered."""

    def __init__(self) -> None:
        self._begun = 0
        self._bytes = 0
        self._seconds = 0.0

    def seconds(self) -> float:
        """The event loop's work ahead of a report that comes now."""
        return self._begun * self._seconds

    def is_open(self, queue_seconds: float) -> bool:
        """Whether a report can be taken when the log's writer has so much work waiting."""
        return self.seconds() + queue_seconds <= MOST_SECONDS and self._bytes <= MOST_BYTES

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
