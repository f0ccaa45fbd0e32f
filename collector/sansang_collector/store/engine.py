"""The only place that makes database engines, with the settings both files need.

WAL lets readers go on while the one writer commits; FULL makes a commit survive a power cut.
"""

import logging
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for another process that is writing, for example ``sansang-collector token``."""


CACHE_KIB = 1024
"""Pages each connection keeps. What a province writes is spread over more than would fit into any cache we would give
it; the system keeps the files' pages anyway."""


def _is_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


# Rows hold hashes of passwords, and what is asked for may be a password typed in the wrong field: statements and rows
# show at no level of logging.
logging.getLogger("sqlalchemy.engine.Engine").addFilter(_is_serious)


def writing_engine(path: Path) -> Engine:
    """An engine whose transactions take the write lock when they begin (``BEGIN IMMEDIATE``)."""
    engine = _engine(path, "BEGIN IMMEDIATE")
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    path.chmod(0o600)
    return engine


def reading_engine(path: Path) -> Engine:
    """An engine that cannot write; each transaction reads one snapshot."""
    return _engine(path, "BEGIN", query_only=True)


def driver_connection(engine: Engine) -> sqlite3.Connection:
    """The driver's own connection with the engine's settings, for what is asked or written for every report.

    It is the caller's to close, and to use from one thread at a time; outside ``BEGIN`` each statement is a
    transaction of its own.
    """
    connection = engine.raw_connection()
    driver = connection.driver_connection
    connection.detach()
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _engine(path: Path, begin: str, query_only: bool = False) -> Engine:
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
