"""The spool on a thread of its own, so that a slow disk never delays a measurement.

Where the disk cannot be used at all the spool is in memory: the agent goes on measuring and telling.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .daemon_pool import DaemonPool
from .spool import Spool
from .spool_file import is_damage

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Disk:
    """One spool and the one thread that touches it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = DaemonPool(1, "disk")
        self._spool: Spool | None = None
        self.error: str | None = None
        """Why the spool is in memory, in English; None while it is on disk."""

    async def do(self, work: Callable[[Spool], T]) -> T:
        """Run ``work`` with the spool; raises what it raises, :class:`sqlite3.Error` above all."""
        return await asyncio.wrap_future(self._pool.submit(lambda: self._do(work)))

    def _do(self, work: Callable[[Spool], T]) -> T:
        if self._spool is None:
            self._spool = self._open()
        try:
            return work(self._spool)
        except sqlite3.Error as exc:
            if is_damage(exc):
                self._close()  # the next work opens it again, and then it is moved aside
            raise

    def _open(self) -> Spool:
        try:
            return Spool.open(self._path)
        except (sqlite3.Error, OSError) as exc:
            self.error = f"{self._path}: {exc}"
            _log.error("the spool is in memory, because it cannot be on disk: %s", self.error)
            return Spool.open(None)

    async def close(self) -> None:
        """Close the file."""
        await asyncio.wrap_future(self._pool.submit(self._close))

    def _close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
