"""Chunks as rows of the ledger: one per agent and hour, and the newest five minutes beside them.

The five minutes still being measured lie unpacked in a small row of their own: packing an hour anew for every report
would cost many times what everything else does with it. Reading puts both together.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, Table

from sansang_agent.contract.report import Result

from . import chunks
from .chunks import Block, Slots, Summary
from .store import LEDGER

CHUNK = Table(
    "chunk",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
CHUNK_OPEN = Table(
    "chunk_open",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("slot", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

OPEN_SLOTS = 2
"""The five minutes of now and those before them are open; what is older goes into its chunk."""
SLOTS_PER_HOUR = chunks.HOUR_S // chunks.SLOT_S


class Measured(NamedTuple):
    """One result and when it was measured, in Unix seconds."""

    at: float
    result: Result


def add(connection: Connection, agent: int, found: Iterable[Measured], now: float) -> None:
    """Put an agent's results into its chunks; those of the newest five minutes into their open row."""
    fresh: defaultdict[int, Block] = defaultdict(dict)
    for one in found:
        slot = int(one.at // chunks.SLOT_S)
        chunks.add(fresh[slot], one.result.check, slot, chunks.of(one.result))
    first_open = int(now // chunks.SLOT_S) - OPEN_SLOTS + 1
    known = _open(connection, agent)
    for slot, body in known.items():
        if slot in fresh or slot < first_open:
            chunks.join(fresh[slot], chunks.decode(body))
    for slot, block in fresh.items():
        if slot >= first_open:
            _put(connection, "chunk_open", "slot", (agent, slot), chunks.encode(block, chunks.UNPACKED))
    _close(connection, agent, {slot: block for slot, block in fresh.items() if slot < first_open}, set(known))


def _close(connection: Connection, agent: int, slots: dict[int, Block], opened: set[int]) -> None:
    """Move five minutes that are over into the chunks of their hours."""
    hours: defaultdict[int, Block] = defaultdict(dict)
    for slot, block in slots.items():
        chunks.join(hours[slot // SLOTS_PER_HOUR], block)
    for hour, block in hours.items():
        body = connection.exec_driver_sql("SELECT body FROM chunk WHERE agent = ? AND hour = ?", (agent, hour)).scalar()
        if body:
            chunks.join(block, chunks.decode(body))
        _put(connection, "chunk", "hour", (agent, hour), chunks.encode(block))
    for slot in opened & slots.keys():
        connection.exec_driver_sql("DELETE FROM chunk_open WHERE agent = ? AND slot = ?", (agent, slot))


def _open(connection: Connection, agent: int) -> dict[int, bytes]:
    rows = connection.exec_driver_sql("SELECT slot, body FROM chunk_open WHERE agent = ?", (agent,))
    return {row.slot: row.body for row in rows}


def _put(connection: Connection, table: str, column: str, key: tuple[int, int], body: bytes) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO {table} (agent, {column}, body) VALUES (?, ?, ?)"  # noqa: S608  # made of constants
        f" ON CONFLICT (agent, {column}) DO UPDATE SET body = excluded.body",
        (*key, body),
    )


def read(connection: Connection, agent: int, check: str, first: float, last: float, step_s: int) -> dict[int, Summary]:
    """Summaries of one check by the second they begin at, of all steps that overlap the window."""
    found: Block = {}
    for body in _bodies(connection, agent, first // step_s * step_s, last):
        chunks.join(found, {check: chunks.decode_check(body, check)})
    return _steps(found.get(check, {}), first, last, step_s)


def read_all(
    connection: Connection, agent: int, first: float, last: float, step_s: int
) -> dict[str, dict[int, Summary]]:
    """The same of every check at once."""
    found: Block = {}
    for body in _bodies(connection, agent, first // step_s * step_s, last):
        chunks.join(found, chunks.decode(body))
    return {check: _steps(slots, first, last, step_s) for check, slots in found.items()}


def _bodies(connection: Connection, agent: int, first: float, last: float) -> list[bytes]:
    asked = (agent, int(first // chunks.HOUR_S), int(last // chunks.HOUR_S))
    rows = connection.exec_driver_sql("SELECT body FROM chunk WHERE agent = ? AND hour BETWEEN ? AND ?", asked)
    return [*(row.body for row in rows), *_open(connection, agent).values()]


def _steps(slots: Slots, first: float, last: float, step_s: int) -> dict[int, Summary]:
    begin = first // step_s * step_s
    return chunks.coarser([one for one in slots.items() if begin <= one[0] * chunks.SLOT_S < last], step_s)
