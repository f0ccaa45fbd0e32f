"""Opens the database that alerts stand in, for ``sansang-alerts``: alerts.db, a collector's ledger.db, or PostgreSQL.

The one place of alerts that makes engines; whoever embeds alerts hands in a ledger of its own.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from . import schema
from .settings import AlertSettings

T = TypeVar("T")

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for another program that is writing, the collector for example."""
FILE = "alerts.db"
DRIVER = "postgresql+psycopg"
WRITER = 9_640_001
"""The lock of whoever writes to a ledger in PostgreSQL, the same as the collector's: one transaction at a time."""


class Opened:
    """A ledger of our own; see :class:`ledger.Ledger`. Opening brings the tables of alerts up to this program."""

    def __init__(self, place: Path | URL) -> None:
        self._writing, self._reading = _postgres(place) if isinstance(place, URL) else _sqlite(place)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="alerts-writer")
        try:
            self.write_sync(schema.migrate)
        except BaseException:
            self.close()
            raise

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


def place_of(settings: AlertSettings, ledger: str = "") -> Path | URL:
    """Where alerts are kept; ``ledger``, if given, instead of what the settings say. ValueError for other addresses."""
    named = ledger or settings.ledger
    if not named:
        return Path(settings.data_dir) / FILE
    if "://" not in named:
        return Path(named)
    try:
        url = make_url(named)
    except ArgumentError:
        raise ValueError("the ledger's address is not one") from None
    if url.drivername != DRIVER:
        raise ValueError(f"{url.drivername}://: a ledger that is no file has an address of {DRIVER}://")
    return url


def is_there(place: Path | URL) -> bool:
    """Whether somebody has made it already, as far as can be told without opening it."""
    return isinstance(place, URL) or place.exists()


def _sqlite(path: Path) -> tuple[Engine, Engine]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    writing = _file_engine(path, "BEGIN IMMEDIATE")
    with writing.connect():
        if is_new:
            path.chmod(0o600)
    return writing, _file_engine(path, "BEGIN", query_only=True)


def _file_engine(path: Path, begin: str, query_only: bool = False) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # the driver's own transactions begin too late, at the first INSERT
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if not query_only:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if query_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres(url: URL) -> tuple[Engine, Engine]:
    writing = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)

    @event.listens_for(writing, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")

    reading = create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    return writing, reading.execution_options(postgresql_readonly=True)
