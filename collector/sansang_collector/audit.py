"""Who changed or asked what, kept for ever and never rewritten."""

import getpass
import os
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, Table, Text

from .store import LEDGER

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
    sqlite_autoincrement=True,
)


class Deed(NamedTuple):
    """``who`` is a credential's label, ``what`` a short word such as ``ask`` or ``retire``."""

    at: float
    who: str
    what: str
    commune: str
    agent: int | None
    detail: str = ""


def note(connection: Connection, deed: Deed) -> None:
    """Add a row."""
    connection.execute(AUDIT.insert().values(deed._asdict()))


def operator() -> str:
    """Whoever gives a command at this computer, and as whom."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} (as {user})" if behind and behind != user else user
