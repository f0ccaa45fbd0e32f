"""The people who have an account: name, password (argon2), and the roles each holds for which communes."""

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text, select

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
"""``changed_at``: when the password or a role last changed; sessions opened before it have ended."""

HELD_ROLE = Table(
    "held_role",
    LEDGER,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("commune", Text, primary_key=True),
)
"""``commune``: its code, or rights.EVERYWHERE."""


def held_by(connection: Connection, person: int) -> tuple[Held, ...]:
    """Which roles this person holds for which communes; none once the account is disabled."""
    query = (
        select(HELD_ROLE.c.role, HELD_ROLE.c.commune)
        .join(PERSON, PERSON.c.id == HELD_ROLE.c.person)
        .where(PERSON.c.id == person, PERSON.c.disabled_at.is_(None))
        .order_by(HELD_ROLE.c.role, HELD_ROLE.c.commune)
    )
    return tuple(Held(row.role, row.commune) for row in connection.execute(query))


def name_in_session(connection: Connection, person: int, opened_at: float) -> str | None:
    """The name of whoever's session was opened then; None once the account is disabled or has changed since."""
    query = select(PERSON.c.name).where(PERSON.c.id == person, PERSON.c.disabled_at.is_(None))
    return connection.scalar(query.where(PERSON.c.changed_at <= opened_at))
