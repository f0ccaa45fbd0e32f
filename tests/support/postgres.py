"""A PostgreSQL server for tests: in a folder of its own, on a socket in there, beside whatever the system has.

Its data need not outlive a test, so that nothing waits for a disk.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL

from sansang_collector import ledger_tables  # noqa: F401  # for what it declares
from sansang_collector.store import LEDGER, Store
from tests.support.needs import is_root, postgres_programs

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def _run(*command: str) -> None:
    """As the user ``postgres`` where this one is root, whom PostgreSQL refuses to serve."""
    before = ("runuser", "-u", "postgres", "--") if is_root() else ()
    subprocess.run([*before, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


class Server:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = count(1)
        self._ledger: URL | None = None

    def empty(self) -> URL:
        """A new database with nothing in it, that orders words as Vietnamese readers do where nobody says otherwise."""
        name = f"test_{next(self._made)}"
        with self.connected("postgres") as connection:
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'vi'".encode()
            )
        return self._url(name)

    def ledger(self) -> URL:
        """The one database with the ledger's tables, emptied: making one for each test would take a second."""
        if self._ledger is None:
            self._ledger = self.empty()
            Store(self._ledger).close()
            return self._ledger
        assert self._ledger.database
        with self.connected(self._ledger.database) as connection:
            connection.execute(_EMPTY.encode())
        return self._ledger

    def hang_up(self) -> None:
        """End every connection, as a restart does."""
        with self.connected("postgres") as connection:
            connection.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def connected(self, database: str) -> closing[psycopg.Connection]:
        """A connection that is closed at the end; each statement is a transaction of its own."""
        asked = f"host={self._folder} user=postgres dbname={database}"
        return closing(psycopg.connect(asked, autocommit=True))

    def _url(self, database: str) -> URL:
        return URL.create("postgresql+psycopg", "postgres", database=database, query={"host": str(self._folder)})


_EMPTY = "; ".join(
    [
        "SET session_replication_role = replica",  # no trigger keeps the audit's rows from a test
        *(f"DELETE FROM {name}" for table in reversed(LEDGER.sorted_tables) if (name := table.name) != "token_change"),
        "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
    ]
)
"""Numbers begin at 1 again, as in a file that is new."""


@contextmanager
def server() -> Iterator[Server]:
    """Make one, and remove it at the end."""
    binaries = postgres_programs()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="ss-pg", dir="/tmp"))  # a socket's name has at most 107 bytes
    if is_root():
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    _run(str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = " ".join((f"-k {folder} -c listen_addresses=", *(f"-c {one}" for one in FAST)))
    control = str(binaries / "pg_ctl")
    _run(control, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield Server(folder)
    finally:
        _run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)
