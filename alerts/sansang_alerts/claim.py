"""One server per data folder, be it a collector or ``sansang-alerts serve``: two would spoil each other's work.

A second collector would number its envelopes as the first does and refuse them all, a second ``serve`` would fetch the
first one's answers from its bots. The claim is SQLite's own lock on an empty file, which every system gives back when
the process ends, however it ends.
"""

import hashlib
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def name_of(folder: Path) -> str:
    """Of the one server that a folder has at a time: the same at each start, and no other machine's or folder's."""
    return hashlib.sha256(f"{socket.gethostname()}\0{folder.resolve()}".encode("utf-8", "replace")).hexdigest()[:16]


class ClaimedError(Exception):
    """Another process serves from this folder."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold ``folder``, made if it is not there, for this process alone; raises :class:`ClaimedError`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "serving.lock").touch(mode=0o600)
    with closing(sqlite3.connect(folder / "serving.lock", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise ClaimedError from error
            raise
        yield
