"""What single machines were asked to look at now, by whom and why, and what they found."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text

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
_OPEN = REQUEST.c.answered_at.is_(None)
Index("request_open", REQUEST.c.expires_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
