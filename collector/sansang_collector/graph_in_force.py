"""The graph of the inventory in force and the machines in use, made anew when either changes.

Another inventory counts at once; machines that come or go wait until no more do, or for a minute: of a nation's, and
all that is built on it, making it anew takes long.
"""

import math
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from sansang_agent.contract.assignment import Role

from . import topology
from .agents import AGENT
from .diagnosis.graph import AgentAt, Graph, build
from .inventory.versions import Version

_IN_USE = (AGENT.c.retired_at.is_(None), AGENT.c.revoked_at.is_(None), AGENT.c.quarantined_at.is_(None))
"""Whoever is retired or shut out is not missed."""
_WHO = select(func.count(), func.max(AGENT.c.id), func.max(AGENT.c.changed_at)).where(*_IN_USE)
"""Made once: every look asks it."""


CALM_S = 4.0
"""No machine came or went for so long …"""
APART_S = 60.0
"""… or the graph is as old as this: it is made anew …"""
COST = 20.0
"""… but no sooner than after so many times of what it took the last time."""


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
        self._made_at, self._took_s = -math.inf, 0.0
        self._coming: tuple[_Basis, float] | None = None
        """What there is by now that the graph has not, and since when."""

    def look(self, connection: Connection, version: Version | None, now: float) -> bool:
        """Bring the graph up to what is in force at ``now``, Unix seconds; whether it is another one."""
        basis = _basis(connection, version)
        if basis == self._basis or self._can_wait(basis, now):
            return False
        known = self.graph
        self.graph = build(self._topology_of(version), _agents(connection)) if version else None
        self._basis, self._made_at, self._coming = basis, now, None
        return self.graph is not None or known is not None

    def took(self, seconds: float) -> None:
        """So long it took to take the last one up, with all that is built on it."""
        self._took_s = seconds

    def _can_wait(self, basis: _Basis, now: float) -> bool:
        """Whether all that changed is who takes part, and more of that is to be expected."""
        if self.graph is None or not self.graph.agents or self._basis is None:
            return False
        if basis.inventory != self._basis.inventory:
            return False
        if self._coming is None or self._coming[0] != basis:
            self._coming = basis, now
        age, calm = now - self._made_at, now - self._coming[1]
        if age < 0 or calm < 0:
            return False
        return age < COST * self._took_s or (age < APART_S and calm < CALM_S)

    def _topology_of(self, version: Version) -> topology.Topology:
        if self._topology is None or self._topology[0] != version.applied.number:
            self._topology = version.applied.number, topology.build(version.inventory)
        return self._topology[1]


def _basis(connection: Connection, version: Version | None) -> _Basis:
    count, newest, changed_at = connection.execute(_WHO).one()
    return _Basis(version.applied.number if version else 0, count, newest or 0, changed_at or 0.0)


def _agents(connection: Connection) -> list[AgentAt]:
    """All that may report."""
    query = select(AGENT.c.id, AGENT.c.commune, AGENT.c.name, AGENT.c.role).where(*_IN_USE).order_by(AGENT.c.id)
    return [AgentAt(row.id, row.commune, row.name, Role(row.role)) for row in connection.execute(query)]
