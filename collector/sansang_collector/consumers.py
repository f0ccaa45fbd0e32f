"""How consumers follow the report log: each with its own cursor, stored in the transaction of its effect.

A report takes effect exactly once per consumer even if the log holds it twice, because each consumer also keeps the
sequence numbers it has applied. A slow or failing consumer holds back nothing but itself.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Protocol

import msgspec
from msgspec import structs
from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, bindparam, delete, func, select, text
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.report import Report, Span

from . import changes, spans
from .log import Entry, ReportLog
from .news import News
from .store import LEDGER, Store

_LOG = logging.getLogger(__name__)

BATCH_REPORTS = 500
BATCH_SECONDS = 0.25
"""What comes within this time is applied together: a transaction costs as much as ten reports."""
RETRY_SECONDS = 1.0
MOST_RANGES = 1_000
"""Of applied numbers in one stream; a machine that reports in earnest has a handful, a stolen token may make any."""
MOST_STREAMS = 200
"""Of one machine, remembered; beyond that only those that are just being written. A spool is lost now and then."""

CURSOR = Table(
    "cursor",
    LEDGER,
    Column("consumer", Text, primary_key=True),
    Column("position", Integer, nullable=False),
)

APPLIED = Table(
    "applied",
    LEDGER,
    Column("consumer", Text, primary_key=True),
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("spans", Text, nullable=False),
)


class Consumer(Protocol):
    """Something that turns log entries into rows of the ledger."""

    name: str
    skipped: int
    """Entries left out because applying them failed, since the start."""

    @property
    def rest_seconds(self) -> float | None:
        """How long nothing comes until :meth:`rest` is called; None: it never is."""
        ...

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:
        """Take effect, inside the transaction; ``entries`` hold only reports this consumer has not applied."""
        ...

    def rest(self, connection: Connection, now: float) -> None:
        """Do what was put off, in a transaction of its own."""
        ...


def position_of(connection: Connection, consumer: str) -> int:
    """Up to where ``consumer`` has applied the log; 0 before its first entry."""
    return connection.scalar(select(CURSOR.c.position).where(CURSOR.c.consumer == consumer)) or 0


def furthest(connection: Connection) -> int:
    """Up to where any consumer has applied the log; 0 before the first entry."""
    return connection.scalar(select(func.max(CURSOR.c.position))) or 0


def take(consumer: Consumer, entries: Sequence[Entry], now: float, connection: Connection) -> int:
    """Apply what is new in ``entries`` and move the cursor; returns the number of the newest change."""
    done = position_of(connection, consumer.name)
    beyond = [entry for entry in entries if entry.position > done]
    if beyond:
        consumer.apply(connection, _fresh(connection, consumer.name, beyond), now)
        _move(connection, consumer.name, beyond[-1].position)
    return changes.newest(connection)


async def follow(
    consumer: Consumer,
    log: ReportLog,
    store: Store,
    news: News,
    now: Callable[[], float],
    wake: asyncio.Event,
    *,
    batch_s: float = BATCH_SECONDS,
) -> None:
    """Follow the log until cancelled; a cancellation waits for the transaction that is under way."""
    with store.read() as connection:
        position = position_of(connection, consumer.name)
    loop = asyncio.get_running_loop()
    while True:
        log.reached(consumer.name, position)
        wake.clear()
        began = loop.time()
        try:
            entries = await asyncio.to_thread(log.read_from, position, BATCH_REPORTS)
            if entries:
                position = await _take_or_skip(consumer, entries, store, news, now)
            elif not await _woken(wake, consumer.rest_seconds):
                await _rest(consumer, store, now())
        except OperationalError:  # the disk is full or the file is locked: nothing is wrong with the entries
            _LOG.exception("consumer %s cannot read or write; trying again", consumer.name)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if entries and sum(len(entry.reports) for entry in entries) < BATCH_REPORTS:
            await asyncio.sleep(began + batch_s - loop.time())


async def _woken(wake: asyncio.Event, within_s: float | None) -> bool:
    """Wait for news; False when none came in time."""
    try:
        async with asyncio.timeout(within_s):
            await wake.wait()
    except TimeoutError:
        return False
    return True


async def _rest(consumer: Consumer, store: Store, now: float) -> None:
    try:
        await store.write(lambda connection: consumer.rest(connection, now))
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001  # what was put off must not stop the consumer for good
        _LOG.exception("consumer %s cannot do what it put off", consumer.name)


async def _take_or_skip(
    consumer: Consumer, entries: Sequence[Entry], store: Store, news: News, now: Callable[[], float]
) -> int:
    """Apply a batch, or as much of its beginning as does not fail; the position reached. Raises OperationalError."""
    batch = entries
    while True:
        try:
            newest = await store.write(partial(take, consumer, batch, now()))
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001  # one bad entry must not stop the consumer for good
            if len(batch) > 1:
                batch = batch[: len(batch) // 2]
                continue
            _LOG.exception("consumer %s leaves out position %d", consumer.name, batch[0].position)
            await store.write(lambda connection: _move(connection, consumer.name, entries[0].position))
            consumer.skipped += 1
        else:
            await news.tell(newest)
        return batch[-1].position


def _move(connection: Connection, consumer: str, position: int) -> None:
    connection.execute(_MOVE, {"consumer": consumer, "position": position})


def _fresh(connection: Connection, consumer: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries without the reports ``consumer`` has applied before; marks the others as applied."""
    known = _applied(connection, consumer, {entry.agent for entry in entries})
    seen: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    fresh = []
    for entry in entries:
        kept: list[Report] = []
        for report in entry.reports:
            key = (entry.agent, report.stream)
            if report.seq not in seen[key] and not spans.holds(known.get(key, ()), report.seq):
                seen[key].add(report.seq)
                kept.append(report)
        fresh.append(entry if len(kept) == len(entry.reports) else structs.replace(entry, reports=tuple(kept)))
    new = {key: spans.join(known.get(key, ()), spans.of(some)) for key, some in seen.items() if some}
    _forget(connection, consumer, _crowded(known), seen.keys())
    _mark(connection, consumer, {key: spans.within(found, MOST_RANGES) for key, found in new.items()})
    return fresh


def _crowded(known: "Applied") -> list[int]:
    """Agents with more streams than any has in earnest."""
    return [agent for agent, streams in Counter(agent for agent, _ in known).items() if streams > MOST_STREAMS]


def _forget(connection: Connection, consumer: str, agents: Sequence[int], kept: Collection[tuple[int, str]]) -> None:
    """Remember of these agents no streams but those of ``kept``."""
    for agent in agents:
        mine = (APPLIED.c.consumer == consumer, APPLIED.c.agent == agent)
        streams = [stream for owner, stream in kept if owner == agent]
        connection.execute(delete(APPLIED).where(*mine, APPLIED.c.stream.not_in(streams)))


Applied = dict[tuple[int, str], tuple[Span, ...]]
"""By agent and stream."""


def _applied(connection: Connection, consumer: str, agents: set[int]) -> Applied:
    rows = connection.execute(_APPLIED, {"consumer": consumer, "agents": sorted(agents)})
    return {(agent, stream): _decode(found) for agent, stream, found in rows}


def _mark(connection: Connection, consumer: str, applied: Applied) -> None:
    rows = [
        {"consumer": consumer, "agent": agent, "stream": stream, "spans": msgspec.json.encode(found).decode()}
        for (agent, stream), found in applied.items()
    ]
    if rows:
        connection.execute(_MARK, rows)


_decode = msgspec.json.Decoder(tuple[Span, ...]).decode
_MOVE = text(
    "INSERT INTO cursor (consumer, position) VALUES (:consumer, :position)"
    " ON CONFLICT (consumer) DO UPDATE SET position = excluded.position"
)
_APPLIED = text("SELECT agent, stream, spans FROM applied WHERE consumer = :consumer AND agent IN :agents").bindparams(
    bindparam("agents", expanding=True)
)
_MARK = text(
    "INSERT INTO applied (consumer, agent, stream, spans) VALUES (:consumer, :agent, :stream, :spans)"
    " ON CONFLICT (consumer, agent, stream) DO UPDATE SET spans = excluded.spans"
)
