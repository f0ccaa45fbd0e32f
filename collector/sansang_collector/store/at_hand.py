"""One question at a time to the ledger without the bookkeeping of a transaction, for what every report asks."""

import sqlite3
from typing import Any, Protocol

from sqlalchemy import Engine

from .dialect import Direct


class AtHand(Protocol):
    """Reads what is committed, and cannot write."""

    def version(self) -> object:
        """Something that stays equal while no other connection commits anything to the ledger."""
        ...

    def rows(self, statement: Direct, values: tuple[Any, ...]) -> list[Any]:
        """What a statement finds now."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class SqliteAtHand:
    """The driver's own connection: used by one thread at a time."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def version(self) -> object:
        """SQLite's own counter of what others have committed."""
        return self._driver.execute("PRAGMA data_version").fetchall()[0][0]

    def rows(self, statement: Direct, values: tuple[Any, ...]) -> list[Any]:
        """What a statement finds now."""
        return self._driver.execute(statement.sqlite, values).fetchall()

    def close(self) -> None:
        """Close the connection."""
        self._driver.close()


class PostgresAtHand:
    """Each question has a connection of the pool, so that a server that was restarted is asked again."""

    def __init__(self, reading: Engine) -> None:
        self._reading = reading

    def version(self) -> object:
        """Which transactions can be seen: two equal snapshots see the same, and every commit makes another one.

        A position in the write-ahead log would not do: it moves before what it commits can be seen.
        """
        with self._reading.connect() as connection:
            return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()

    def rows(self, statement: Direct, values: tuple[Any, ...]) -> list[Any]:
        """What a statement finds now."""
        with self._reading.connect() as connection:
            return [tuple(row) for row in statement.run(connection, values)]

    def close(self) -> None:
        """Nothing: the connections are the engine's."""
