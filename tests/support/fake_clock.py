"""A clock whose hands a test moves: sleepers wake in order, and nothing waits for real."""

import asyncio
import heapq
import itertools


class FakeClock:
    """Both clocks start where the test says; ``advance`` moves them and lets everything due happen."""

    def __init__(self, mono: float = 1000.0, wall: float = 1_780_000_000.0) -> None:
        self._mono = mono
        self._offset = wall - mono
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()
        self.slept: list[float] = []

    def mono(self) -> float:
        return self._mono

    def wall(self) -> float:
        return self._mono + self._offset

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self._mono + seconds, next(self._numbers), event))
        await event.wait()

    def hang(self, seconds: float) -> None:
        """Time passes, and nobody gets to run."""
        self._mono += seconds

    async def advance(self, seconds: float) -> None:
        end = self._mono + seconds
        await settled()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, event = heapq.heappop(self._sleepers)
            self._mono = max(self._mono, due)
            event.set()
            await settled()
        self._mono = end
        await settled()


async def settled() -> None:
    """Let every task run until it waits for something that only time brings."""
    for _ in range(20):
        await asyncio.sleep(0)
