"""What the ledger knows of machines beside their results: contact, the machine itself, what it had to drop.

Rows are read and written many at a time, in the order of arrival.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Boolean, Column, Connection, Float, ForeignKey, Integer, LargeBinary, Table, Text, text

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Span

from . import spans
from .store import LEDGER

CONTACT = Table(
    "contact",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("boot", Text, nullable=False),
    Column("skew", Float, nullable=False),
    Column("spool_rows", Integer, nullable=False),
    Column("spool_oldest", Float),
    Column("spool_bytes", Integer, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False, default="silent"),
)
"""``state`` is what was last told of an agent while ``silent``: liveness.State.

``position`` is that of the newest envelope applied: while it stays, nothing else of the agent has changed either."""

DROPPED = Table(
    "dropped",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("spans", Text, nullable=False),
    Column("count", Integer, nullable=False),
)

MACHINE = Table(
    "machine",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("version", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("host", LargeBinary),
    Column("goodbye", Text),
    Column("back", Float),
    Column("assigned", Text, nullable=False, default=""),
)


class ContactRow(NamedTuple):
    """An agent in contact, with what it still holds."""

    agent: int
    at: float
    boot: str
    skew: float
    spool_rows: int
    spool_oldest: float | None
    spool_bytes: int
    position: int


class MachineRow(NamedTuple):
    """What a report said of the machine; ``received`` is when it arrived, and is not kept."""

    agent: int
    at: float
    version: str
    config: str
    host: bytes | None
    goodbye: str | None
    back: float | None
    assigned: str
    received: float


Dropped = dict[tuple[int, str], tuple[Span, ...]]
"""Which reports were dropped, by agent and stream."""


def silences(connection: Connection, agents: Iterable[int]) -> dict[int, bool]:
    """Whether each of these agents is known to be silent; one that was never in contact is left out."""
    rows = connection.exec_driver_sql(_SILENT, (encode(list(agents)).decode(),)).tuples()
    return {agent: bool(silent) for agent, silent in rows}


def dropped_by(connection: Connection, agents: Iterable[int]) -> Dropped:
    """What these agents had to drop so far."""
    rows = connection.exec_driver_sql(_DROPPED, (encode(list(agents)).decode(),)).tuples()
    return {(agent, stream): _spans(found) for agent, stream, found in rows}


def versions(connection: Connection) -> dict[str, int]:
    """How many agents in use last reported each version."""
    return dict(connection.execute(_VERSIONS).tuples().all())


def touch(connection: Connection, contacts: Sequence[ContactRow]) -> None:
    """Write who is in contact, which ends a silence."""
    if contacts:
        connection.exec_driver_sql(_TOUCH, list(contacts))


def meet(connection: Connection, machines: Sequence[MachineRow]) -> None:
    """Write what reports said of their machines: the newest stays, and nothing dated after a later arrival does."""
    if machines:
        connection.exec_driver_sql(_MEET, list(machines))


def write_dropped(connection: Connection, dropped: Dropped) -> None:
    """Write all the ranges of these streams."""
    rows = [(agent, stream, encode(ranges).decode(), spans.size(ranges)) for (agent, stream), ranges in dropped.items()]
    if rows:
        connection.exec_driver_sql(_DROP, rows)


_VERSIONS = text("""
    SELECT machine.version, count(*) FROM machine JOIN agent ON agent.id = machine.agent
    WHERE agent.retired_at IS NULL GROUP BY machine.version ORDER BY machine.version""")
_SILENT = "SELECT agent, silent FROM contact WHERE agent IN (SELECT value FROM json_each(?))"
_DROPPED = "SELECT agent, stream, spans FROM dropped WHERE agent IN (SELECT value FROM json_each(?))"
_TOUCH = """
    INSERT INTO contact (agent, at, boot, skew, spool_rows, spool_oldest, spool_bytes, position, silent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
    ON CONFLICT (agent) DO UPDATE SET at = excluded.at, boot = excluded.boot, skew = excluded.skew,
        spool_rows = excluded.spool_rows, spool_oldest = excluded.spool_oldest, spool_bytes = excluded.spool_bytes,
        position = excluded.position, silent = 0"""
_MEET = """
    INSERT INTO machine (agent, at, version, config, host, goodbye, back, assigned) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (agent) DO UPDATE SET at = excluded.at, version = excluded.version, config = excluded.config,
        host = excluded.host, goodbye = excluded.goodbye, back = excluded.back, assigned = excluded.assigned
    WHERE excluded.at >= machine.at OR machine.at > ?"""
_DROP = """
    INSERT INTO dropped (agent, stream, spans, count) VALUES (?, ?, ?, ?)
    ON CONFLICT (agent, stream) DO UPDATE SET spans = excluded.spans, count = excluded.count"""
_spans = msgspec.json.Decoder(tuple[Span, ...]).decode
