"""The ledger in PostgreSQL, to the same contract as the file.

A new database is made of the tables as they are declared now, where a new file is made by all migrations one after the
other; from then on the same migrations bring up both.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import URL, BigInteger, Connection, Engine, Integer, MetaData, Text, create_engine, event, inspect

from .at_hand import AtHand, PostgresAtHand
from .engine import BUSY_TIMEOUT_MS
from .migrations import Migration, migrate, set_rules

DRIVER = "postgresql+psycopg"
WRITER = 9_640_001
"""The lock that one transaction at a time holds, in the database of the ledger: any number that never changes."""


def open_postgres(url: URL, tables: MetaData, migrations: Sequence[Migration]) -> tuple[Engine, Engine, AtHand]:
    """What writes, what reads and what is at hand; raises :class:`NewerSchemaError`, ValueError for other addresses."""
    if url.drivername != DRIVER:
        raise ValueError(f"{url.drivername}://: a ledger that is no file has an address of {DRIVER}://")
    writing = _writing_engine(url)
    try:
        migrate(
            writing,
            url.render_as_string(hide_password=True),
            migrations,
            make=lambda connection: _make(connection, tables, migrations),
        )
    except Exception:
        writing.dispose()
        raise
    reading = _reading_engine(url)
    return writing, reading, PostgresAtHand(reading)


def _writing_engine(url: URL) -> Engine:
    """One transaction at a time, of all processes together, as with a file.

    The lock comes before the first statement sees anything, and each statement sees what was committed before it: so
    whoever waited for the lock sees what the one before has written, and numbers are in the order of commits.
    """
    engine = _engine(url, "READ COMMITTED")

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")

    return engine


def _reading_engine(url: URL) -> Engine:
    """Each transaction reads one snapshot, and cannot write."""
    return _engine(url, "REPEATABLE READ").execution_options(postgresql_readonly=True)


def _engine(url: URL, isolation: str) -> Engine:
    engine = create_engine(url, isolation_level=isolation, pool_pre_ping=True)
    # Whole numbers go to the server as they are: it would be told to cast each to INTEGER, which has 32 bits.
    engine.dialect.colspecs = {kind: own for kind, own in engine.dialect.colspecs.items() if kind is not Integer}
    return engine


def _make(connection: Connection, tables: MetaData, migrations: Sequence[Migration]) -> None:
    if missing := _in_files(migrations) - tables.tables.keys():
        raise RuntimeError(f"tables that no imported module declares: {', '.join(sorted(missing))}")
    _as_made(tables).create_all(connection)
    set_rules(connection, migrations)


def _in_files(migrations: Sequence[Migration]) -> set[str]:
    """The tables a file of the newest version has."""
    engine = create_engine("sqlite://")
    migrate(engine, "", migrations)
    found = set(inspect(engine).get_table_names()) - {"schema_version", "sqlite_sequence"}
    engine.dispose()
    return found


def _as_made(tables: MetaData) -> MetaData:
    """The tables with whole numbers of 64 bits, also where they count up, and words in the order of their bytes."""
    made = MetaData()
    for table in tables.sorted_tables:
        for column in table.to_metadata(made).columns:
            if isinstance(column.type, Integer):
                column.type = BigInteger()
            elif isinstance(column.type, Text):
                column.type = Text(collation="C")
    return made
