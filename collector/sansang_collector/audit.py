"""Who changed or asked what, kept for ever and never rewritten: the engine refuses it, and each row is chained.

What people and programs may read of it is in audit_query.py.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Index, Integer, Table, Text, select

from sansang_alerts import operator as own_user

from .store import LEDGER
from .store.audit_rules import link_of

AUDIT = Table(
    "audit",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("agent", Integer, ForeignKey("agent.id")),
    Column("detail", Text, nullable=False),
    Column("link", Text, nullable=False, default=""),
    sqlite_autoincrement=True,
)
"""``link``: store.audit_rules.link_of of the row before and this one, so that a row changed, put in or taken out
by somebody with the file shows (:func:`broken`), as long as a newer link was kept elsewhere."""

Index("audit_at", AUDIT.c.at)

_ROW = (AUDIT.c.at, AUDIT.c.who, AUDIT.c.what, AUDIT.c.commune, AUDIT.c.agent, AUDIT.c.detail)


What = Literal[
    "acknowledge",
    "answer",
    "answer ignored",
    "apply",
    "approve",
    "ask",
    "assign",
    "enrol",
    "grant",
    "join-code",
    "link",
    "login",
    "login_failed",
    "logout",
    "maintenance",
    "maintenance_cancel",
    "maintenance_end",
    "merge",
    "note",
    "pair",
    "password",
    "person_add",
    "person_disable",
    "person_enable",
    "quarantine",
    "refuse",
    "reload",
    "renew",
    "resolve",
    "retire",
    "revoke",
    "revoke-code",
    "role",
    "settle_doubt",
    "split",
    "token",
    "unmerge",
    "unretire",
    "withdraw",
]
"""Every word for what was done; audit_words.py says what people call it."""


class Deed(NamedTuple):
    """``who`` is a credential's label."""

    at: float
    who: str
    what: What
    commune: str
    agent: int | None
    detail: str = ""


def note(connection: Connection, deed: Deed) -> None:
    """Add a row, each of its texts on one line."""
    deed = deed._replace(at=float(deed.at), who=one_line(deed.who), detail=one_line(deed.detail))
    connection.execute(AUDIT.insert().values(deed._asdict() | {"link": link_of(newest(connection).link, deed)}))


class End(NamedTuple):
    """The newest row's number and link; 0 and nothing while there is none."""

    id: int
    link: str


def newest(connection: Connection) -> End:
    """Where the audit ends."""
    row = connection.execute(select(AUDIT.c.id, AUDIT.c.link).order_by(AUDIT.c.id.desc()).limit(1)).one_or_none()
    return End(row.id, row.link) if row else End(0, "")


def broken(connection: Connection) -> Iterator[int]:
    """The numbers of rows that do not follow from the row before; each is checked against what stands there now."""
    before = ""
    query = select(AUDIT.c.id, *_ROW, AUDIT.c.link).order_by(AUDIT.c.id).execution_options(yield_per=1000)
    for row in connection.execute(query):
        if link_of(before, row[1:-1]) != row.link:
            yield row.id
        before = row.link


def one_line(text: str) -> str:
    """Without control characters, line ends and what no text of a ledger can hold: a space stands for each."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


operator = own_user.operator
"""Whoever gives a command at this computer, and as whom; alerts write the same down of theirs."""
