"""Bearer tokens: 256 random bits each, of which only the SHA-256 is kept, with one scope.

An ``agent`` token belongs to one agent in one commune; that is how a report gets its agent.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, LargeBinary, Row, Table, Text, select

from .store import LEDGER
from .store.at_hand import AtHand
from .store.dialect import Direct

SCOPES = ("agent", "metrics", "read", "admin")

TOKEN = Table(
    "token",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("agent", Integer, ForeignKey("agent.id")),
    Column("label", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
    Column("rotates", Integer, nullable=False, default=0),
    Column("replaces", Integer, ForeignKey("token.id")),
    Column("why", Text),
    Column("renew_at", Float),
    sqlite_autoincrement=True,
)
"""``rotates``: whether it is renewed by itself. ``replaces``: the one it comes after. ``why``: why it ended, an
:class:`End`. ``renew_at``: since when somebody wants it renewed whatever its age."""

TOKEN_CHANGE = Table("token_change", LEDGER, Column("count", Integer, nullable=False))
"""One row: how often a token that exists was changed or deleted, counted by the engine itself (store.token_rules)."""


class End(StrEnum):
    """Why a token ended."""

    REVOKED = "revoked"
    """Somebody ended it."""
    ROTATED = "rotated"
    """It was renewed, or its machine did not take over the one that was to come after it."""
    CLONE = "clone"
    """Two machines used it."""
    REPLACED = "enrolled again"
    """Its machine was let in again and got another one."""
    UNUSED = "unused"
    """It was to come after another and was withdrawn, because its machine went on with that one."""


_FIND = Direct("SELECT id, scope, agent, digest FROM token WHERE digest = ? AND revoked_at IS NULL")
"""As text, because every request asks it: built of the table's columns it costs three times as much."""
_CHANGES = Direct("SELECT count FROM token_change")
_ENDED = Direct("SELECT agent, why, revoked_at, digest FROM token WHERE digest = ?")


MAX_REMEMBERED = 10_000
"""Valid tokens remembered; beyond that all are forgotten, and looked up again."""


class Found(NamedTuple):
    """A token that is valid."""

    id: int
    scope: str
    agent: int | None


class Ended(NamedTuple):
    """A token that was valid once: whose, and why it is not any more."""

    agent: int | None
    why: str


def new_secret() -> str:
    """256 random bits, written for a header or an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret. A plain hash is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()


def issue(
    connection: Connection,
    scope: str,
    label: str,
    now: float,
    agent: int | None = None,
    *,
    rotates: bool = False,
    replaces: int | None = None,
) -> tuple[int, str]:
    """Make a token; its id and its secret, which is nowhere else. ``rotates``, ``replaces``: as in the table."""
    secret = new_secret()
    row = {"scope": scope, "digest": digest(secret), "agent": agent, "label": label, "created_at": now}
    row |= {"rotates": int(rotates), "replaces": replaces}
    return int(connection.scalars(_ISSUE, row).one()), secret


_ISSUE = TOKEN.insert().returning(TOKEN.c.id)


def find(connection: Connection, secret: str) -> Found | None:
    """The valid token with this secret."""
    wanted = digest(secret)
    return _found(_FIND.run(connection, (wanted,)).one_or_none(), wanted)


class ValidTokens:
    """The same for every report: tokens found are remembered until one that exists is changed.

    Whether anything was committed is asked once for all that the event loop has read in one go, and only then whether
    it was of a token, so that one another process revokes is refused at the next request.
    """

    def __init__(self, at_hand: AtHand) -> None:
        self._at_hand = at_hand
        self._version: object = None
        self._changes: list[Any] = []
        self._is_fresh = False
        self._found: dict[bytes, Found] = {}

    def find(self, secret: str, soon: Callable[[Callable[[], None]], object]) -> Found | None:
        """The valid token with this secret; ``soon`` is the event loop's ``call_soon``."""
        if not self._is_fresh:
            self._refresh()
            soon(self._forget_freshness)
        wanted = digest(secret)
        known = self._found.get(wanted)
        if known is None:
            rows = self._at_hand.rows(_FIND, (wanted,))
            known = _found(rows[0] if rows else None, wanted)
            if known is not None:
                if len(self._found) >= MAX_REMEMBERED:
                    self._found.clear()
                self._found[wanted] = known
        return known

    def ended(self, secret: str) -> Ended | None:
        """What became of a token that is refused; None for what never was one. Asked only where one is refused."""
        wanted = digest(secret)
        rows = self._at_hand.rows(_ENDED, (wanted,))
        if not rows or not hmac.compare_digest(rows[0][3], wanted):
            return None
        agent, why, revoked_at, _ = rows[0]
        # One that is refused and has not ended yet is just being ended, because the one after it was used.
        return Ended(agent, why or (End.ROTATED if revoked_at is None else End.REVOKED))

    def _refresh(self) -> None:
        version = self._at_hand.version()
        if version != self._version:
            self._forget_if_changed()
            self._version = version
        self._is_fresh = True

    def _forget_if_changed(self) -> None:
        changes = self._at_hand.rows(_CHANGES, ())
        if changes != self._changes or not changes:  # a ledger that somebody took the row from cannot tell
            self._found.clear()
            self._changes = changes

    def _forget_freshness(self) -> None:
        self._is_fresh = False


def _found(row: Sequence[Any] | None, wanted: bytes) -> Found | None:
    if row is None or not hmac.compare_digest(row[3], wanted):
        return None
    return Found(row[0], row[1], row[2])


def revoke_all_of(connection: Connection, agent: int, now: float, why: str = End.REVOKED) -> int:
    """End every token of an agent; how many were valid."""
    valid = TOKEN.c.agent == agent, TOKEN.c.revoked_at.is_(None)
    return connection.execute(TOKEN.update().where(*valid).values(revoked_at=now, why=why)).rowcount


def revoke(connection: Connection, token: int, now: float, why: str = End.REVOKED) -> bool:
    """End a token; False if there is no valid one with this id."""
    valid = TOKEN.c.id == token, TOKEN.c.revoked_at.is_(None)
    return connection.execute(TOKEN.update().where(*valid).values(revoked_at=now, why=why)).rowcount == 1


def ask_to_renew(connection: Connection, agents: Sequence[int] | None, now: float) -> int:
    """Have the valid tokens of these agents, None: of all, renewed whatever their age; of how many.

    Only those that are renewed by themselves: whoever was handed another in a file would not take over a new one.
    """
    wanted = TOKEN.update().where(TOKEN.c.rotates == 1, TOKEN.c.revoked_at.is_(None), TOKEN.c.agent.is_not(None))
    if agents is not None:
        wanted = wanted.where(TOKEN.c.agent.in_(agents))
    return connection.execute(wanted.values(renew_at=now)).rowcount


def label_of(connection: Connection, token: int) -> str:
    """What whoever made a token called it, with its number."""
    label = connection.scalar(select(TOKEN.c.label).where(TOKEN.c.id == token))
    return f"{label or 'token'} (token {token})"


def agent_of(connection: Connection, token: int) -> int | None:
    """Which agent a token belongs to, valid or not; None for one of people."""
    return connection.scalar(select(TOKEN.c.agent).where(TOKEN.c.id == token))


def all_tokens(connection: Connection) -> list[Row[tuple[int, str, str, float, float | None]]]:
    """Every token ever made: id, scope, label, created_at, revoked_at."""
    columns = (TOKEN.c.id, TOKEN.c.scope, TOKEN.c.label, TOKEN.c.created_at, TOKEN.c.revoked_at)
    return list(connection.execute(select(*columns).order_by(TOKEN.c.id)).all())
