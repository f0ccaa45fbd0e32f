"""What people at the centre change of machines: their role, and whether they are still in use. Each change is audited.

A retired machine's token stays valid and its reports are kept; only lists, counts and alarms leave it out.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select

from sansang_agent.contract.assignment import Role

from . import audit
from .agents import AGENT, changing_at
from .audit import Deed
from .commune import NOWHERE

MOST = 1_000
"""Machines changed at once."""


class RefusedError(Exception):
    """Nothing was changed; its text says why."""


class MisplacedError(RefusedError):
    """A machine in a commune cannot look into the communes from outside."""

    def __init__(self, row: Row[Any]) -> None:
        super().__init__(f"{row.name} stands in {row.commune}: only a machine of {NOWHERE} can be a vantage")


class UnknownAgentsError(RefusedError):
    """Some of the machines do not exist; nothing was changed."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"no such agents: {', '.join(str(one) for one in ids[:10])}")


class Change(NamedTuple):
    """What is to become of machines; what is None stays as it is."""

    role: Role | None = None
    retired: bool | None = None


class Changed(NamedTuple):
    """A machine that is not as it was."""

    id: int
    commune: str
    name: str


def apply(connection: Connection, ids: Iterable[int], change: Change, who: str, now: float) -> list[Changed]:
    """Change these machines, one row in the audit for each thing changed; raises :class:`RefusedError`."""
    asked = sorted(set(ids))
    query = select(AGENT.c.id, AGENT.c.commune, AGENT.c.name, AGENT.c.role, AGENT.c.retired_at)
    found = connection.execute(query.where(AGENT.c.id.in_(asked)).order_by(AGENT.c.id)).all()
    missing = sorted(set(asked) - {row.id for row in found})
    if missing:
        raise UnknownAgentsError(missing)
    misplaced = [row for row in found if change.role is Role.VANTAGE and row.commune != NOWHERE]
    if misplaced:
        raise MisplacedError(misplaced[0])
    changed: list[Changed] = []
    changed_at = changing_at(connection, now)
    for row in found:
        role = row.role if change.role is None else change.role.value
        retired_at = row.retired_at
        if change.retired is not None and change.retired is (retired_at is None):
            retired_at = now if change.retired else None
        if (role, retired_at) == (row.role, row.retired_at):
            continue
        connection.execute(_SET, {"of": row.id, "role": role, "retired_at": retired_at, "changed_at": changed_at})
        for what, detail in _deeds(row.role, role, row.retired_at, retired_at):
            audit.note(connection, Deed(now, who, what, row.commune, row.id, detail))
        changed.append(Changed(row.id, row.commune, row.name))
    return changed


def _deeds(old_role: str, role: str, old_retired: float | None, retired: float | None) -> Iterable[tuple[str, str]]:
    if role != old_role:
        yield "role", f"{old_role} -> {role}"
    if retired != old_retired:
        yield ("unretire" if retired is None else "retire"), ""


_SET = (
    AGENT.update()
    .where(AGENT.c.id == bindparam("of"))
    .values(role=bindparam("role"), retired_at=bindparam("retired_at"), changed_at=bindparam("changed_at"))
)
