"""Join codes as the ledger keeps them: the key made of each, never the code, with how often and until when it holds.

Making one takes two steps, because the key takes some 50 ms of work that the ledger's writer is not to wait for.
"""

import secrets
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, LargeBinary, Row, Table, Text, select

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import ALPHABET, ID_LENGTH, SECRET_LENGTH, JoinCode

from . import audit
from .agents import AGENT
from .audit import Deed
from .fleet_changes import RefusedError
from .store import LEDGER
from .store.dialect import Direct

JOIN_CODE = Table(
    "join_code",
    LEDGER,
    Column("id", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("commune", Text, nullable=False),
    Column("agent", Integer, ForeignKey("agent.id")),
    Column("role", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("revoked_at", Float),
)
"""``agent``: the machine that is to be enrolled again, with its name and history; None: new ones."""

MOST_USES = 10_000
DAY = 86_400.0
DEFAULT_LIFE_S = 7 * DAY
LONGEST_LIFE_S = 90 * DAY
KEPT_DAYS = 30
"""How long after its end a code is known, so that whoever has it is told that it is too old."""

KEY_OF = Direct("SELECT key FROM join_code WHERE id = ?")
"""Asked on the event loop with every message of enrolment."""


class ExpiredError(Exception):
    """The code is too old."""


class UsedError(Exception):
    """It has been used as often as it may be, or was withdrawn."""


class NoSuchMachineError(RefusedError):
    """No machine of this name is in the commune; nothing was changed."""

    def __init__(self, commune: str, name: str) -> None:
        super().__init__(f"there is no machine {name[:64]!r} in {commune}")


class NoSuchCodeError(RefusedError):
    """There is no code of this id that holds; nothing was changed."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no join code {code[:20]!r} holds")


class TakenError(RefusedError):
    """Another code was made with the same id in the same moment, or every id is in use."""

    def __init__(self) -> None:
        super().__init__("no id is free for a join code; try again")


class Wanted(NamedTuple):
    """What a code is to be good for."""

    commune: str
    role: Role = Role.COUNTER
    uses: int = 1
    life_s: float = DEFAULT_LIFE_S
    machine: str = ""
    """The name of the machine that is to be enrolled again; it keeps its role, and the code is used once."""


def draft(connection: Connection) -> JoinCode:
    """A code of an id that is not in use; nothing knows it yet. Raises :class:`TakenError`."""
    taken = set(connection.scalars(select(JOIN_CODE.c.id)))
    if len(taken) >= len(ALPHABET) ** ID_LENGTH // 2:
        raise TakenError
    while (number := _random(ID_LENGTH)) in taken:
        pass
    return JoinCode(number, _random(SECRET_LENGTH))


def keep(connection: Connection, code: tuple[str, bytes], wanted: Wanted, who: str, now: float) -> None:
    """Let a code hold from now on: its id and its key. Raises :class:`NoSuchMachineError`, :class:`TakenError`."""
    number, key = code
    machine = _machine(connection, wanted) if wanted.machine else None
    if connection.scalar(select(JOIN_CODE.c.id).where(JOIN_CODE.c.id == number)) is not None:
        raise TakenError
    agent, role = (machine.id, machine.role) if machine else (None, wanted.role.value)
    uses = 1 if machine else wanted.uses
    row = {
        "id": number,
        "key": key,
        "commune": wanted.commune,
        "agent": agent,
        "role": role,
        "uses": uses,
        "used": 0,
        "made_by": who,
        "created_at": now,
        "expires_at": now + wanted.life_s,
    }
    connection.execute(JOIN_CODE.insert().values(row))
    told = f"{number}, {uses} uses, {wanted.life_s / DAY:g} days, {role}"
    audit.note(connection, Deed(now, who, "join-code", wanted.commune, agent, told))


def _machine(connection: Connection, wanted: Wanted) -> Row[tuple[int, str]]:
    query = select(AGENT.c.id, AGENT.c.role).where(AGENT.c.commune == wanted.commune, AGENT.c.name == wanted.machine)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NoSuchMachineError(wanted.commune, wanted.machine)
    return found


class Use(NamedTuple):
    """What a code that was just used lets in."""

    commune: str
    agent: int | None
    role: str


def use(connection: Connection, number: str, now: float) -> Use:
    """Count one use; raises :class:`ExpiredError` or :class:`UsedError` where there is none left."""
    holds = (JOIN_CODE.c.revoked_at.is_(None), JOIN_CODE.c.used < JOIN_CODE.c.uses, JOIN_CODE.c.expires_at > now)
    counted = connection.execute(
        JOIN_CODE.update().where(JOIN_CODE.c.id == number, *holds).values(used=JOIN_CODE.c.used + 1)
    )
    row = connection.execute(select(JOIN_CODE).where(JOIN_CODE.c.id == number)).one_or_none()
    if row is not None and counted.rowcount == 1:
        return Use(row.commune, row.agent, row.role)
    if row is not None and (row.revoked_at is not None or row.used >= row.uses):
        raise UsedError
    raise ExpiredError


def revoke(connection: Connection, number: str, who: str, now: float) -> None:
    """Withdraw a code that holds; raises :class:`NoSuchCodeError`."""
    done = connection.execute(
        JOIN_CODE.update()
        .where(JOIN_CODE.c.id == number, JOIN_CODE.c.revoked_at.is_(None), JOIN_CODE.c.expires_at > now)
        .values(revoked_at=now)
        .returning(JOIN_CODE.c.commune)
    ).one_or_none()
    if done is None:
        raise NoSuchCodeError(number)
    audit.note(connection, Deed(now, who, "revoke-code", done.commune, None, number))


class Live(NamedTuple):
    """A code that holds, without anything that would let somebody in."""

    id: str
    commune: str
    agent: int | None
    machine: str | None
    """The name of ``agent``."""
    role: str
    uses: int
    used: int
    made_by: str
    created_at: float
    expires_at: float


def live(connection: Connection, now: float) -> list[Live]:
    """Those that still let somebody in, the newest first."""
    mine = [JOIN_CODE.c[name] for name in Live._fields if name != "machine"]
    columns = [*mine[:3], AGENT.c.name, *mine[3:]]
    query = select(*columns).select_from(JOIN_CODE.outerjoin(AGENT, AGENT.c.id == JOIN_CODE.c.agent))
    holds = (JOIN_CODE.c.revoked_at.is_(None), JOIN_CODE.c.used < JOIN_CODE.c.uses, JOIN_CODE.c.expires_at > now)
    rows = connection.execute(query.where(*holds).order_by(JOIN_CODE.c.created_at.desc(), JOIN_CODE.c.id)).tuples()
    return [Live(*row) for row in rows]


def commune_of(connection: Connection, number: str) -> str | None:
    """The commune a code lets into."""
    return connection.scalar(select(JOIN_CODE.c.commune).where(JOIN_CODE.c.id == number))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
