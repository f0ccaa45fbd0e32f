"""Opens a database file of ours: made if it is not there, brought to this program's schema, ready to write and read."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from sansang_alerts.engines import Engines, of_file

from .migrations import Migration, migrate


def open_migrated(path: Path, migrations: Sequence[Migration]) -> Engines:
    """The engines that write and read ``path``; raises :class:`NewerSchemaError` for a file of a newer program."""
    engines = of_file(path)
    path.chmod(0o600)  # whatever it was copied or restored with
    try:
        migrate(engines.writing, path, migrations)
    except Exception:
        engines.dispose()
        raise
    return engines


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
