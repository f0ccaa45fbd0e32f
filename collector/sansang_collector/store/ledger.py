"""The ledger: everything the collector knows beside the raw reports, read anywhere, written by one thread.

It lies in ledger.db or in a PostgreSQL database; whoever reads and writes it cannot tell which.
"""

from pathlib import Path

from sqlalchemy import URL, MetaData

from sansang_alerts.database import Database

from .at_hand import AtHand, PostgresAtHand, SqliteAtHand
from .ledger_schema import MIGRATIONS
from .opening import driver_connection, open_migrated
from .postgres import open_postgres

LEDGER = MetaData()
"""The tables of the ledger as the domain modules declare them; a test holds them equal to the migrated schema."""


class Store(Database):
    """The ledger, open. Opening migrates it; raises :class:`NewerSchemaError` for one of a newer program.

    ``place`` is the folder of ledger.db, or the address of a PostgreSQL database (``postgresql+psycopg://…``). There,
    every module that declares tables must have been imported (``ledger_tables``).
    """

    at_hand: AtHand
    """Reads like :meth:`read` without its bookkeeping, for one question at a time on the event loop; cannot write."""

    def __init__(self, place: Path | URL) -> None:
        if isinstance(place, URL):
            engines = open_postgres(place, LEDGER, MIGRATIONS)
            self.at_hand = PostgresAtHand(engines.reading)
        else:
            engines = open_migrated(place / "ledger.db", MIGRATIONS)
            self.at_hand = SqliteAtHand(driver_connection(engines.reading))
        super().__init__(engines, "ledger-writer")

    def close(self) -> None:
        """Finish what is being written and close the ledger."""
        super().close()
        self.at_hand.close()
