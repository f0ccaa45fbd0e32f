"""Whether the collector has been silent for so long that people are to be told, and whether it is back. Pure.

Times are the machine's monotonic clock, which counts through sleep.
"""

from enum import StrEnum

CALM_S = 60.0
"""Who answers again for so long is back."""
PAUSED_S = 60.0
"""Two looks further apart than this: the machine slept, and could not have heard anybody."""


class Deed(StrEnum):
    """What a look comes to."""

    NOTHING = "nothing"
    BEGINS = "begins"
    ENDS = "ends"


class SilenceWatch:
    """Asked every few seconds. ``is_silent``: whether a silence was under way already when this program began."""

    def __init__(self, after_s: float, now: float, *, is_silent: bool = False) -> None:
        self.is_silent = is_silent
        self.since = now
        """The last answer, or when it began to be waited for."""
        self.back_at: float | None = None
        """Of a silence: the first answer after it."""
        self._after_s = after_s
        self._looked = now

    def look(self, now: float, heard: float | None) -> Deed:
        """``heard``: when the collector last answered; None: never yet."""
        slept, self._looked = now - self._looked > PAUSED_S, now
        if slept:
            self.back_at = None
            self.since = self.since if self.is_silent else now
        return self._in_silence(now, heard) if self.is_silent else self._in_contact(now, heard)

    def _in_contact(self, now: float, heard: float | None) -> Deed:
        self.since = max(self.since, heard if heard is not None else self.since)
        if now - self.since < self._after_s:
            return Deed.NOTHING
        self.is_silent, self.back_at = True, None
        return Deed.BEGINS

    def _in_silence(self, now: float, heard: float | None) -> Deed:
        if heard is None or heard <= self.since:
            return Deed.NOTHING
        if self.back_at is None or now - heard >= self._after_s:
            self.back_at = heard if now - heard < self._after_s else None
        if self.back_at is None or heard - self.back_at < CALM_S:
            return Deed.NOTHING
        self.is_silent, self.since = False, heard
        return Deed.ENDS
