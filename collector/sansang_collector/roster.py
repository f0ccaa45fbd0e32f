"""Keeps every machine's row in memory for lists of the whole fleet, and reads again only what has changed.

An agent's newest envelope has a position in the log: while that stays, nothing of its row has changed but what
somebody at the centre changed, which has a time.
"""

import asyncio
import logging
import threading
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlalchemy.exc import OperationalError

from . import fleet
from .agents import AGENT
from .contact import CONTACT, DROPS, MACHINE
from .fleet import Machine, Standing, Wanted
from .liveness import Present
from .store import Store

_LOG = logging.getLogger(__name__)

MANY = 2_000
"""Up to so many machines are read again for every question."""
KEPT_S = 30.0
"""How old what is shown of more machines may be."""
RENEW_S = 15.0
"""How often a fleet of more machines is read again."""

_DROPS = DROPS.subquery()
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
    AGENT.c.quarantined_at,
    AGENT.c.revoked_at,
    AGENT.c.revoked_why,
)
"""Those of :class:`~.fleet.Machine`, in its order."""
_ALL: Select[tuple[object, ...]] = select(*_COLUMNS, CONTACT.c.position, AGENT.c.changed_at).select_from(
    AGENT.outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id)
    .outerjoin(MACHINE, MACHINE.c.agent == AGENT.c.id)
    .outerjoin(_DROPS, _DROPS.c.agent == AGENT.c.id)
)
_NOTHING = -1


class Roster:
    """Made empty; may be asked from any thread."""

    def __init__(self, wanted: Wanted = fleet.nothing_wanted) -> None:
        self.wanted = wanted
        self._one_at_a_time = threading.Lock()
        self._standing: Standing | None = None
        self._forget()

    def standing(self, store: Store, present: Present) -> Standing:
        """The fleet as it stands at ``present``, or of very many machines as it stood moments before."""
        found = self._standing
        if found is None or len(found.rows) <= MANY or not 0 <= present.at - found.present.at < KEPT_S:
            return self.renew(store, present)
        return found

    def renew(self, store: Store, present: Present) -> Standing:
        """Read what has changed, and say how the fleet stands."""
        with self._one_at_a_time:
            with store.read() as connection:
                machines = self._machines_now(connection)
            self._standing = fleet.standing(machines, present, self.wanted)
            return self._standing

    def forget_standing(self) -> None:
        """Something was changed at the centre; who asks next is to see it."""
        self._standing = None

    def needs_keeping(self) -> bool:
        """Whether it has so many machines that it should be read before anybody asks, or was never read."""
        return self._standing is None or len(self._standing.rows) > MANY

    def _machines_now(self, connection: Connection) -> list[Machine]:
        """All machines as the ledger has them now, by commune and name."""
        self._read(connection)
        if connection.scalar(select(func.count()).select_from(AGENT)) != len(self._machines):
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


async def keep_ready(roster: Roster, store: Store, present: Callable[[], Present]) -> None:
    """Renew a large fleet's standing until cancelled, so that nobody who asks has to wait for it."""
    while True:
        try:
            if roster.needs_keeping():
                await asyncio.to_thread(roster.renew, store, present())
        except OperationalError:
            _LOG.exception("cannot read the fleet; trying again")
        await asyncio.sleep(RENEW_S)
