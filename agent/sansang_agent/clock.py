"""Time as the agent sees it, handed in everywhere so that tests can hold the hands of the clock.

``mono`` counts through sleep of the machine and orders everything; ``wall`` may be wrong and only labels.
"""

import asyncio
from typing import Protocol

from .platform import Platform


class Clock(Protocol):
    """Two clocks and a way to wait."""

    def mono(self) -> float:
        """Seconds since boot, counting sleep."""
        ...

    def wall(self) -> float:
        """The wall clock, Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; not at all for zero or less, but let others run."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def mono(self) -> float:
        """Seconds since boot, counting sleep."""
        return self._platform.mono()

    def wall(self) -> float:
        """The wall clock, Unix seconds."""
        return self._platform.wall()

    async def sleep(self, seconds: float) -> None:
        """Wait by the event loop's clock."""
        await asyncio.sleep(max(0.0, seconds))


async def sleep_or(clock: Clock, seconds: float, event: asyncio.Event) -> bool:
    """Wait ``seconds`` or until ``event`` is set, whichever is first; True when it was the event."""
    if event.is_set() or seconds <= 0:
        await clock.sleep(0)
        return event.is_set()
    waits = [asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(event.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return event.is_set()
