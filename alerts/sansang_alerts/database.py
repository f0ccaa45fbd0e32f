"""A database at work: read anywhere, written by one thread, one transaction at a time.

Alerts keep their own in it and the collector its ledger; what either adds is how it is opened.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from .engines import Engines

T = TypeVar("T")


class Database:
    """One, open; a :class:`ledger.Ledger`."""

    def __init__(self, engines: Engines, thread: str) -> None:
        """``thread``: what the write thread is called."""
        self._writing, self._reading = engines
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=thread)

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
        """Finish what is being written and close the database."""
        self._thread.shutdown(wait=True)
        self._reading.dispose()
        self._writing.dispose()

    def _transact(self, fn: Callable[[Connection], T]) -> T:
        with self._writing.begin() as connection:
            return fn(connection)
