"""The append-only change table: what pages and server-sent events follow, by number."""

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, func, select

from sansang_agent.contract.outcome import Outcome, Reason

from .store import LEDGER
from .view import ChangeView

CHANGE = Table(
    "change",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("agent", Integer, ForeignKey("agent.id"), nullable=False),
    Column("check", Text),
    Column("outcome", Text),
    Column("reason", Text),
    sqlite_autoincrement=True,
)


def note(
    connection: Connection,
    kind: str,
    at: float,
    commune: str,
    agent: int,
    *,
    check: str | None = None,
    outcome: Outcome | None = None,
    reason: Reason | None = None,
) -> None:
    """Append one change; kinds are those of :class:`ChangeView`."""
    connection.execute(
        CHANGE.insert().values(
            at=at, kind=kind, commune=commune, agent=agent, check=check, outcome=outcome, reason=reason
        )
    )


def newest(connection: Connection) -> int:
    """The number of the newest change; 0 if there is none."""
    return connection.scalar(select(func.max(CHANGE.c.id))) or 0


def after(connection: Connection, change: int, limit: int) -> list[ChangeView]:
    """The next ``limit`` changes beyond ``change``, oldest first."""
    rows = connection.execute(select(CHANGE).where(CHANGE.c.id > change).order_by(CHANGE.c.id).limit(limit))
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
        )
        for row in rows
    ]
