"""The people who have an account: name, password (argon2), and the roles each holds for which communes.

Who changes any of it is person_changes.py; names are folded (person_names.py) wherever they are stored or looked up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, select

from .person_names import is_name
from .rights import Held
from .store import LEDGER

PERSON = Table(
    "person",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("disabled_at", Float),
    sqlite_autoincrement=True,
)
"""``changed_at``: when the password last changed or the account was disabled; sessions opened before it have ended."""

HELD_ROLE = Table(
    "held_role",
    LEDGER,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("commune", Text, primary_key=True),
)
"""``commune``: its code, or rights.EVERYWHERE."""


class Account(NamedTuple):
    """Somebody's account, without the roles; ``password`` is what is kept of it."""

    id: int
    name: str
    password: str
    created_at: float
    changed_at: float
    disabled_at: float | None

    def __repr__(self) -> str:
        return f"Account({self.id}, {self.name!r}, …)"


def find(connection: Connection, name: str) -> Account | None:
    """The account of this name, which is folded."""
    if not is_name(name):
        return None
    row = connection.execute(select(PERSON).where(PERSON.c.name == name)).one_or_none()
    return Account._make(row) if row else None


def get(connection: Connection, person: int) -> Account | None:
    """The account of this number."""
    if not 0 < person <= _LAST_ID:
        return None
    row = connection.execute(select(PERSON).where(PERSON.c.id == person)).one_or_none()
    return Account._make(row) if row else None


class Person(NamedTuple):
    """Somebody's account as it is listed."""

    account: Account
    held: tuple[Held, ...]
    """Also of a disabled account: what it would hold."""


def everybody(connection: Connection) -> Sequence[Person]:
    """All accounts by name."""
    held: dict[int, list[Held]] = {}
    for row in connection.execute(select(HELD_ROLE).order_by(HELD_ROLE.c.role, HELD_ROLE.c.commune)):
        held.setdefault(row.person, []).append(Held(row.role, row.commune))
    accounts = [Account._make(row) for row in connection.execute(select(PERSON).order_by(PERSON.c.name))]
    return [Person(one, tuple(held.get(one.id, ()))) for one in accounts]


def roles_of(connection: Connection, person: int) -> tuple[Held, ...]:
    """The roles of an account, disabled or not."""
    query = select(HELD_ROLE.c.role, HELD_ROLE.c.commune).where(HELD_ROLE.c.person == person)
    rows = connection.execute(query.order_by(HELD_ROLE.c.role, HELD_ROLE.c.commune))
    return tuple(Held(row.role, row.commune) for row in rows)


def held_by(connection: Connection, person: int) -> tuple[Held, ...]:
    """Which roles this person may act by; none once the account is disabled."""
    account = get(connection, person)
    return roles_of(connection, person) if account and account.disabled_at is None else ()


_LAST_ID = 2**31 - 1
"""The largest number a person can have in every database."""


def name_in_session(connection: Connection, person: int, opened_at: float) -> str | None:
    """The name of whoever's session was opened then; None once the account is disabled or has changed since."""
    query = select(PERSON.c.name).where(PERSON.c.id == person, PERSON.c.disabled_at.is_(None))
    return connection.scalar(query.where(PERSON.c.changed_at <= opened_at))
