"""Numbered migrations: each file says which version it has, and is brought up one version at a time.

A file written by a newer program is refused, never guessed at.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine

from sansang_collector.newer_schema import NewerSchemaError

Step = str | Callable[[Connection], None]
"""A statement, or a function where statements do not reach."""
Migration = Sequence[Step]
"""The steps that lead from one version to the next; never changed once released."""


def migrate(engine: Engine, path: Path, migrations: Sequence[Migration]) -> None:
    """Bring the file to the newest version in one transaction; raises :class:`NewerSchemaError`."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        found = connection.exec_driver_sql("SELECT max(version) FROM schema_version").scalar() or 0
        if found > len(migrations):
            raise NewerSchemaError(path, found, len(migrations))
        for version, steps in enumerate(migrations[found:], start=found + 1):
            for step in steps:
                if isinstance(step, str):
                    connection.exec_driver_sql(step)
                else:
                    step(connection)
            connection.exec_driver_sql("INSERT INTO schema_version (version) VALUES (?)", (version,))
