"""Alerts at work: lets the desk's clock run and its messages be sent, until it is cancelled.

What the collector and ``serve`` start as one task; whoever hands in reports nudges it afterwards.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy.exc import OperationalError

from . import alert_rows
from .channels import Channel
from .desk import Desk
from .ledger import Ledger
from .sending import LEASE_S, Sender

_LOG = logging.getLogger(__name__)
TURN_S = 1.0


class Delivery:
    """A desk with a clock and a sender, at this ``place`` (:class:`sending.Sender`)."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        channels: Mapping[str, Channel],
        clock: Callable[[], float] = time.time,
        *,
        lease_s: float = LEASE_S,
        place: str = "",
    ) -> None:
        self.desk = desk
        self.sender = Sender(ledger, desk, channels, clock, lease_s=lease_s, place=place)
        self._ledger = ledger
        self._clock = clock
        self._turned_at = math.inf
        """As if the clock had been set back before the start, as it may have been."""

    def nudge(self) -> None:
        """Reports were handed in: send at once, not within a second."""
        self.sender.nudge()

    async def run(self) -> None:
        """Turn and send until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._turn())
            both.create_task(self.sender.run())

    async def turn(self) -> int:
        """What the clock brings by now; how many alerts that were."""
        now = self._clock()
        if now < self._turned_at:
            await self._set_back(now)
        self._turned_at = now
        with self._ledger.read() as connection:
            if not alert_rows.is_any_due(connection, now):
                return 0
        turned = await self._ledger.write(lambda connection: self.desk.turn(connection, now))
        self.nudge()
        return turned

    async def _set_back(self, now: float) -> None:
        await self.sender.set_back()
        after: int | None = 0
        while after is not None:
            after = await self._ledger.write(partial(self.desk.set_back, now=now, after=after))

    async def _turn(self) -> None:
        while True:
            try:
                await self.turn()
            except OperationalError as error:
                _LOG.warning("steps and ends wait until the ledger answers: %s", error.orig)
            await asyncio.sleep(TURN_S)
