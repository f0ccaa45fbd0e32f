"""What each machine is to do just now, kept beside the running collector and made anew when something of it changes.

Ingest looks a hash up in memory for every report; bodies are made when a machine fetches its own.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.assignment import Role, assignment_hash
from sansang_agent.contract.codec import encode

from .agents import AGENT
from .contact import CONTACT, MACHINE
from .inventory.versions import Version
from .profiles.compiler import Plan
from .profiles.election import Machine
from .profiles.templates import templates
from .store import Store

LOOK_SECONDS = 3.0
"""How soon a change of the inventory, of the machines or of who is silent is noticed."""

_LOG = logging.getLogger(__name__)


class Body(NamedTuple):
    """An assignment's hash and its bytes."""

    hash: str
    content: bytes


class _Basis(NamedTuple):
    """What a plan is made of: while it stays, the plan does."""

    inventory: int
    agents: int
    newest: int
    changed_at: float


class Assignments:
    """Empty until :meth:`refresh` has found an inventory; hashes may be asked for from any thread."""

    def __init__(self) -> None:
        self._hashes: dict[int, str] = {}
        self._basis: _Basis | None = None
        self._plan: Plan | None = None
        self._elected: dict[str, int] = {}

    def hash_of(self, agent: int) -> str | None:
        """The hash of what this agent is to do; None where the centre leaves it to itself."""
        return self._hashes.get(agent)

    def body_of(self, agent: int) -> Body | None:
        """The same with its bytes."""
        plan, elected = self._plan, self._elected
        machine = plan.machines.get(agent) if plan else None
        if plan is None or machine is None:
            return None
        assignment = plan.assignment(machine, elected)
        return Body(assignment_hash(assignment), encode(assignment))

    def refresh(self, connection: Connection, version: Version | None) -> int:
        """Make anew what has changed since the last time; of how many agents that was looked at."""
        basis = _basis(connection, version)
        if version is None:
            self._hashes, self._plan, self._basis = {}, None, basis
            return 0
        plan = self._plan
        if plan is None or basis != self._basis:
            plan = Plan(version.inventory, templates(), _machines(connection))
        before = self._elected if self._plan else plan.incumbents(_told(connection))
        elected = plan.elect(_silent(connection), before)
        communes = plan.by_commune if plan is not self._plan else _differing(elected, self._elected)
        made = {
            one.id: assignment_hash(plan.assignment(one, elected)) for code in communes for one in plan.by_commune[code]
        }
        kept = self._hashes if plan is self._plan else {}
        self._plan, self._elected, self._hashes, self._basis = plan, elected, kept | made, basis
        return len(made)


async def keep_current(assignments: Assignments, store: Store, version: Callable[[], Version | None]) -> None:
    """Look every few seconds until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(look, assignments, store, version())


def look(assignments: Assignments, store: Store, version: Version | None) -> None:
    """Refresh once; a ledger that cannot be read, or a mistake of ours, leaves what there is."""
    began = time.perf_counter()
    try:
        with store.read() as connection:
            count = assignments.refresh(connection, version)
    except OperationalError:
        _LOG.exception("cannot read whom to assign what; trying again")
    except Exception:  # noqa: BLE001  # the collector goes on without
        _LOG.exception("assignments cannot be made and stay as they were")
    else:
        if count:
            _LOG.info("assignments of %d machines made in %.2f s", count, time.perf_counter() - began)


def _basis(connection: Connection, version: Version | None) -> _Basis:
    wanted = select(func.count(), func.max(AGENT.c.id), func.max(AGENT.c.changed_at)).select_from(AGENT)
    count, newest, changed_at = connection.execute(wanted).one()
    return _Basis(version.applied.number if version else 0, count, newest or 0, changed_at or 0.0)


def _machines(connection: Connection) -> list[Machine]:
    wanted = select(AGENT.c.id, AGENT.c.commune, AGENT.c.name, AGENT.c.role).where(AGENT.c.retired_at.is_(None))
    rows = connection.execute(wanted.order_by(AGENT.c.id))
    return [Machine(row.id, row.commune, row.name, Role(row.role)) for row in rows]


def _silent(connection: Connection) -> set[int]:
    """Agents known to be silent, and those that were never heard."""
    heard = AGENT.outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id)
    wanted = select(AGENT.c.id).select_from(heard).where(CONTACT.c.silent.is_not(False))
    return set(connection.scalars(wanted))


def _told(connection: Connection) -> dict[int, str]:
    """By agent the hash of what it said that it follows."""
    rows = connection.execute(select(MACHINE.c.agent, MACHINE.c.assigned).where(MACHINE.c.assigned != ""))
    return dict(rows.tuples().all())


def _differing(one: dict[str, int], other: dict[str, int]) -> Iterable[str]:
    return [code for code in one if one[code] != other.get(code)]
