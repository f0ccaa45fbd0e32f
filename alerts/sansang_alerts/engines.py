"""The only place that makes database engines: of files and of PostgreSQL, for alerts and for the collector alike.

WAL lets readers go on while the one writer commits; FULL makes a commit survive a power cut. Both sides write to one
ledger, so both have to wait for each other in the same way.
"""

import logging
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, Engine, Integer, create_engine, event

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for another process that is writing, for example ``sansang-collector token``."""
CACHE_KIB = 1024
"""Pages each connection keeps. What a province writes is spread over more than would fit into any cache we would give
it; the system keeps the files' pages anyway."""
DRIVER = "postgresql+psycopg"
WRITER = 9_640_001
"""The lock that one transaction at a time holds, in the database of a ledger: any number that never changes."""


class Engines(NamedTuple):
    """Of one database; nothing is opened before they are asked for a connection."""

    writing: Engine
    """Its transactions are one at a time, of all processes together."""
    reading: Engine
    """Cannot write; each transaction reads one snapshot."""

    def dispose(self) -> None:
        """Close what is open of them."""
        self.reading.dispose()
        self.writing.dispose()


def _is_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


# Rows hold hashes of passwords, and what is asked for may be a password typed in the wrong field: statements and rows
# show at no level of logging.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(_is_serious)


def of_file(path: Path) -> Engines:
    """Of a file, made for its owner alone where there is none, as is its folder; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    return Engines(_file_engine(path, "BEGIN IMMEDIATE"), _file_engine(path, "BEGIN", query_only=True))


def of_postgres(url: URL) -> Engines:
    """Of a PostgreSQL database; raises ValueError for other addresses.

    A transaction that writes has the lock before its first statement sees anything, and each statement sees what was
    committed before it: so whoever waited for the lock sees what the one before has written, and numbers are in the
    order of commits.
    """
    writing = _server_engine(checked(url), "READ COMMITTED")

    @event.listens_for(writing, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    @event.listens_for(writing, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")

    return Engines(writing, _server_engine(url, "REPEATABLE READ").execution_options(postgresql_readonly=True))


def in_memory() -> Engine:
    """Of nothing but what its one connection makes, to try a schema on."""
    return create_engine("sqlite://")


def checked(url: URL) -> URL:
    """The address of a ledger that is no file; raises ValueError for others."""
    if url.drivername != DRIVER:
        raise ValueError(f"{url.drivername}://: a ledger that is no file has an address of {DRIVER}://")
    return url


def _file_engine(path: Path, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling begins too late (at the first INSERT), so it is switched off.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if not query_only:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys=ON")
        if query_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _server_engine(url: URL, isolation: str) -> Engine:
    engine = create_engine(url, isolation_level=isolation, pool_pre_ping=True)
    # Whole numbers go to the server as they are: it would be told to cast each to INTEGER, which has 32 bits.
    engine.dialect.colspecs = {kind: own for kind, own in engine.dialect.colspecs.items() if kind is not Integer}
    return engine
