"""Brings the tables of alerts to this program's version, in whatever database they stand.

Numbered like the collector's ledger, beside it and apart from it: either can be upgraded without the other.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, text

from .tables import ALERT_OVER, ALERTS

Migration = Callable[[Connection], None]


def _find_ends(connection: Connection) -> None:
    """What is not over, or long over, is found without reading every fault there ever was."""
    ALERT_OVER.create(connection, checkfirst=True)


MIGRATIONS: Sequence[Migration] = (ALERTS.create_all, _find_ends)
"""The steps that lead from one version to the next. The first makes the tables as they were first released; what is
made new is made at the newest version at once."""


class NewerTablesError(Exception):
    """The tables are a newer program's."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the tables of alerts have version {found}, but this program only knows up to {len(MIGRATIONS)}"
        )


def migrate(connection: Connection) -> None:
    """Make the tables, or bring them up; raises :class:`NewerTablesError` and changes nothing then."""
    connection.execute(text("CREATE TABLE IF NOT EXISTS alert_schema_version (version INTEGER NOT NULL)"))
    found = connection.scalar(text("SELECT max(version) FROM alert_schema_version")) or 0
    if found > len(MIGRATIONS):
        raise NewerTablesError(found)
    if not found:
        ALERTS.create_all(connection)
    else:
        for step in MIGRATIONS[found:]:
            step(connection)
    if found < len(MIGRATIONS):
        note = text("INSERT INTO alert_schema_version (version) VALUES (:version)")
        connection.execute(note, {"version": len(MIGRATIONS)})
