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
        self._in_memory = False
        self.error: str | None = None
        """Why the last work on the spool failed, in English; None since work succeeded again."""

    async def do(self, work: Callable[[Spool], T]) -> T:
        """Run ``work`` with the spool; raises what it raises, :class:`sqlite3.Error` above all."""
        return await asyncio.wrap_future(self._pool.submit(lambda: self._do(work)))

    def _do(self, work: Callable[[Spool], T]) -> T:
        spool = self._spool or self._open()
        try:
            result = work(spool)
        except sqlite3.Error as exc:
            self._failed(exc)
            if is_damage(exc):
                self._close()
            raise
        if not self._in_memory:
            self.error = None
        return result

    def _open(self) -> Spool:
        try:
            self._spool = Spool.open(self._path)
        except (sqlite3.Error, OSError) as exc:
            self._failed(exc)
            self._spool, self._in_memory = Spool.open(None), True
        return self._spool

    def _failed(self, exc: Exception) -> None:
        if self.error is None:
            _log.error("the spool %s cannot be used: %s", self._path, exc)
        self.error = f"{self._path}: {exc}"

    async def close(self) -> None:
        """Close the file."""
        await asyncio.wrap_future(self._pool.submit(self._close))

    def _close(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
