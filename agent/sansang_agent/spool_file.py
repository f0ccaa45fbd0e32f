"""Opens the spool's SQLite file: schema versions, migrations, and what to do with a file that is damaged.

A damaged file is moved aside, never repaired and never deleted, so that the agent starts whatever it finds.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE stream (id TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE report (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL, seq INTEGER NOT NULL,
        boot TEXT NOT NULL, mono REAL NOT NULL, wall REAL NOT NULL,
        keep INTEGER NOT NULL, size INTEGER NOT NULL,
        pack INTEGER,
        UNIQUE (stream, seq)
    );
    CREATE INDEX report_sizes ON report (id, keep, size);
    CREATE INDEX report_packs ON report (pack) WHERE pack IS NOT NULL;
    CREATE TABLE loose (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE pack (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
    CREATE TABLE dropped (stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (stream, first)) WITHOUT ROWID;
    CREATE TABLE poison (id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, seq INTEGER NOT NULL,
        why TEXT NOT NULL, body BLOB NOT NULL);
    CREATE TABLE profile (hash TEXT PRIMARY KEY, used INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
    """,
)
"""The n-th takes a file from schema version n to n + 1; never edited once released."""

BUSY_S = 5.0
"""How long to wait for another process that writes."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_log = logging.getLogger(__name__)


class UnusableFileError(Exception):
    """The file is no spool that this version can use."""


def open_file(path: Path | None, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """A connection to the spool at ``path`` (None: in memory), made or migrated; raises sqlite3.Error or OSError."""
    if path is None:
        return _prepared(":memory:", busy_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600)  # SQLite would let everybody read it
        return _prepared(str(path), busy_s)
    except UnusableFileError as exc:
        aside = _move_aside(path)
        _log.error("the spool %s cannot be used (%s); it lies in %s now, and a new one begins", path, exc, aside)
        return _prepared(str(path), busy_s)


def is_damage(exc: sqlite3.Error) -> bool:
    """Whether the file itself is broken, rather than busy, full or not permitted."""
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _prepared(name: str, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        _set_up(connection)
    except sqlite3.DatabaseError as exc:
        connection.close()
        if is_damage(exc):
            raise UnusableFileError(str(exc)) from exc
        raise
    except UnusableFileError:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 1048576")
    health = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if health != "ok":
        raise UnusableFileError(health)
    _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise UnusableFileError(f"its schema version {version} is newer than this program's {len(MIGRATIONS)}")
        for script in MIGRATIONS[version:]:
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def transaction(connection: sqlite3.Connection) -> AbstractContextManager[None]:
    """One IMMEDIATE transaction: several processes may write to one spool."""
    return _between(connection, "BEGIN IMMEDIATE")


def reading(connection: sqlite3.Connection) -> AbstractContextManager[None]:
    """One consistent view over several queries, whatever other processes write meanwhile."""
    return _between(connection, "BEGIN")


@contextmanager
def _between(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # After an error; a full disk may already have rolled back, and then there is nothing left to end.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _move_aside(path: Path) -> Path:
    """Rename the file; its journal goes with it, or it would be replayed into the new file."""
    aside = path.with_name(path.name + ".damaged")
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    path.replace(aside)
    return aside
