"""The report log: every authenticated envelope in order of arrival, durable before it is answered.

One thread writes; it takes everything that waits into one transaction (group commit). What it has just written stays
in memory until all consumers have it, so that nothing is decoded twice while they keep up.
"""

import hashlib
import logging
import queue
import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from operator import attrgetter
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Row

from sansang_agent.contract.codec import encode, report_code
from sansang_agent.contract.report import Report, Sent, SpoolState

from . import forgetting
from .store.log_schema import MIGRATIONS
from .store.opening import open_migrated

_LOG = logging.getLogger(__name__)

RECENT_BYTES = 8_388_608
"""How many bytes of the newest envelopes, as they came, stay decoded in memory."""
ENVELOPE_BYTES = 500
"""What an envelope counts for beside its reports: one without any takes room too."""

CONFLICT = "conflict"


class Taken(msgspec.Struct, frozen=True):
    """A report that passed validation, with the exact bytes it came in."""

    index: int
    report: Report
    body: bytes


class Arrival(msgspec.Struct, frozen=True):
    """An authenticated envelope as ingest hands it over."""

    agent: int
    received: float
    sent: Sent
    spool: SpoolState
    reports: tuple[Taken, ...]


class Entry(msgspec.Struct, frozen=True):
    """An envelope in the log; ``position`` grows by one and is what cursors point at."""

    position: int
    agent: int
    received: float
    sent: Sent
    spool: SpoolState
    reports: tuple[Report, ...]


class Stored(msgspec.Struct, frozen=True):
    """What became of an arrival, once durable: which reports the log holds, which contradict what it holds."""

    kept: tuple[Taken, ...]
    conflicts: tuple[Taken, ...]


_Waiting = tuple[Arrival, "Future[Stored]"]


class ReportLog:
    """log.db and its writer thread."""

    on_commit: Callable[[], object]
    """Called from the writer thread after every commit."""

    def __init__(self, folder: Path) -> None:
        self._writing, self._reading = open_migrated(folder / "log.db", MIGRATIONS)
        with self._reading.connect() as connection:
            self._position = connection.exec_driver_sql("SELECT max(position) FROM envelope").scalar() or 0
        self.on_commit = lambda: None
        self._waiting: queue.SimpleQueue[_Waiting | forgetting.Wish | None] = queue.SimpleQueue()
        self._pending_reports = 0
        self._seconds_per_report = 0.0
        self._recent: deque[tuple[Entry, int]] = deque()
        self._recent_bytes = 0
        self._reached: dict[str, int] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the writer thread lives."""
        return self._thread.is_alive()

    @property
    def position(self) -> int:
        """The newest durable position; 0 for an empty log."""
        return self._position

    @property
    def queue_seconds(self) -> float:
        """How long the writer will need for what waits, by what it needed lately."""
        return self._pending_reports * self._seconds_per_report

    def append(self, arrival: Arrival) -> "Future[Stored]":
        """Queue an arrival; the future is done once it is durable, or holds why it could not be written."""
        done: Future[Stored] = Future()
        done.set_running_or_notify_cancel()  # from here on nobody can cancel it under the writer's hands
        with self._lock:
            self._pending_reports += 1 + len(arrival.reports)
        self._waiting.put((arrival, done))
        return done

    def read_from(self, position: int, limit: int) -> list[Entry]:
        """Entries beyond ``position``, oldest first, until they hold ``limit`` reports; one at least, if any."""
        with self._lock:
            if position >= self._position:
                return []
            recent = [entry for entry, _ in self._recent]
        if recent and recent[0].position <= position + 1:
            return _until(recent[bisect_right(recent, position, key=attrgetter("position")) :], limit)
        with self._reading.connect() as connection:
            return _read(connection, position, limit)

    def reached(self, consumer: str, position: int) -> None:
        """``consumer`` has everything up to ``position``; what all who ever said so have leaves memory."""
        with self._lock:
            self._reached[consumer] = position
            done = min(self._reached.values())
            while self._recent and self._recent[0][0].position <= done:
                self._recent_bytes -= self._recent.popleft()[1]

    def forget(self, upto: int, keep: tuple[float, float] | None, limit: int) -> "Future[int]":
        """Delete at most ``limit`` of the oldest envelopes up to position ``upto``, the oldest first; how many went.

        It stops at the first that arrived within ``keep`` (Unix seconds). The newest always stays: the log's end is
        where it ends.
        """
        done: Future[int] = Future()
        done.set_running_or_notify_cancel()
        self._waiting.put(forgetting.Wish(min(upto, self._position - 1), keep, limit, done))
        return done

    def used_bytes(self) -> int:
        """What the file holds, without the pages that are free for what comes."""
        with self._reading.connect() as connection:
            pages, free, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def oldest_arrival(self) -> float | None:
        """When the oldest envelope still in the log arrived, Unix seconds."""
        with self._reading.connect() as connection:
            found = connection.exec_driver_sql("SELECT received FROM envelope ORDER BY position LIMIT 1").scalar()
        return None if found is None else float(found)

    def find_code(self, code: str) -> list[tuple[int, Report, Sent, float]]:
        """Reports with this six-character code, newest first: agent, report, the sender's clocks, received."""
        with self._reading.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT r.agent, r.body, e.boot, e.mono, e.wall, e.received FROM report r JOIN envelope e"
                " USING (position) WHERE r.code = ? ORDER BY r.id DESC LIMIT 10",
                (code,),
            )
            return [
                (row.agent, _decode(row.body), Sent(boot=row.boot, mono=row.mono, wall=row.wall), row.received)
                for row in rows
            ]

    def close(self) -> None:
        """Write what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()
        self._reading.dispose()
        self._writing.dispose()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            stopping = None in group
            self._write_group([waiting for waiting in group if isinstance(waiting, tuple)])
            for waiting in group:
                if isinstance(waiting, forgetting.Wish):
                    self._forget(waiting)

    def _write_group(self, group: Sequence[_Waiting]) -> None:
        if not group:
            return
        began = time.perf_counter()
        try:
            outcomes = self._commit([arrival for arrival, _ in group])
        except Exception as error:  # noqa: BLE001  # whoever waits for the arrival is told; the thread lives on
            if len(group) > 1:
                for waiting in group:  # so that one arrival cannot take its neighbours with it
                    self._write_group([waiting])
                return
            _LOG.exception("an envelope could not be written to the report log")
            self._settle(group, time.perf_counter() - began)
            group[0][1].set_exception(error)
            return
        self._settle(group, time.perf_counter() - began)
        for (_, done), outcome in zip(group, outcomes, strict=True):
            done.set_result(outcome)
        self.on_commit()

    def _forget(self, wish: forgetting.Wish) -> None:
        try:
            with self._writing.begin() as connection:
                gone = forgetting.delete_oldest(connection, wish)
        except Exception as error:  # noqa: BLE001  # whoever wishes it is told; the thread lives on
            wish.done.set_exception(error)
        else:
            wish.done.set_result(gone)

    def _settle(self, group: Sequence[_Waiting], seconds: float) -> None:
        count = sum(1 + len(arrival.reports) for arrival, _ in group)
        with self._lock:
            self._pending_reports -= count
            # An average over the last few groups: one slow fsync must not close the door.
            self._seconds_per_report += (seconds / count - self._seconds_per_report) / 8

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        with self._writing.begin() as connection:
            written = [_insert(connection, arrival) for arrival in arrivals]
        with self._lock:
            for (entry, _), arrival in zip(written, arrivals, strict=True):
                size = _size(arrival)
                self._recent.append((entry, size))
                self._recent_bytes += size
            while self._recent_bytes > RECENT_BYTES and len(self._recent) > 1:
                self._recent_bytes -= self._recent.popleft()[1]
            self._position = written[-1][0].position
        return [stored for _, stored in written]


def _size(arrival: Arrival) -> int:
    dropped = 16 * len(arrival.spool.dropped)
    return ENVELOPE_BYTES + dropped + sum(len(taken.body) for taken in arrival.reports)


def _insert(connection: Connection, arrival: Arrival) -> tuple[Entry, Stored]:
    sent = arrival.sent
    position = connection.exec_driver_sql(
        "INSERT INTO envelope (agent, received, boot, mono, wall, spool) VALUES (?, ?, ?, ?, ?, ?)",
        (arrival.agent, arrival.received, sent.boot, sent.mono, sent.wall, encode(arrival.spool)),
    ).lastrowid
    assert position is not None
    kept, conflicts, new = [], [], []
    for taken in arrival.reports:
        digest = hashlib.sha256(taken.body).digest()
        if _insert_report(connection, position, arrival.agent, taken, digest):
            new.append(taken.report)
            kept.append(taken)
        elif _digest_of(connection, arrival.agent, taken.report) == digest:
            kept.append(taken)
        else:
            conflicts.append(taken)
    entry = Entry(position, arrival.agent, arrival.received, sent, arrival.spool, tuple(new))
    return entry, Stored(tuple(kept), tuple(conflicts))


def _insert_report(connection: Connection, position: int, agent: int, taken: Taken, digest: bytes) -> bool:
    report = taken.report
    code = report_code(report.stream, report.seq)
    done = connection.exec_driver_sql(
        "INSERT INTO report (position, agent, stream, seq, digest, code, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent, stream, seq) DO NOTHING",
        (position, agent, report.stream, report.seq, digest, code, taken.body),
    )
    return done.rowcount == 1


def _digest_of(connection: Connection, agent: int, report: Report) -> bytes:
    found = connection.exec_driver_sql(
        "SELECT digest FROM report WHERE agent = ? AND stream = ? AND seq = ?", (agent, report.stream, report.seq)
    )
    return bytes(found.scalar_one())


def _read(connection: Connection, position: int, limit: int) -> list[Entry]:
    envelopes = connection.exec_driver_sql(
        "SELECT * FROM envelope WHERE position > ? ORDER BY position LIMIT ?", (position, limit)
    ).all()
    entries: list[Entry] = []
    count = 0
    for envelope in envelopes:
        if count >= limit:
            break
        entries.append(_entry(connection, envelope))
        count += len(entries[-1].reports)
    return entries


def _entry(connection: Connection, envelope: Row[tuple[object, ...]]) -> Entry:
    bodies = connection.exec_driver_sql(
        "SELECT body FROM report WHERE position = ? ORDER BY id", (envelope.position,)
    ).scalars()
    return Entry(
        envelope.position,
        envelope.agent,
        envelope.received,
        Sent(boot=envelope.boot, mono=envelope.mono, wall=envelope.wall),
        msgspec.json.decode(envelope.spool, type=SpoolState),
        tuple(_decode(body) for body in bodies),
    )


def _until(entries: list[Entry], limit: int) -> list[Entry]:
    count = 0
    for index, entry in enumerate(entries):
        count += len(entry.reports)
        if count >= limit:
            return entries[: index + 1]
    return entries


_decode = msgspec.json.Decoder(Report).decode
