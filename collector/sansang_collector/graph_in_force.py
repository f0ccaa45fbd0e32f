"""The graph of the inventory in force and the machines in use, made anew when either changes."""

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from sansang_agent.contract.assignment import Role

from . import topology
from .agents import AGENT
from .diagnosis.graph import AgentAt, Graph, build
from .inventory.versions import Version

_IN_USE = (AGENT.c.retired_at.is_(None), AGENT.c.revoked_at.is_(None), AGENT.c.quarantined_at.is_(None))
"""Whoever is retired or shut out is not missed."""


class _Basis(NamedTuple):
    """While it stays, the graph does."""

    inventory: int
    agents: int
    newest: int
    changed_at: float


class GraphInForce:
    """Empty until :meth:`look` finds an inventory; for one thread at a time."""

    def __init__(self) -> None:
        self.graph: Graph | None = None
        """None without an inventory."""
        self._basis: _Basis | None = None
        self._topology: tuple[int, topology.Topology] | None = None

    def look(self, connection: Connection, version: Version | None) -> bool:
        """Bring the graph up to what is in force; whether it is another one."""
        basis = _basis(connection, version)
        if basis == self._basis:
            return False
        known = self.graph
        self._basis = basis
        self.graph = build(self._topology_of(version), _agents(connection)) if version else None
        return self.graph is not None or known is not None

    def _topology_of(self, version: Version) -> topology.Topology:
        if self._topology is None or self._topology[0] != version.applied.number:
            self._topology = version.applied.number, topology.build(version.inventory)
        return self._topology[1]


def _basis(connection: Connection, version: Version | None) -> _Basis:
    wanted = select(func.count(), func.max(AGENT.c.id), func.max(AGENT.c.changed_at)).where(*_IN_USE)
    count, newest, changed_at = connection.execute(wanted).one()
    return _Basis(version.applied.number if version else 0, count, newest or 0, changed_at or 0.0)


def _agents(connection: Connection) -> list[AgentAt]:
    """All that may report."""
    query = select(AGENT.c.id, AGENT.c.commune, AGENT.c.name, AGENT.c.role).where(*_IN_USE).order_by(AGENT.c.id)
    return [AgentAt(row.id, row.commune, row.name, Role(row.role)) for row in connection.execute(query)]
