"""The machines in use, each with its place and whether it speaks: the little of them that serving is judged by."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from .agents import AGENT
from .contact import CONTACT, MACHINE
from .liveness import Known, Present, State, state_of
from .serving import Presence


class Attending(NamedTuple):
    """One machine; while ``position`` stays, nothing in the ledger has changed that it found."""

    id: int
    commune: str
    name: str
    role: str
    presence: Presence
    position: int | None
    """The log's position up to which the ledger has its envelopes; None while it was never in contact."""
    config: str
    """The hash of its newest report's profile."""


def read(connection: Connection, present: Present, commune: str | None = None) -> list[Attending]:
    """All machines that are not retired, or those of one commune, by commune and name.

    A machine that was never in contact has not been set up yet: it is off, not missed.
    """
    query = _ATTENDING if commune is None else _ATTENDING.where(AGENT.c.commune == commune)
    found = []
    for id_, place, name, role, at, known, position, goodbye, back, config, *barred in connection.execute(
        query
    ).tuples():
        stands = state_of(Known(place, role, None, at, bool(known), goodbye, back, *barred), present)
        presence = _PRESENCE.get(stands.state, Presence.OFF)
        found.append(Attending(id_, place, name, role, presence, position, config or ""))
    return found


_PRESENCE = {State.ONLINE: Presence.LIVE, State.SILENT: Presence.SILENT}
_ATTENDING = (
    select(
        AGENT.c.id,
        AGENT.c.commune,
        AGENT.c.name,
        AGENT.c.role,
        CONTACT.c.at,
        CONTACT.c.silent,
        CONTACT.c.position,
        MACHINE.c.goodbye,
        MACHINE.c.back,
        MACHINE.c.config,
        AGENT.c.quarantined_at,
        AGENT.c.revoked_at,
    )
    .select_from(
        AGENT.outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id).outerjoin(MACHINE, MACHINE.c.agent == AGENT.c.id)
    )
    .where(AGENT.c.retired_at.is_(None))
    .order_by(AGENT.c.commune, AGENT.c.name)
)
