"""How consumers follow the report log: each with its own cursor, stored in the transaction of its effect.

A report takes effect exactly once per consumer even if the log holds it twice, because each consumer also keeps the
sequence numbers it has applied. A slow or failing consumer holds back nothing but itself.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from sansang_agent.contract.report import Report, Span

from . import changes, spans
from .log import Entry, ReportLog
from .news import News
from .store import LEDGER, Store

_LOG = logging.getLogger(__name__)

BATCH_REPORTS = 500
RETRY_SECONDS = 1.0

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

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:
        """Take effect, inside the transaction; ``entries`` hold only reports this consumer has not applied."""
        ...


def position_of(connection: Connection, consumer: str) -> int:
    """Up to where ``consumer`` has applied the log; 0 before its first entry."""
    return connection.scalar(select(CURSOR.c.position).where(CURSOR.c.consumer == consumer)) or 0


def take(consumer: Consumer, entries: Sequence[Entry], now: float, connection: Connection) -> int:
    """Apply what is new in ``entries`` and move the cursor; returns the number of the newest change."""
    done = position_of(connection, consumer.name)
    beyond = [entry for entry in entries if entry.position > done]
    if beyond:
        consumer.apply(connection, _fresh(connection, consumer.name, beyond), now)
        _move(connection, consumer.name, beyond[-1].position)
    return changes.newest(connection)


async def follow(
    consumer: Consumer, log: ReportLog, store: Store, news: News, now: Callable[[], float], wake: asyncio.Event
) -> None:
    """Follow the log until cancelled; a cancellation waits for the transaction that is under way."""
    with store.read() as connection:
        position = position_of(connection, consumer.name)
    while True:
        log.reached(consumer.name, position)
        wake.clear()
        try:
            entries = await asyncio.to_thread(log.read_from, position, BATCH_REPORTS)
            if entries:
                position = await _take_or_skip(consumer, entries, store, news, now)
        except OperationalError:  # the disk is full or the file is locked: nothing is wrong with the entries
            _LOG.exception("consumer %s cannot read or write; trying again", consumer.name)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        if not entries:
            await wake.wait()


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
    new = insert(CURSOR).values(consumer=consumer, position=position)
    connection.execute(
        new.on_conflict_do_update(index_elements=[CURSOR.c.consumer], set_={"position": new.excluded.position})
    )


def _fresh(connection: Connection, consumer: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries without the reports ``consumer`` has applied before; marks the others as applied."""
    known: dict[tuple[int, str], tuple[Span, ...]] = {}
    seen: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    fresh = []
    for entry in entries:
        kept: list[Report] = []
        for report in entry.reports:
            key = (entry.agent, report.stream)
            if key not in known:
                known[key] = _applied(connection, consumer, *key)
            if report.seq not in seen[key] and not spans.holds(known[key], report.seq):
                seen[key].add(report.seq)
                kept.append(report)
        fresh.append(msgspec.structs.replace(entry, reports=tuple(kept)))
    for key, numbers in seen.items():
        if numbers:
            _mark(connection, consumer, *key, spans.join(known[key], spans.of(numbers)))
    return fresh


def _applied(connection: Connection, consumer: str, agent: int, stream: str) -> tuple[Span, ...]:
    found = connection.scalar(
        select(APPLIED.c.spans).where(
            APPLIED.c.consumer == consumer, APPLIED.c.agent == agent, APPLIED.c.stream == stream
        )
    )
    return msgspec.json.decode(found, type=tuple[Span, ...]) if found else ()


def _mark(connection: Connection, consumer: str, agent: int, stream: str, applied: tuple[Span, ...]) -> None:
    row = {"consumer": consumer, "agent": agent, "stream": stream, "spans": msgspec.json.encode(applied).decode()}
    new = insert(APPLIED).values(row)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[APPLIED.c.consumer, APPLIED.c.agent, APPLIED.c.stream], set_={"spans": new.excluded.spans}
        )
    )
