"""Hands what happened to incidents and situations to the alerts' desk, by cursors that move in the same transaction.

Words are found before, on a snapshot; what changed since comes with the next look. A second run repeats nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sansang_alerts.fault import Report

from . import changes, told_cursors, told_reports
from .news import News
from .store import Store
from .told_reports import Told, Words

_LOG = logging.getLogger(__name__)

POLL_S = 0.5
RETRY_S = 5.0


class Desk(Protocol):
    """What of the alerts' desk is needed."""

    def reports(self, connection: Connection, reports: Sequence[Report], now: float) -> None:
        """Take these in."""
        ...


class Telling:
    """One collector's. ``handed`` is called after each transaction that handed something over."""

    def __init__(
        self,
        store: Store,
        news: News,
        desk: Desk,
        words: Callable[[], Words],
        now: Callable[[], float],
        handed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._news = news
        self._desk = desk
        self._words = words
        self._now = now
        self._handed = handed

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                more = await self.look()
            except OperationalError as error:
                _LOG.warning("people are told once the ledger answers: %s", error.orig)
                await asyncio.sleep(RETRY_S)
            else:
                if not more:
                    await asyncio.sleep(POLL_S)

    async def look(self) -> bool:
        """Hand over what happened since the last look, a piece of it at least; whether there was anything."""
        now = self._now()
        told = await asyncio.to_thread(self._read, now)
        if told.after == told.before:
            return False
        newest = await self._store.write(partial(self._write, told, now))
        if told.reports:
            self._handed()
            await self._news.tell(newest)
        return True

    async def settled(self) -> None:
        """Hand over all there is; for clocks that stand still meanwhile."""
        while await self.look():
            pass

    def _read(self, now: float) -> Told:
        with self._store.read() as connection:
            return told_reports.since(connection, told_cursors.read(connection), self._words(), now)

    def _write(self, told: Told, now: float, connection: Connection) -> int:
        if told_cursors.read(connection) == told.before:  # else somebody else has handed it over
            self._desk.reports(connection, told.reports, now)
            told_cursors.keep(connection, told.after)
        return changes.newest(connection)
