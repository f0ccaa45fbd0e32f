"""One-time links into the browser and the sessions they open; only hashes of either are kept."""

from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, LargeBinary, Table, Text, select

from .store import LEDGER
from .tokens import digest, new_secret

LINK_SECONDS = 600.0
SESSION_SECONDS = 43_200.0

LINK = Table(
    "link",
    LEDGER,
    Column("digest", LargeBinary, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

SESSION = Table(
    "session",
    LEDGER,
    Column("digest", LargeBinary, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("person", Integer, ForeignKey("person.id")),
)
"""``person``: whose it is; None for one that a link opened, which may do what its ``scope`` says."""


def issue_link(connection: Connection, now: float, scope: str = "read") -> str:
    """The secret of a link that opens one session within ten minutes."""
    secret = new_secret()
    connection.execute(LINK.insert().values(digest=digest(secret), scope=scope, expires_at=now + LINK_SECONDS))
    return secret


def use_link(connection: Connection, secret: str, now: float) -> str | None:
    """Spend a link; the secret of the session it opens, or None if it is unknown, spent or too old."""
    spent = connection.execute(
        LINK.update()
        .where(LINK.c.digest == digest(secret), LINK.c.used_at.is_(None), LINK.c.expires_at > now)
        .values(used_at=now)
    )
    if spent.rowcount != 1:
        return None
    scope = connection.scalars(select(LINK.c.scope).where(LINK.c.digest == digest(secret))).one()
    session = new_secret()
    connection.execute(SESSION.delete().where(SESSION.c.expires_at <= now))
    connection.execute(
        SESSION.insert().values(digest=digest(session), scope=scope, created_at=now, expires_at=now + SESSION_SECONDS)
    )
    return session


class Session(NamedTuple):
    """One that has not ended: what it may do by itself, and whose it is."""

    scope: str
    person: int | None
    created_at: float


def find_session(connection: Connection, secret: str, now: float) -> Session | None:
    """The session with this secret; None if there is none or it has ended."""
    query = select(SESSION.c.scope, SESSION.c.person, SESSION.c.created_at)
    found = connection.execute(
        query.where(SESSION.c.digest == digest(secret), SESSION.c.expires_at > now)
    ).one_or_none()
    return Session._make(found) if found else None
