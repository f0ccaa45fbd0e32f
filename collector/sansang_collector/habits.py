"""When a commune's machines are usually off, learned from their contacts by weekday and quarter of an hour."""

from sqlalchemy import Column, Float, LargeBinary, Table, Text

from .store import LEDGER

HABIT = Table(
    "habit",
    LEDGER,
    Column("commune", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("learned_at", Float, nullable=False),
)
