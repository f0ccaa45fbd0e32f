"""Machines that asked to be let in without a code and wait until somebody decides.

A machine asks again and again with a secret of its own, its *claim*; people know it by six characters that it and the
page both show.
"""

import secrets
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, LargeBinary, Row, Table, Text, select

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import ALPHABET, Ask

from . import audit, letting_in, machine_names
from .agents import AGENT
from .audit import Deed
from .client_address import neighbourhood
from .contact import CONTACT
from .fleet_changes import LAST_ID, RefusedError
from .letting_in import Admitted, Newcomer
from .store import LEDGER
from .store.dialect import Direct
from .tokens import digest

WAITING = Table(
    "waiting",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("claim", LargeBinary, nullable=False, unique=True),
    Column("word", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("agent", Integer, ForeignKey("agent.id")),
    Column("decision", Text),
    Column("decided_at", Float),
    Column("joined_at", Float),
    sqlite_autoincrement=True,
)
"""``claim``: SHA-256 of the machine's secret. ``word``: what the PC and the page both show. ``decision``: APPROVED or
REFUSED. ``joined_at``: when it first was told that it is in."""

APPROVED, REFUSED = "approved", "refused"

MOST = 500
MOST_OF_ADDRESS = 20
"""… and from one IPv4 address or one IPv6 network."""
KEPT_DAYS = 7
"""How long a machine that does not ask any more is remembered."""
SILENT_S = 3600.0
"""After which one that does not ask any more gives way where too many wait."""
AGAIN_S = 600.0
"""How long a machine whose answer was lost may ask for its secrets again."""
SEEN_EVERY_S = 60.0
"""How often it is written down that a machine still asks."""
WORD_LENGTH = 6

FIND = Direct("SELECT word, decision, asked_at, seen_at FROM waiting WHERE claim = ?")
"""Asked on the event loop whenever a machine asks again."""


class FullError(Exception):
    """So many wait already that nobody else may."""


class CrowdedError(Exception):
    """So many wait from this address already."""


class RefusedMachineError(Exception):
    """Somebody refused it, or the claim has let a machine in already."""


class NotWaitingError(RefusedError):
    """Some of them do not wait (any more); nothing was changed."""

    def __init__(self, ids: Iterable[int]) -> None:
        super().__init__(f"not waiting (any more): {', '.join(str(one) for one in sorted(ids)[:10])}")


class OneNameError(RefusedError):
    """Several machines were to have one name; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("a name can be given to one machine at a time")


class Guest(NamedTuple):
    """A machine that waits."""

    id: int
    word: str
    host: str
    system: str
    address: str
    asked_at: float
    seen_at: float


def standing(connection: Connection) -> list[Guest]:
    """Those nobody has decided about, the first first."""
    columns = [WAITING.c[name] for name in Guest._fields]
    query = select(*columns).where(WAITING.c.decision.is_(None)).order_by(WAITING.c.asked_at, WAITING.c.id)
    return [Guest(*row) for row in connection.execute(query).tuples()]


def ask(connection: Connection, asked: Ask, address: str, now: float) -> str | Admitted:
    """What a machine that asks is told: the word it waits under, or that it is in.

    Raises :class:`FullError`, :class:`CrowdedError`, :class:`RefusedMachineError`.
    """
    claim = digest(asked.claim)
    row = connection.execute(select(WAITING).where(WAITING.c.claim == claim)).one_or_none()
    if row is None:
        return _begin(connection, claim, asked, address, now)
    connection.execute(WAITING.update().where(WAITING.c.id == row.id).values(seen_at=now))
    if row.decision is None:
        return str(row.word)
    if row.decision != APPROVED or row.agent is None:
        raise RefusedMachineError
    return _admit(connection, row, now)


def approve(
    connection: Connection, ids: Collection[int], place: tuple[str, str], who: str, now: float
) -> tuple[int, ...]:
    """Let machines into a commune; ``place`` is its code and a name, or no name: by their host names. Their numbers.

    All or none: raises :class:`NotWaitingError`, :class:`OneNameError`, letting_in.NameTakenError.
    """
    commune, name = place
    if name and len(set(ids)) > 1:
        raise OneNameError
    made = []
    for guest in _undecided(connection, ids):
        agent = letting_in.add(connection, Newcomer(commune, Role.COUNTER, guest.host, name), now).agent
        _decide(connection, guest.id, {"decision": APPROVED, "agent": agent}, now)
        audit.note(connection, Deed(now, who, "approve", commune, agent, _told(guest)))
        made.append(agent)
    return tuple(made)


def refuse(connection: Connection, ids: Collection[int], who: str, now: float) -> None:
    """Send machines away; all or none: raises :class:`NotWaitingError`."""
    for guest in _undecided(connection, ids):
        _decide(connection, guest.id, {"decision": REFUSED}, now)
        audit.note(connection, Deed(now, who, "refuse", "", None, _told(guest)))


def _begin(connection: Connection, claim: bytes, asked: Ask, address: str, now: float) -> str:
    undecided = WAITING.c.decision.is_(None)
    waiting = connection.execute(select(WAITING.c.address, WAITING.c.seen_at).where(undecided)).tuples().all()
    if len(waiting) >= MOST:
        gone = now - SILENT_S
        if all(seen_at > gone for _, seen_at in waiting):
            raise FullError
        connection.execute(WAITING.delete().where(undecided, WAITING.c.seen_at <= gone))
    here = neighbourhood(address)
    if sum(neighbourhood(theirs) == here for theirs, _ in waiting) >= MOST_OF_ADDRESS:
        raise CrowdedError
    words = set(connection.scalars(select(WAITING.c.word)))
    while (word := "".join(secrets.choice(ALPHABET) for _ in range(WORD_LENGTH))) in words:
        pass
    row = {
        "claim": claim,
        "word": word,
        "host": machine_names.plain_text(asked.host),
        "system": machine_names.plain_text(asked.system),
        "address": address,
        "asked_at": now,
        "seen_at": now,
    }
    connection.execute(WAITING.insert().values(row))
    return word


def _admit(connection: Connection, row: Row[tuple[object, ...]], now: float) -> Admitted:
    """Its secrets, once; once more as long as the answer may have been lost, which ends the former ones."""
    if row.joined_at is not None:
        heard = connection.scalar(select(CONTACT.c.agent).where(CONTACT.c.agent == row.agent))
        if heard is not None or not 0 <= now - row.joined_at <= AGAIN_S:
            raise RefusedMachineError
        letting_in.end_tokens(connection, row.agent, now)
    else:
        connection.execute(WAITING.update().where(WAITING.c.id == row.id).values(joined_at=now))
    if connection.scalar(select(AGENT.c.retired_at).where(AGENT.c.id == row.agent)) is not None:
        raise RefusedMachineError
    admitted = letting_in.admit(connection, row.agent, row.host, now)
    deed = Deed(now, "approved machine", "enrol", admitted.commune, admitted.agent, f"{admitted.name}, {_told(row)}")
    audit.note(connection, deed)
    return admitted


def _undecided(connection: Connection, ids: Collection[int]) -> list[Guest]:
    asked = set(ids)
    possible = [one for one in asked if 0 < one <= LAST_ID]
    columns = [WAITING.c[name] for name in Guest._fields]
    query = select(*columns).where(WAITING.c.id.in_(possible), WAITING.c.decision.is_(None)).order_by(WAITING.c.id)
    found = [Guest(*row) for row in connection.execute(query).tuples()]
    missing = asked - {guest.id for guest in found}
    if missing:
        raise NotWaitingError(missing)
    return found


def _decide(connection: Connection, number: int, decided: dict[str, object], now: float) -> None:
    connection.execute(WAITING.update().where(WAITING.c.id == number).values(decided | {"decided_at": now}))


def _told(guest: Guest | Row[tuple[object, ...]]) -> str:
    return f"{guest.word}, host {guest.host!r}, from {guest.address}"
