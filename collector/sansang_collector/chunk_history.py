"""Chunks as rows of the ledger: one per agent and hour, made from single results once the hour is over.

Packing an hour anew for every report would cost many times what everything else does with it. Until then reading sums
up the single results themselves; what arrives later is added to its chunk.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Column, Connection, ForeignKey, Integer, LargeBinary, Table

from . import bundles, chunks, fronts
from .chunks import SLOT_MS, Block, Single, Slots, Summary
from .fronts import Front
from .store import LEDGER

CHUNK = Table(
    "chunk",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

SLOTS_PER_HOUR = chunks.HOUR_S // chunks.SLOT_S
GRACE_S = 300
"""How long after its end an hour stays open, for what is still on its way."""
TURN_S = 1800
"""Agents close their hours one after the other within this time, so that not all of them do so at once."""

OPEN_S = chunks.HOUR_S + GRACE_S + TURN_S
"""The longest that a result waits for its chunk."""


def first_open(agent: int, now: float) -> int:
    """The first five minutes, by number, that are not yet in a chunk."""
    turn = agent * 37 % TURN_S
    return int((now - GRACE_S - turn) // chunks.HOUR_S) * SLOTS_PER_HOUR


def add(connection: Connection, agent: int, front: Front, late: Iterable[Single], now: float) -> None:
    """Put results of closed hours into their chunks, and close the hours that are over.

    All other results must be in the ledger; ``front`` is told what is closed now.
    """
    block = chunks.summed(_named(front, late))
    upto = first_open(agent, now)
    if upto > front.closed:
        # one by one: the results of an hour lying in memory together would be the most that the collector ever needs
        over = bundles.between(connection, agent, front.closed * SLOT_MS, upto * SLOT_MS - 1)
        chunks.join(block, chunks.summed(_named(front, over)))
        front.closed = upto
        fronts.stretch_rows(connection, front.tips.values())
    if block:
        _join(connection, agent, block)


def close_all(connection: Connection, agents: Sequence[int], now: float) -> None:
    """Close the hours that are over of agents that do not report any more."""
    known = fronts.read(connection, agents)
    for agent, front in known.items():
        add(connection, agent, front, (), now)
    fronts.write(connection, known)


def _named(front: Front, found: Iterable[Single]) -> Iterator[tuple[str, Single]]:
    checks = {tip.series: check for check, tip in front.tips.items()}
    return ((checks[one.series], one) for one in found)


def _join(connection: Connection, agent: int, block: Block) -> None:
    hours: defaultdict[int, Block] = defaultdict(dict)
    for check, slots in block.items():
        for slot, summary in slots.items():
            chunks.add(hours[slot // SLOTS_PER_HOUR], check, slot, summary)
    for hour, fresh in hours.items():
        body = connection.exec_driver_sql("SELECT body FROM chunk WHERE agent = ? AND hour = ?", (agent, hour)).scalar()
        if body:
            chunks.join(fresh, chunks.decode(body))
        connection.exec_driver_sql(
            "INSERT INTO chunk (agent, hour, body) VALUES (?, ?, ?)"
            " ON CONFLICT (agent, hour) DO UPDATE SET body = excluded.body",
            (agent, hour, chunks.encode(fresh)),
        )


def read(connection: Connection, agent: int, check: str, first: float, last: float, step_s: int) -> dict[int, Summary]:
    """Summaries of one check by the second they begin at, of all steps that overlap the window."""
    found = _open(connection, agent, first // step_s * step_s, last)
    for body in _bodies(connection, agent, first // step_s * step_s, last):
        chunks.join(found, {check: chunks.decode_check(body, check)})
    return _steps(found.get(check, {}), first, last, step_s)


def read_all(
    connection: Connection, agent: int, first: float, last: float, step_s: int
) -> dict[str, dict[int, Summary]]:
    """The same of every check at once."""
    found = _open(connection, agent, first // step_s * step_s, last)
    for body in _bodies(connection, agent, first // step_s * step_s, last):
        chunks.join(found, chunks.decode(body))
    return {check: _steps(slots, first, last, step_s) for check, slots in found.items()}


def _bodies(connection: Connection, agent: int, first: float, last: float) -> list[bytes]:
    asked = (agent, int(first // chunks.HOUR_S), int(last // chunks.HOUR_S))
    rows = connection.exec_driver_sql("SELECT body FROM chunk WHERE agent = ? AND hour BETWEEN ? AND ?", asked)
    return [row.body for row in rows]


def _open(connection: Connection, agent: int, first: float, last: float) -> Block:
    """What is not in chunks yet."""
    front = fronts.read(connection, [agent]).get(agent)
    if front is None:
        return {}
    begin_ms = max(front.closed * SLOT_MS, int(first * 1000))
    return chunks.summed(_named(front, bundles.between(connection, agent, begin_ms, int(last * 1000))))


def _steps(slots: Slots, first: float, last: float, step_s: int) -> dict[int, Summary]:
    begin = first // step_s * step_s
    return chunks.coarser([one for one in slots.items() if begin <= one[0] * chunks.SLOT_S < last], step_s)
