"""What the ledger knows of machines beside their results: contact, the machine itself, what it had to drop.

Rows are read and written many at a time, in the order of arrival.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    cast,
    func,
    select,
    text,
)

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Span

from . import spans
from .store import LEDGER
from .store.dialect import Direct, listed

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
MOST_COUNTED = 10**12
"""Of one stream. More are no reports that ever were, and the sum over an agent's streams must stay a whole number."""
DROPS = select(DROPPED.c.agent, cast(func.sum(DROPPED.c.count), BigInteger).label("count")).group_by(DROPPED.c.agent)
"""How many reports each agent had to drop. A sum of whole numbers is none in PostgreSQL unless it is cast."""

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
    rows = _SILENT.run(connection, (listed(agents),)).tuples()
    return {agent: bool(silent) for agent, silent in rows}


def dropped_by(connection: Connection, agents: Iterable[int]) -> Dropped:
    """What these agents had to drop so far."""
    rows = _DROPPED.run(connection, (listed(agents),)).tuples()
    return {(agent, stream): _spans(found) for agent, stream, found in rows}


def versions(connection: Connection) -> dict[str, int]:
    """How many agents in use last reported each version."""
    return dict(connection.execute(_VERSIONS).tuples().all())


def configs_of(connection: Connection, agents: Iterable[int]) -> set[str]:
    """Hashes of the profiles these agents followed last."""
    return set(connection.scalars(select(MACHINE.c.config).where(MACHINE.c.agent.in_(list(agents))).distinct()))


def touch(connection: Connection, contacts: Sequence[ContactRow]) -> None:
    """Write who is in contact, which ends a silence."""
    if contacts:
        _TOUCH.run(connection, list(contacts))


def meet(connection: Connection, machines: Sequence[MachineRow]) -> None:
    """Write what reports said of their machines: the newest stays, and nothing dated after a later arrival does."""
    if machines:
        _MEET.run(connection, list(machines))


def write_dropped(connection: Connection, dropped: Dropped) -> None:
    """Write all the ranges of these streams."""
    rows = [
        (agent, stream, encode(ranges).decode(), min(spans.size(ranges), MOST_COUNTED))
        for (agent, stream), ranges in dropped.items()
    ]
    if rows:
        _DROP.run(connection, rows)


_VERSIONS = text("""
    SELECT machine.version, count(*) FROM machine JOIN agent ON agent.id = machine.agent
    WHERE agent.retired_at IS NULL GROUP BY machine.version ORDER BY machine.version""")
_SILENT = Direct("SELECT agent, silent FROM contact WHERE agent IN ({numbers})")
_DROPPED = Direct("SELECT agent, stream, spans FROM dropped WHERE agent IN ({numbers})")
_TOUCH = Direct("""
    INSERT INTO contact (agent, at, boot, skew, spool_rows, spool_oldest, spool_bytes, position, silent, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, FALSE, 'silent')
    ON CONFLICT (agent) DO UPDATE SET at = excluded.at, boot = excluded.boot, skew = excluded.skew,
        spool_rows = excluded.spool_rows, spool_oldest = excluded.spool_oldest, spool_bytes = excluded.spool_bytes,
        position = excluded.position, silent = FALSE""")
_MEET = Direct("""
    INSERT INTO machine (agent, at, version, config, host, goodbye, back, assigned) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (agent) DO UPDATE SET at = excluded.at, version = excluded.version, config = excluded.config,
        host = excluded.host, goodbye = excluded.goodbye, back = excluded.back, assigned = excluded.assigned
    WHERE excluded.at >= machine.at OR machine.at > ?""")
_DROP = Direct("""
    INSERT INTO dropped (agent, stream, spans, count) VALUES (?, ?, ?, ?)
    ON CONFLICT (agent, stream) DO UPDATE SET spans = excluded.spans, count = excluded.count""")
_spans = msgspec.json.Decoder(tuple[Span, ...]).decode
