"""The open requests in memory, handed to each machine with the answer to its next report.

The ledger is asked twice a second, never for a report; a request is handed out until it is answered or expired, because
an answer may be lost on its way, and a machine runs the same request once.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import OperationalError

from . import requests
from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
MOST_AT_ONCE = 5
"""Requests in one answer."""


class _Open(NamedTuple):
    name: str
    body: msgspec.Raw
    expires: float


class RequestDesk:
    """One collector's."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._open: dict[int, list[_Open]] = {}
        self._sent: dict[str, float] = {}

    def hand_out(self, agent: int) -> tuple[msgspec.Raw, ...]:
        """What this machine is to be asked now: at most five, those that were not handed out yet first."""
        waiting = self._open.get(agent)
        if waiting is None:
            return ()
        now = self._now()
        due = sorted((one for one in waiting if one.expires > now), key=lambda one: one.name in self._sent)
        for one in due[:MOST_AT_ONCE]:
            self._sent.setdefault(one.name, now)
        return tuple(one.body for one in due[:MOST_AT_ONCE])

    async def look(self) -> None:
        """Take over what is open in the ledger now, and write down there what has been handed out."""
        rows = await asyncio.to_thread(self._read)
        found: defaultdict[int, list[_Open]] = defaultdict(list)
        written = {}
        for name, agent, body, expires, sent_at in rows:
            found[agent].append(_Open(name, msgspec.Raw(body), expires))
            if sent_at is not None:
                written[name] = sent_at
        self._open = dict(found)
        # Also of what is open no more: it may have been answered before this was written.
        unwritten = [one for one in self._sent.items() if one[0] not in written]
        if unwritten:
            await self._store.write(lambda connection: requests.mark_sent(connection, unwritten))
        is_open = {row[0] for row in rows}
        self._sent = {name: at for name, at in (written | self._sent).items() if name in is_open}

    async def follow(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            try:
                await self.look()
            except OperationalError:
                _LOG.exception("cannot read or write requests; trying again")
            await asyncio.sleep(LOOK_SECONDS)

    def _read(self) -> list[tuple[str, int, bytes, float, float | None]]:
        with self._store.read() as connection:
            return [tuple(row) for row in requests.open_at(connection, self._now())]
