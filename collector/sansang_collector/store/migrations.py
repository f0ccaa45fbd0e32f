"""Numbered migrations: each file says which version it has, and is brought up one version at a time.

A file written by a newer program is refused, never guessed at.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

from sansang_collector.newer_schema import NewerSchemaError

from .dialect import SQLITE


class Either(NamedTuple):
    """A step that the two engines are told in different words, as most definitions of tables are."""

    sqlite: str
    postgresql: str


class Rule(NamedTuple):
    """Statements that no declared table speaks of, such as a trigger: taken too where everything is made new."""

    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


Step = str | Either | Rule | Callable[[Connection], None]
"""A statement, or a function where statements do not reach."""
Migration = Sequence[Step]
"""The steps that lead from one version to the next; never changed once released."""


def migrate(
    engine: Engine,
    place: Path | str,
    migrations: Sequence[Migration],
    make: Callable[[Connection], None] | None = None,
) -> None:
    """Bring what lies at ``place`` to the newest version in one transaction; raises :class:`NewerSchemaError`.

    ``make``, if there is one, makes something new at the newest version at once.
    """
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"))
        found = connection.scalar(text("SELECT max(version) FROM schema_version")) or 0
        if found > len(migrations):
            raise NewerSchemaError(place, found, len(migrations))
        if make and not found:
            make(connection)
            _note(connection, len(migrations))
            return
        for version, steps in enumerate(migrations[found:], start=found + 1):
            for step in steps:
                _take(connection, step)
            _note(connection, version)


def set_rules(connection: Connection, migrations: Sequence[Migration]) -> None:
    """What a ledger made at the newest version at once needs beside its tables."""
    for step in (step for steps in migrations for step in steps if isinstance(step, Rule)):
        _take(connection, step)


def _take(connection: Connection, step: Step) -> None:
    if isinstance(step, Rule):
        for statement in step.sqlite if connection.dialect.name == SQLITE else step.postgresql:
            connection.exec_driver_sql(statement)
        return
    if isinstance(step, Either):
        step = step.sqlite if connection.dialect.name == SQLITE else step.postgresql
    if isinstance(step, str):
        connection.exec_driver_sql(step)
    else:
        step(connection)


def _note(connection: Connection, version: int) -> None:
    connection.execute(text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": version})
