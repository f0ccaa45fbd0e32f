"""The agents the ledger knows: one machine in one commune, named by whoever issued its token."""

import re
from collections.abc import Iterable

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)

from sansang_agent.contract.assignment import Role

from .store import LEDGER

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What a machine may be called."""

AGENT = Table(
    "agent",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("commune", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("role", Text, nullable=False, default="counter"),
    Column("retired_at", Float),
    Column("changed_at", Float, nullable=False, default=0.0),
    Column("host", Text, nullable=False, default=""),
    Column("report_key", LargeBinary),
    Column("enrolled_at", Float),
    Column("quarantined_at", Float),
    Column("revoked_at", Float),
    Column("revoked_why", Text),
    UniqueConstraint("commune", "name"),
    sqlite_autoincrement=True,
)
"""``role``: contract.assignment.Role. ``changed_at``: when role or retirement last changed, later than every change
before it even where the clock was set back; fleet_changes.py and shut_out.py alone write it. ``host``: what the machine
called itself when it was enrolled, for people only. ``quarantined_at``: since when its token is known to be used by two
machines. ``revoked_at``, ``revoked_why``: since when and why it has no valid token any more."""


def register(connection: Connection, commune: str, name: str, now: float, role: Role | None = None) -> int:
    """The id of the machine ``name`` in ``commune``, made now if it is new, then a counter's PC or of ``role``."""
    found = find(connection, commune, name)
    if found is not None:
        return found
    row = {"commune": commune, "name": name, "created_at": now, "role": role or Role.COUNTER}
    return int(connection.scalars(AGENT.insert().values(row).returning(AGENT.c.id)).one())


def find(connection: Connection, commune: str, name: str) -> int | None:
    """The id of the machine ``name`` in ``commune``; None if there is none."""
    return connection.scalar(select(AGENT.c.id).where(AGENT.c.commune == commune, AGENT.c.name == name))


def place_of(connection: Connection, agent: int) -> tuple[str, str] | None:
    """The commune and the name of this machine; None if there is none."""
    row = connection.execute(select(AGENT.c.commune, AGENT.c.name).where(AGENT.c.id == agent)).one_or_none()
    return (row.commune, row.name) if row else None


def change_time(connection: Connection, now: float) -> float:
    """A ``changed_at`` after all others, whatever the clock: what is in memory is read again from the newest on."""
    newest = connection.scalar(select(func.max(AGENT.c.changed_at))) or 0.0
    return now if now > newest else newest + 0.001


def communes_of(connection: Connection, agents: Iterable[int]) -> dict[int, str]:
    """The communes these agents belong to; agents that do not exist are left out."""
    rows = connection.execute(_COMMUNES, {"agents": list(agents)}).tuples()
    return dict(rows.all())


_COMMUNES = text("SELECT id, commune FROM agent WHERE id IN :agents").bindparams(bindparam("agents", expanding=True))


def communes(connection: Connection) -> list[str]:
    """The communes that have agents in use, in order."""
    in_use = select(AGENT.c.commune).where(AGENT.c.retired_at.is_(None))
    return list(connection.scalars(in_use.distinct().order_by(AGENT.c.commune)))
