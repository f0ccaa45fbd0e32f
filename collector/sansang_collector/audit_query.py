"""What is read of the audit: the deeds that fit a question, newest first, a page at a time or all of them.

Whoever may see only some communes' deeds sees those and no others.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, func, select

from .agents import AGENT
from .audit import AUDIT
from .rights import ALL, Communes
from .store import Store

PIECE = 1000
"""Rows read in one go when all are asked for."""


class DeedView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit."""

    id: int
    at: float
    """Unix seconds."""
    who: str
    what: str
    commune: str
    """Its code; empty for what belongs to none."""
    agent: int | None
    agent_name: str
    detail: str
    link: str
    """Vouches for this row and all before it; see docs/security.md."""


class Question(NamedTuple):
    """Which deeds; what is empty or None does not matter. ``who`` is any part of it, whatever the case."""

    since: float | None = None
    until: float | None = None
    who: str = ""
    what: str = ""
    commune: str = ""


def count(connection: Connection, question: Question, seen: Communes = ALL) -> int:
    """How many deeds fit."""
    return int(connection.scalar(_fitting(select(func.count()).select_from(AUDIT), question, seen)) or 0)


def page(
    connection: Connection, question: Question, limit: int, offset: int = 0, seen: Communes = ALL
) -> list[DeedView]:
    """Deeds that fit, newest first."""
    query = _fitting(_ROWS, question, seen).order_by(AUDIT.c.id.desc()).limit(limit).offset(offset)
    return [_view(row) for row in connection.execute(query).tuples()]


def everything(store: Store, question: Question, seen: Communes = ALL) -> Iterator[list[DeedView]]:
    """All deeds that fit, newest first, in pieces; each piece is a short look at the ledger."""
    before: int | None = None
    while True:
        query = _fitting(_ROWS, question, seen).order_by(AUDIT.c.id.desc()).limit(PIECE)
        with store.read() as connection:
            rows = connection.execute(query if before is None else query.where(AUDIT.c.id < before)).tuples().all()
        if rows:
            yield [_view(row) for row in rows]
        if len(rows) < PIECE:
            return
        before = rows[-1][0]


def kinds(connection: Connection, seen: Communes = ALL) -> list[str]:
    """Every word there is for what was done."""
    query = _fitting(select(AUDIT.c.what).distinct().order_by(AUDIT.c.what), Question(), seen)
    return list(connection.scalars(query))


_ROWS = select(
    AUDIT.c.id,
    AUDIT.c.at,
    AUDIT.c.who,
    AUDIT.c.what,
    AUDIT.c.commune,
    AUDIT.c.agent,
    func.coalesce(AGENT.c.name, "").label("agent_name"),
    AUDIT.c.detail,
    AUDIT.c.link,
).outerjoin(AGENT, AGENT.c.id == AUDIT.c.agent)


def _view(row: tuple[Any, ...]) -> DeedView:
    return DeedView(**dict(zip(DeedView.__struct_fields__, row, strict=True)))


def _fitting(query: Select[Any], question: Question, seen: Communes) -> Select[Any]:
    if question.since is not None:
        query = query.where(AUDIT.c.at >= question.since)
    if question.until is not None:
        query = query.where(AUDIT.c.at < question.until)
    if question.who:
        query = query.where(AUDIT.c.who.icontains(question.who, autoescape=True))
    if question.what:
        query = query.where(AUDIT.c.what == question.what)
    if question.commune:
        query = query.where(AUDIT.c.commune == question.commune)
    return query if seen.everywhere else query.where(AUDIT.c.commune.in_(sorted(seen.codes)))
