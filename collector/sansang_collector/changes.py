"""The append-only change table: what pages and server-sent events follow, by number."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, func, select

from sansang_agent.contract.outcome import Outcome, Reason

from .communes_sql import among
from .rights import ALL, Communes
from .store import LEDGER
from .store.dialect import Direct
from .view import ChangeView

CHANGE = Table(
    "change",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("agent", Integer, ForeignKey("agent.id")),
    Column("check", Text),
    Column("outcome", Text),
    Column("reason", Text),
    Column("incident", Integer),
    sqlite_autoincrement=True,
)


class Change(NamedTuple):
    """A change to be noted; kinds are those of :class:`ChangeView`."""

    at: float
    kind: str
    commune: str
    agent: int | None
    """None where it is of no single machine."""
    check: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    incident: int | None = None


def note(connection: Connection, kind: str, at: float, commune: str, agent: int) -> None:
    """Append one change that is of no single check."""
    note_all(connection, [Change(at, kind, commune, agent)])


def note_all(connection: Connection, noted: Sequence[Change]) -> None:
    """Append changes in this order."""
    if noted:
        _NOTE.run(connection, list(noted))


def newest(connection: Connection) -> int:
    """The number of the newest change; 0 if there is none."""
    return connection.scalar(select(func.max(CHANGE.c.id))) or 0


def after(connection: Connection, change: int, limit: int, of: Communes = ALL) -> list[ChangeView]:
    """The next ``limit`` changes beyond ``change`` in these communes, oldest first."""
    query = select(CHANGE).where(CHANGE.c.id > change, among(CHANGE.c.commune, of))
    rows = connection.execute(query.order_by(CHANGE.c.id).limit(limit))
    return [
        ChangeView(
            id=row.id,
            at=row.at,
            kind=row.kind,
            commune=row.commune,
            agent=row.agent,
            check=row.check,
            outcome=Outcome(row.outcome) if row.outcome else None,
            reason=Reason(row.reason) if row.reason else None,
            incident=row.incident,
        )
        for row in rows
    ]


_NOTE = Direct(
    'INSERT INTO change (at, kind, commune, agent, "check", outcome, reason, incident) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
)
