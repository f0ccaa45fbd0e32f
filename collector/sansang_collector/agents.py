"""The agents the ledger knows: one machine in one commune, named by whoever issued its token."""

import re
from collections.abc import Iterable

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
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

_STEP_SECONDS = 0.001
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
    UniqueConstraint("commune", "name"),
    sqlite_autoincrement=True,
)
"""``role``: contract.assignment.Role. ``changed_at``: when role or retirement last changed."""


def register(connection: Connection, commune: str, name: str, now: float, role: Role | None = None) -> int:
    """The id of the machine ``name`` in ``commune``, made now if it is new; ``role`` where it is to be another.

    A retired one is in use again: who gives a machine a token wants it to report.
    """
    query = select(AGENT.c.id, AGENT.c.role).where(AGENT.c.commune == commune, AGENT.c.name == name)
    found = connection.execute(query).one_or_none()
    if found is not None:
        assign(connection, found.id, Role(found.role) if role is None else role, now)
        return int(found.id)
    row = {"commune": commune, "name": name, "created_at": now, "role": role or Role.COUNTER}
    return int(connection.scalars(AGENT.insert().values(row).returning(AGENT.c.id)).one())


def changing_at(connection: Connection, now: float) -> float:
    """The ``changed_at`` of a change made now: after all before it, even if the clock has been set back since.

    What has changed is noticed by the newest one.
    """
    newest = connection.scalar(select(func.max(AGENT.c.changed_at))) or 0.0
    return now if now > newest else newest + _STEP_SECONDS


def assign(connection: Connection, agent: int, role: Role, now: float) -> None:
    """Say what the machine is; a retired one is in use again."""
    connection.execute(
        AGENT.update()
        .where(AGENT.c.id == agent, (AGENT.c.role != role.value) | AGENT.c.retired_at.is_not(None))
        .values(role=role.value, retired_at=None, changed_at=changing_at(connection, now))
    )


def retire(connection: Connection, agent: int, now: float) -> str | None:
    """Take the machine out of use, its history stays; its commune, None where there is no such agent."""
    commune = connection.scalar(select(AGENT.c.commune).where(AGENT.c.id == agent))
    connection.execute(
        AGENT.update()
        .where(AGENT.c.id == agent, AGENT.c.retired_at.is_(None))
        .values(retired_at=now, changed_at=changing_at(connection, now))
    )
    return str(commune) if commune is not None else None


def communes_of(connection: Connection, agents: Iterable[int]) -> dict[int, str]:
    """The communes these agents belong to; agents that do not exist are left out."""
    rows = connection.execute(_COMMUNES, {"agents": list(agents)}).tuples()
    return dict(rows.all())


_COMMUNES = text("SELECT id, commune FROM agent WHERE id IN :agents").bindparams(bindparam("agents", expanding=True))


def communes(connection: Connection) -> list[str]:
    """The communes that have agents in use, in order."""
    in_use = select(AGENT.c.commune).where(AGENT.c.retired_at.is_(None))
    return list(connection.scalars(in_use.distinct().order_by(AGENT.c.commune)))
