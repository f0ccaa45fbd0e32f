"""Something looked at every few seconds by the clock handed in, whatever that clock is.

A loop that sleeps real seconds looks once in minutes of a clock that is driven faster.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import OperationalError

from .consumers import BATCH_SECONDS

_LOG = logging.getLogger(__name__)

LEISURE_SECONDS = 1.0
"""How often to ask the clock, in real seconds, where nobody waits for what a look finds."""


class Rounds:
    """Has ``look`` called every ``every_s`` by ``now`` (Unix seconds); ``what`` it reads and writes is for the log."""

    def __init__(
        self, every_s: float, now: Callable[[], float], look: Callable[[], Awaitable[object]], what: str
    ) -> None:
        self._every_s = every_s
        self._now = now
        self._look = look
        self._what = what
        self._looked_at = -math.inf
        self._looking = False

    @property
    def due(self) -> bool:
        """Whether a look is due by the clock, or is under way. A clock set back is no reason to wait."""
        return self._looking or not 0 <= self._now() - self._looked_at < self._every_s

    async def follow(self, turn_s: float = BATCH_SECONDS, *, at_once: bool = False) -> None:
        """Look whenever that is due, asking the clock every ``turn_s`` real seconds, until cancelled.

        The first look comes a whole round after the start, where it is not wanted ``at_once``: who starts has other
        things to do.
        """
        self._looked_at = self._now()
        if at_once:
            await self._once()
        while True:
            await asyncio.sleep(turn_s)
            if self.due:
                await self._once()

    async def settled(self) -> None:
        """Wait until no look is due; for clocks that stand still meanwhile."""
        while self.due:  # noqa: ASYNC110  # a clock tells nobody
            await asyncio.sleep(0.01)

    async def _once(self) -> None:
        self._looked_at, self._looking = self._now(), True
        try:
            await self._look()
        except OperationalError:
            _LOG.exception("cannot read or write %s; trying again", self._what)
        except Exception:  # noqa: BLE001  # one round that fails must not end all that would come after it
            _LOG.exception("%s: this round failed; the next one tries again", self._what)
        finally:
            self._looking = False
