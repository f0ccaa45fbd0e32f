"""Applied inventories in the ledger: contents by hash, never changed, and when each was put into force.

Times are Unix seconds.
"""

import hashlib
from typing import NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Float, ForeignKey, Integer, LargeBinary, Table, Text, select, text

from sansang_agent.contract.codec import encode
from sansang_agent.contract.mistake import Mistake, SettingsError
from sansang_collector import audit
from sansang_collector.audit import Deed
from sansang_collector.store import LEDGER

from .model import Inventory

INVENTORY = Table(
    "inventory",
    LEDGER,
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("first_seen", Float, nullable=False),
)
APPLIED = Table(
    "inventory_applied",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, ForeignKey("inventory.hash"), nullable=False),
    Column("at", Float, nullable=False),
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,
)


class Applied(NamedTuple):
    """One putting into force."""

    number: int
    hash: str
    at: float
    note: str


class Version(NamedTuple):
    """An inventory in force, and since when."""

    applied: Applied
    inventory: Inventory


def inventory_hash(inventory: Inventory) -> str:
    """The first 32 hexadecimal digits of SHA-256 over the inventory's encoding."""
    return _digest(encode(inventory))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def apply(connection: Connection, inventory: Inventory, now: float, note: str) -> Applied | None:
    """Put ``inventory`` into force; None where it is in force already."""
    body = encode(inventory)
    name = _digest(body)
    last = newest(connection)
    if last is not None and last.hash == name:
        return None
    row = {"hash": name, "body": body, "first_seen": now}
    connection.execute(_KEEP, row)
    used = {"hash": name, "at": now, "note": note}
    number = int(connection.scalars(APPLIED.insert().values(used).returning(APPLIED.c.id)).one())
    return Applied(number, name, now, note)


def put(connection: Connection, inventory: Inventory, by: tuple[str, float], note: str) -> Applied | None:
    """The same, done ``by`` somebody at some moment, with its row in the audit."""
    who, now = by
    applied = apply(connection, inventory, now, note)
    if applied is not None:
        said = f"version {applied.number} ({applied.hash[:12]}): {note}".removesuffix(": ")
        audit.note(connection, Deed(now, who, "apply", "", None, said))
    return applied


_KEEP = text(
    "INSERT INTO inventory (hash, body, first_seen) VALUES (:hash, :body, :first_seen) ON CONFLICT (hash) DO NOTHING"
)


def newest(connection: Connection) -> Applied | None:
    """What is in force, without its contents."""
    return next(iter(history(connection, 1)), None)


def history(connection: Connection, limit: int = 100) -> list[Applied]:
    """What has been put into force, newest first."""
    rows = connection.execute(select(APPLIED).order_by(APPLIED.c.id.desc()).limit(limit))
    return [Applied(row.id, row.hash, row.at, row.note) for row in rows]


def current(connection: Connection) -> Version | None:
    """What is in force; raises SettingsError where its contents are no longer those of its hash."""
    applied = newest(connection)
    return _version(connection, applied) if applied else None


def numbered(connection: Connection, number: int) -> Version | None:
    """What was put into force as ``number``."""
    row = connection.execute(select(APPLIED).where(APPLIED.c.id == number)).one_or_none()
    return _version(connection, Applied(row.id, row.hash, row.at, row.note)) if row else None


def _version(connection: Connection, applied: Applied) -> Version:
    body = connection.scalars(select(INVENTORY.c.body).where(INVENTORY.c.hash == applied.hash)).one()
    if _digest(body) != applied.hash:
        said = f"the inventory of version {applied.number} is not what was applied; restore ledger.db or apply again"
        raise SettingsError([Mistake("ledger.db", 0, "", said)])
    return Version(applied, msgspec.json.decode(body, type=Inventory))
