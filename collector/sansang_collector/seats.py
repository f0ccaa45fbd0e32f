"""The machines in use, each with its place and whether it speaks: the little of them that serving is judged by."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from .agents import AGENT
from .contact import CONTACT, MACHINE
from .liveness import Present, is_silent
from .serving import Presence


class Seat(NamedTuple):
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


def read(connection: Connection, present: Present, commune: str | None = None) -> list[Seat]:
    """All machines that are not retired, or those of one commune, by commune and name."""
    query = _SEATS if commune is None else _SEATS.where(AGENT.c.commune == commune)
    return [
        Seat(id_, place, name, role, _presence(at, bool(known), goodbye, present), position, config or "")
        for id_, place, name, role, at, known, position, goodbye, config in connection.execute(query).tuples()
    ]


def _presence(at: float | None, known_silent: bool, goodbye: str | None, present: Present) -> Presence:
    """A machine that was never in contact has not been set up yet: it is not missed."""
    if at is None:
        return Presence.OFF
    if not is_silent(at, known_silent, present):
        return Presence.LIVE
    return Presence.OFF if goodbye else Presence.SILENT


_SEATS = (
    select(
        AGENT.c.id,
        AGENT.c.commune,
        AGENT.c.name,
        AGENT.c.role,
        CONTACT.c.at,
        CONTACT.c.silent,
        CONTACT.c.position,
        MACHINE.c.goodbye,
        MACHINE.c.config,
    )
    .select_from(
        AGENT.outerjoin(CONTACT, CONTACT.c.agent == AGENT.c.id).outerjoin(MACHINE, MACHINE.c.agent == AGENT.c.id)
    )
    .where(AGENT.c.retired_at.is_(None))
    .order_by(AGENT.c.commune, AGENT.c.name)
)
