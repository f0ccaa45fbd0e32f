"""Join codes as the ledger keeps them: the key made of each, never the code, with how often and until when it holds."""

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, Table, Text

from .store import LEDGER

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
