"""One running agent per data folder: a second one would ask everything twice and tell it twice.

The lock is an open transaction of an empty SQLite file: every system gives it back when the process ends, however.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FILE = "running.lock"

_log = logging.getLogger(__name__)


class AlreadyRunningError(Exception):
    """Another agent runs on this data folder; ``str()`` is the folder."""


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Hold ``folder`` while the block runs; raises :class:`AlreadyRunningError`.

    A folder that cannot be written locks nobody out: the agent measures without it, and so would a second one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(folder / FILE, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as exc:
        _log.warning("no lock in %s: %s", folder, exc)
        yield
        return
    with closing(lock):
        _take(lock, folder)
        yield


def _take(lock: sqlite3.Connection, folder: Path) -> None:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise AlreadyRunningError(str(folder)) from exc
        _log.warning("no lock in %s: %s", folder, exc)
