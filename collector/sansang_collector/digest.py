"""The daily digest: at its hour it gathers what the collector knows and hands it to the alerts' desk, once a day.

Whether it was told already is in the ledger, so that a restart repeats nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sansang_alerts import digest_rows
from sansang_alerts.desk import Desk
from sansang_alerts.texts import Digest

from . import digest_facts, digest_notes
from .incidents.speech import Says
from .liveness import Present
from .roster import Roster
from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_S = 20.0
UP_S = 90.0
"""A collector that has only begun to listen knows nobody's state yet."""


class DailyDigest:
    """One collector's; :meth:`follow` is its task. Words and communes are asked for each time."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        roster: Roster,
        present: Callable[[], Present],
        says: Callable[[], Sequence[Says]],
        communes: Callable[[], Collection[str]],
        *,
        own_ends: Callable[[], float] = lambda: 0.0,
        handed: Callable[[], None] = lambda: None,
    ) -> None:
        """``own_ends``: when the collector's own certificate ends (Unix seconds, 0: it has none); ``handed`` is called
        when something is to be sent."""
        self._store = store
        self._desk = desk
        self._roster = roster
        self._present = present
        self._says = says
        self._communes = communes
        self._own_ends = own_ends
        self._handed = handed
        self._told = 0.0
        """The digest's moment that was seen to last: it need not be looked up again."""

    async def follow(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except OperationalError as error:
                _LOG.warning("the daily digest waits until the ledger answers: %s", error.orig)

    async def look(self) -> bool:
        """Hand it over if it is time; whether it was."""
        present = self._present()
        at = digest_rows.moment_of(self._desk.settings, present.at)
        if self._told == at or present.at - present.listening_since < UP_S:
            return False
        found = await asyncio.to_thread(self._read, present)
        is_told = found is not None and await self._store.write(
            lambda connection: self._write(connection, found, present.at)
        )
        self._told = at
        if is_told:
            self._handed()
        return is_told

    def _read(self, present: Present) -> Digest | None:
        with self._store.read() as connection:
            if not digest_rows.is_due(connection, self._desk.settings, present.at):
                return None
        rows = self._roster.standing(self._store, present).rows
        limits = digest_facts.limits_of(self._desk.settings)
        facts = digest_facts.read(self._store, rows, self._communes(), limits, self._own_ends(), present.at)
        return digest_notes.digest_of(facts, self._says(), present.at)

    def _write(self, connection: Connection, found: Digest, now: float) -> bool:
        if not digest_rows.is_due(connection, self._desk.settings, now):  # somebody else was faster
            return False
        self._desk.digest(connection, digest_rows.filled(connection, found, now), now)
        return True
