"""The ledger: everything the collector knows beside the raw reports, read anywhere, written by one thread.

It lies in ledger.db or in a PostgreSQL database; whoever reads and writes it cannot tell which.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, MetaData

from .at_hand import AtHand, SqliteAtHand
from .engine import driver_connection
from .ledger_schema import MIGRATIONS
from .opening import open_migrated
from .postgres import open_postgres

T = TypeVar("T")

LEDGER = MetaData()
"""The tables of the ledger as the domain modules declare them; a test holds them equal to the migrated schema."""


class Store:
    """The ledger, open. Opening migrates it; raises :class:`NewerSchemaError` for one of a newer program.

    ``place`` is the folder of ledger.db, or the address of a PostgreSQL database (``postgresql+psycopg://…``). There,
    every module that declares tables must have been imported (``ledger_tables``).
    """

    at_hand: AtHand
    """Reads like :meth:`read` without its bookkeeping, for one question at a time on the event loop; cannot write."""

    def __init__(self, place: Path | URL) -> None:
        if isinstance(place, URL):
            self._writing, self._reading, self.at_hand = open_postgres(place, LEDGER, MIGRATIONS)
        else:
            self._writing, self._reading = open_migrated(place / "ledger.db", MIGRATIONS)
            self.at_hand = SqliteAtHand(driver_connection(self._reading))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-writer")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot and cannot write."""
        with self._reading.connect() as connection:
            yield connection

    def write_sync(self, fn: Callable[[Connection], T]) -> T:
        """Run ``fn`` in a transaction on the write thread and wait; its exception undoes everything and is raised."""
        return self._thread.submit(self._transact, fn).result()

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Like :meth:`write_sync` without blocking the event loop."""
        return await asyncio.wrap_future(self._thread.submit(self._transact, fn))

    def close(self) -> None:
        """Finish what is being written and close the ledger."""
        self._thread.shutdown(wait=True)
        self.at_hand.close()
        self._reading.dispose()
        self._writing.dispose()

    def _transact(self, fn: Callable[[Connection], T]) -> T:
        with self._writing.begin() as connection:
            return fn(connection)
