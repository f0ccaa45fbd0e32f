"""Keeps every machine's row in memory for lists of the whole fleet, and reads again only what has changed.

An agent's newest envelope has a position in the log: while that stays, nothing of its row has changed but what
somebody at the centre changed, which has a time.
"""

import threading

from sqlalchemy import Connection, ColumnElement, Select, func, or_, select

from .agents import AGENT
from .contact import CONTACT, DROPPED, MACHINE
from .fleet import Machine

_DROPS = select(DROPPED.c.agent, func.sum(DROPPED.c.count).label("count")).group_by(DROPPED.c.agent).subquery()
_COLUMNS = (
    AGENT.c.id,
    AGENT.c.commune,
    AGENT.c.name,
    AGENT.c.role,
    AGENT.c.retired_at,
    CONTACT.c.at,
    CONTACT.c.silent,
    CONTACT.c.skew,
    CONTACT.c.spool_rows,
    CONTACT.c.spool_oldest,
    MACHINE.c.version,
    MACHINE.c.assigned,
    MACHINE.c.goodbye,
    MACHINE.c.back,
    _DROPS.c.count,
)
"""Those of :class:`~.fleet.Machine`, in its order."""
_ALL: Select[tuple[object, ...]] = select(*_COLUMNS, CONTACT.c.position, AGENT.c.changed_at).select_from(
    AGENT.outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id)
    .outerjoin(MACHINE, MACHINE.c.agent == AGENT.c.id)
    .outerjoin(_DROPS, _DROPS.c.agent == AGENT.c.id)
)
_NOTHING = -1


class Roster:
    """Made empty; :meth:`bring_up` may be called from any thread."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._forget()

    def bring_up(self, connection: Connection) -> list[Machine]:
        """All machines as the ledger has them now, by commune and name."""
        with self._one_at_a_time:
            self._read(connection)
            if self._lacks_or_has_more(connection):
                self._forget()
                self._read(connection)
            return [self._machines[number] for number in self._order]

    def _forget(self) -> None:
        self._machines: dict[int, Machine] = {}
        self._order: list[int] = []
        self._position = self._newest = _NOTHING
        self._changed = 0.0

    def _read(self, connection: Connection) -> None:
        known = len(self._machines)
        query = _ALL.where(or_(*self._since())) if known else _ALL
        for *columns, position, changed in connection.execute(query):
            machine = Machine._make(columns)
            self._machines[machine.id] = machine
            self._position = max(self._position, _NOTHING if position is None else position)
            self._changed = max(self._changed, changed)
            self._newest = max(self._newest, machine.id)
        if len(self._machines) > known:
            by_place = sorted(self._machines.values(), key=lambda machine: (machine.commune, machine.name))
            self._order = [machine.id for machine in by_place]

    def _since(self) -> tuple[ColumnElement[bool], ...]:
        """What may have changed; a change made at the same moment as the last one seen is read again."""
        return (
            CONTACT.c.position > self._position,
            AGENT.c.id > self._newest,
            (AGENT.c.changed_at >= self._changed) & (AGENT.c.changed_at > 0),
        )

    def _lacks_or_has_more(self, connection: Connection) -> bool:
        return connection.scalar(select(func.count()).select_from(AGENT)) != len(self._machines)
