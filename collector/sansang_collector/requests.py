"""What single machines were asked to look at now, by whom and why, and what they found.

Rows only: asking.py says who may be asked what, request_desk.py hands it out, request_answers.py takes what comes back.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    func,
    or_,
    select,
)

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import RequestAnswer, Result

from .agents import AGENT
from .communes_sql import among
from .rights import Communes
from .store import LEDGER

REQUEST = Table(
    "request",
    LEDGER,
    Column("id", Text, primary_key=True),
    Column("agent", Integer, ForeignKey("agent.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("sent_at", Float),
    Column("answered_at", Float),
    Column("answer", LargeBinary),
)
LONGEST_S = 600.0
"""No request is open for longer than this, its answer included."""
_UNANSWERED = REQUEST.c.answered_at.is_(None)
Index("request_open", REQUEST.c.expires_at, sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED)
Index("request_asked", REQUEST.c.asked_at)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request with all that became of it. Times are Unix seconds; ``None``: not yet."""

    request: Request
    agent: int
    agent_name: str
    commune: str
    who: str
    why: str
    asked_at: float
    sent_at: float | None = None
    answered_at: float | None = None
    results: tuple[Result, ...] = ()


def add(connection: Connection, asked: Asked) -> None:
    """Write a new request."""
    connection.execute(
        REQUEST.insert().values(
            id=asked.request.id,
            agent=asked.agent,
            body=encode(asked.request),
            who=asked.who,
            why=asked.why,
            asked_at=asked.asked_at,
            expires_at=asked.request.expires,
        )
    )


def find(connection: Connection, name: str) -> Asked | None:
    """The request with this id."""
    row = connection.execute(_WHOLE.where(REQUEST.c.id == name)).one_or_none()
    return _asked(row) if row else None


def newest(connection: Connection, of: Communes, limit: int, offset: int) -> tuple[int, list[Asked]]:
    """How many requests there are of these communes, and a piece of them, newest first."""
    theirs = among(AGENT.c.commune, of)
    number = select(func.count()).select_from(REQUEST.join(AGENT, AGENT.c.id == REQUEST.c.agent)).where(theirs)
    piece = _WHOLE.where(theirs).order_by(REQUEST.c.asked_at.desc(), REQUEST.c.id).limit(limit).offset(offset)
    return int(connection.scalar(number) or 0), [_asked(row) for row in connection.execute(piece)]


def of_agent(connection: Connection, agent: int, limit: int) -> list[Asked]:
    """What one machine was asked last, newest first."""
    query = _WHOLE.where(REQUEST.c.agent == agent).order_by(REQUEST.c.asked_at.desc(), REQUEST.c.id)
    return [_asked(row) for row in connection.execute(query.limit(limit))]


def busy(connection: Connection, now: float, spacing_s: float) -> list[Asked]:
    """The requests that may be running: open ones, and those answered less than ``spacing_s`` seconds ago.

    What was asked in the future was asked before the clock was set back: it holds up nobody.
    """
    is_open = REQUEST.c.answered_at.is_(None) & (REQUEST.c.expires_at > now)
    recent = REQUEST.c.asked_at.between(now - LONGEST_S, now + spacing_s)
    rows = connection.execute(_WHOLE.where(recent, or_(is_open, REQUEST.c.answered_at > now - spacing_s)))
    return [_asked(row) for row in rows]


def asked_by(connection: Connection, who: str, since: float) -> list[Asked]:
    """What somebody has asked since then, oldest first."""
    rows = _WHOLE.where(REQUEST.c.asked_at > since, REQUEST.c.who == who).order_by(REQUEST.c.asked_at)
    return [_asked(row) for row in connection.execute(rows)]


def open_at(connection: Connection, now: float) -> Sequence[Row[tuple[str, int, bytes, float, float | None]]]:
    """Id, agent, body, end and time of sending of all requests that are neither answered nor expired, oldest first."""
    return connection.execute(_OPEN, {"now": now}).all()


def mark_sent(connection: Connection, sent: Iterable[tuple[str, float]]) -> None:
    """Write when requests were first handed out."""
    rows = [{"name": name, "at": at} for name, at in sent]
    if rows:
        connection.execute(_SENT, rows)


def mark_answered(connection: Connection, answer: RequestAnswer, at: float) -> None:
    """Write what a machine found; the first answer stays."""
    values = {"answered_at": at, "answer": encode(answer.results)}
    where = (REQUEST.c.id == answer.id, REQUEST.c.answered_at.is_(None))
    connection.execute(REQUEST.update().where(*where).values(values))


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        request=msgspec.json.decode(row.body, type=Request),
        agent=row.agent,
        agent_name=row.name,
        commune=row.commune,
        who=row.who,
        why=row.why,
        asked_at=row.asked_at,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        results=msgspec.json.decode(row.answer, type=tuple[Result, ...]) if row.answer else (),
    )


_WHOLE: Select[Any] = select(REQUEST, AGENT.c.name, AGENT.c.commune).join(AGENT, AGENT.c.id == REQUEST.c.agent)
_OPEN = (
    select(REQUEST.c.id, REQUEST.c.agent, REQUEST.c.body, REQUEST.c.expires_at, REQUEST.c.sent_at)
    .where(_UNANSWERED, REQUEST.c.expires_at > bindparam("now"))
    .order_by(REQUEST.c.asked_at)
)
_SENT = (
    REQUEST.update()
    .where(REQUEST.c.id == bindparam("name"), REQUEST.c.sent_at.is_(None))
    .values(sent_at=bindparam("at"))
)
