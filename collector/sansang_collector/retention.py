"""Keeps both files bounded: what is older than its kind is kept for goes, in small batches between everything else.

Nothing goes that a consumer has not applied. Whatever is to be kept longer (reports around an incident, later on) has
to hold back ``upto`` in :func:`trim_log`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, delete, func, select

from sansang_alerts import forgetting as alerts_forgetting
from sansang_alerts.settings import AlertSettings

from . import chunk_history, chunks, join_codes, waiting
from .agents import AGENT
from .boots import BOOT
from .bundles import BUNDLE
from .changes import CHANGE
from .check_history import INTERVAL
from .chunk_history import CHUNK
from .consumers import Consumer, position_of
from .fronts import FRONT
from .incidents import forgetting
from .join_codes import JOIN_CODE
from .links import LINK, SESSION
from .log import ReportLog
from .requests import REQUEST
from .rounds import Rounds
from .rung_history import RUNG_INTERVAL
from .settings import Retention
from .store import Store
from .waiting import WAITING

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 300.0
ENVELOPES = 200
"""In one transaction of the log."""
ROWS = 2000
"""In one transaction of the ledger."""
INCIDENTS = 100
"""With their stories in one transaction."""
AGENTS = 20
"""Whose last hours are packed in one transaction."""
PAUSE_SECONDS = 0.05
"""Between two transactions, so that what arrives has the larger share of the disk."""
DAY = 86400.0
YEAR = 365.25 * DAY
BOOT_DAYS = 30
"""A spool keeps reports of earlier boots for a fortnight; what dates them must outlive that."""
MOST_BOOTS = 1_000
"""Of one machine: it would have to restart every forty minutes for a month."""
FAST_CLOCK = DAY
"""What arrived this far in the future was dated by a clock that has been set back since."""


class _Kind(NamedTuple):
    """Rows that lie in order of ``key`` within each of the ``groups``, and which keys go."""

    group: Column[int]
    key: Column[int]
    groups: Column[int]
    before: float


def keeping_bounded(
    log: ReportLog,
    store: Store,
    consumers: Sequence[Consumer],
    limits: Callable[[], Retention],
    alerts: Callable[[], AlertSettings | None],
    now: Callable[[], float],
) -> Rounds:
    """Looks every five minutes. ``alerts``: how long those who tell people keep it; None where this collector does not,
    and then what there is of it stays."""

    async def look() -> None:
        await trim_log(log, applied(store, consumers), limits(), now())
        await trim_ledger(store, limits(), now())
        if (kept := alerts()) is not None:
            await alerts_forgetting.forget(store, kept, now())

    return Rounds(LOOK_SECONDS, now, look, "what is old")


def applied(store: Store, consumers: Sequence[Consumer]) -> int:
    """The position up to which every consumer has applied the log."""
    with store.read() as connection:
        return min((position_of(connection, consumer.name) for consumer in consumers), default=0)


async def trim_log(log: ReportLog, upto: int, limits: Retention, now: float) -> int:
    """Delete envelopes up to ``upto`` that are too old or too many bytes; how many went."""
    keep = (now - limits.raw_days * DAY, now + FAST_CLOCK)
    went = 0
    while gone := await asyncio.wrap_future(log.forget(upto, keep, ENVELOPES)):
        went += gone
        await asyncio.sleep(PAUSE_SECONDS)
    while await asyncio.to_thread(log.used_bytes) > limits.raw_bytes:
        gone = await asyncio.wrap_future(log.forget(upto, None, ENVELOPES))
        if not gone:
            _LOG.warning("log.db is larger than retention.raw_bytes, but nothing more may go")
            break
        went += gone
        await asyncio.sleep(PAUSE_SECONDS)
    return went


async def trim_ledger(store: Store, limits: Retention, now: float) -> None:
    """Delete single results, chunks, intervals, changes, incidents and requests older than they are kept for, and what
    is spent.

    What goes is looked for on a reading connection, so that only deleting holds up others.
    """
    raw, chunk = now - limits.raw_days * DAY, now - limits.chunk_days * DAY
    unpacked = min(raw + DAY, now - chunk_history.OPEN_S)  # what is younger cannot be packed yet
    while silent := await asyncio.to_thread(_unpacked, store, unpacked):
        await store.write(partial(chunk_history.close_all, agents=silent, now=now))
        await asyncio.sleep(PAUSE_SECONDS)
    for kind in (
        _Kind(BUNDLE.c.agent, BUNDLE.c.last_ms, AGENT.c.id, raw * 1000),
        _Kind(CHUNK.c.agent, CHUNK.c.hour, AGENT.c.id, chunk // chunks.HOUR_S),
    ):
        while ends := await asyncio.to_thread(_oldest, store, kind):
            await store.write(partial(_delete_keyed, kind, ends))
            await asyncio.sleep(PAUSE_SECONDS)
    interval = (now - limits.interval_years * YEAR) * 1000
    for table, at, before in (
        (INTERVAL, INTERVAL.c.last_ms, interval),
        (RUNG_INTERVAL, RUNG_INTERVAL.c.last_ms, interval),
        (CHANGE, CHANGE.c.at, raw),
    ):
        while ids := await asyncio.to_thread(_oldest_ids, store, at, before):
            await store.write(partial(_delete_ids, table, ids))
            await asyncio.sleep(PAUSE_SECONDS)
    years = now - limits.interval_years * YEAR
    while gone := await asyncio.to_thread(_over, store, years, raw):
        await store.write(partial(forgetting.forget, incidents=gone))
        await asyncio.sleep(PAUSE_SECONDS)
    await store.write(partial(forgetting.forget_plans, before=years))
    for spent, age in (
        (LINK.c.expires_at, DAY),
        (SESSION.c.expires_at, DAY),
        (BOOT.c.at, BOOT_DAYS * DAY),
        (REQUEST.c.asked_at, limits.raw_days * DAY),
        (JOIN_CODE.c.expires_at, join_codes.KEPT_DAYS * DAY),
        (WAITING.c.seen_at, waiting.KEPT_DAYS * DAY),
    ):
        if await asyncio.to_thread(_any_before, store, spent, now - age):
            await store.write(partial(_delete_before, spent, now - age))

    for agent, last in await asyncio.to_thread(_surplus_boots, store):
        await store.write(partial(_delete_boots, agent, last))


def _over(store: Store, before: float, dropped_before: float) -> list[int]:
    with store.read() as connection:
        return forgetting.over(connection, before, dropped_before, INCIDENTS)


def _surplus_boots(store: Store) -> list[tuple[int, float]]:
    """Whoever has more boots than any machine in earnest, and the last moment of those that go."""
    many = select(BOOT.c.agent).group_by(BOOT.c.agent).having(func.count() > MOST_BOOTS)
    with store.read() as connection:
        crowded = connection.scalars(many).all()
        newest = select(BOOT.c.at).order_by(BOOT.c.at.desc()).offset(MOST_BOOTS).limit(1)
        return [(agent, connection.execute(newest.where(BOOT.c.agent == agent)).scalar_one()) for agent in crowded]


def _delete_boots(agent: int, last: float, connection: Connection) -> None:
    connection.execute(delete(BOOT).where(BOOT.c.agent == agent, BOOT.c.at <= last))


def _any_before(store: Store, column: Column[float], before: float) -> bool:
    with store.read() as connection:
        return connection.scalar(select(column).where(column < before).limit(1)) is not None


def _delete_before(column: Column[float], before: float, connection: Connection) -> None:
    connection.execute(delete(column.table).where(column < before))


def _unpacked(store: Store, before: float) -> list[int]:
    """Agents that have not been heard for so long that hours of theirs from before are still not in chunks."""
    late = FRONT.c.closed < int(before // chunks.SLOT_S)
    with store.read() as connection:
        return list(connection.scalars(select(FRONT.c.agent).where(late).limit(AGENTS)))


def _oldest(store: Store, kind: _Kind) -> list[tuple[int, int]]:
    """By group, up to which key rows go in the next transaction; none when nothing is too old."""
    found: list[tuple[int, int]] = []
    room = ROWS
    with store.read() as connection:
        for group in connection.execute(select(kind.groups)).scalars():
            old = select(kind.key).where(kind.group == group, kind.key < kind.before).order_by(kind.key).limit(room)
            count, last = connection.execute(select(func.count(), func.max(old.subquery().c[0]))).one()
            if count and last is not None:
                found.append((group, last))
                room -= count
            if room <= 0:
                break
    return found


def _delete_keyed(kind: _Kind, ends: Sequence[tuple[int, int]], connection: Connection) -> None:
    for group, last in ends:
        connection.execute(delete(kind.key.table).where(kind.group == group, kind.key <= last))


def _oldest_ids(store: Store, column: Column[Any], before: float) -> list[int]:
    """Rows that are too old, of the first ones written; never the newest, whose number says where the table ends."""
    number = column.table.c.id
    first = select(number, column.label("at")).order_by(number).limit(ROWS).subquery()
    newest = select(func.max(number)).scalar_subquery()
    with store.read() as connection:
        return list(connection.execute(select(first.c.id).where(first.c.at < before, first.c.id < newest)).scalars())


def _delete_ids(table: Table, ids: Sequence[int], connection: Connection) -> None:
    connection.execute(delete(table).where(table.c.id.in_(ids)))
