"""How a simulation's time passes: as the wall clock's, or as fast as asked and the collector can follow.

A driven clock stands still between two steps, so that whatever it is asked meanwhile agrees.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

LONGEST_STEP_S = 5.0
"""A commit costs the same for one report as for many."""


AHEAD_S = 15.0
"""With a report nine seconds late, and a step, still within the three reports' time after which a machine is missed."""


class Pace(Protocol):
    """A clock the simulation moves along."""

    waits: bool
    """Whether a step waits until everyone has been answered."""
    step_s: float
    """Machines due within this time are woken together."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def reach(self, at: float) -> None:
        """Let time pass until ``at``."""
        ...


class RealTime:
    """The wall clock."""

    waits = False
    step_s = 0.25

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    async def reach(self, at: float) -> None:
        """Sleep until then."""
        await asyncio.sleep(max(0.0, at - time.time()))


async def _nothing() -> None:
    return


class Driven:
    """A clock of its own from ``start`` on, ``speed`` times as fast as real time at most.

    It never runs more than ``ahead`` seconds beyond what ``settle`` has seen done: the collector's consumers work in
    real time, and a clock that outran them would make machines look silent that are not.
    """

    waits = True

    def __init__(
        self, start: float, speed: float, settle: Callable[[], Awaitable[None]] = _nothing, ahead: float = AHEAD_S
    ) -> None:
        self.start = start
        self.step_s = max(0.25, min(LONGEST_STEP_S, speed / 30))
        self.settle = settle
        self._now = start
        self._speed = speed
        self._ahead = ahead
        self._settled = start
        self._began = self._anchor_real = time.monotonic()
        self._anchor = start

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    async def reach(self, at: float) -> None:
        """Move on to ``at``, in steps no longer than it may run ahead."""
        while self._now < at:
            step = min(at, self._settled + self._ahead)
            if step <= self._now:
                await self.settle()
                self._settled = self._now
                continue
            await self._wait(step)
            self._now = step

    @property
    def reached(self) -> float:
        """Simulated seconds in a real one, so far."""
        return (self._now - self.start) / max(time.monotonic() - self._began, 1e-9)

    def begin(self) -> None:
        """Count from here: what came before was preparation."""
        self._began = self._anchor_real = time.monotonic()

    async def _wait(self, at: float) -> None:
        if math.isinf(self._speed):
            await asyncio.sleep(0)
            return
        due = self._anchor_real + (at - self._anchor) / self._speed
        behind = time.monotonic() - due
        if behind > 1.0:  # what was lost is lost: nobody is helped by a rush afterwards
            self._anchor, self._anchor_real = at, time.monotonic()
        await asyncio.sleep(max(0.0, -behind))
