"""Machines that asked to be let in without a code and wait until somebody decides."""

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, Table, Text

from .store import LEDGER

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
    sqlite_autoincrement=True,
)
"""``claim``: SHA-256 of the machine's secret. ``word``: what the PC and the page both show."""
