"""The report log: every authenticated envelope in order of arrival, durable before it is answered.

One thread writes; it takes everything that waits into one transaction (group commit). What it has just written stays
in memory until all consumers have it, so that nothing is decoded twice while they keep up.
"""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from sansang_agent.contract.report import Report, Sent

from . import forgetting, log_rows
from .arrivals import Arrival, Entry, Stored, Taken
from .rhythm import Rhythm
from .store.log_schema import MIGRATIONS
from .store.opening import driver_connection, open_migrated

__all__ = ["Arrival", "Entry", "Outcome", "ReportLog", "Stored", "Taken"]

_LOG = logging.getLogger(__name__)

RECENT_BYTES = 8_388_608
"""How many bytes of the newest envelopes, as they came, stay decoded in memory."""
ENVELOPE_BYTES = 500
"""What an envelope counts for beside its reports: one without any takes room too."""

Outcome = Stored | Exception
"""What became of an arrival, or why it could not be written."""


class _Waiting(NamedTuple):
    """An arrival, and who is told what became of it: on that loop, or in the writer's thread where there is none."""

    arrival: Arrival
    tell: Callable[[Outcome], object]
    loop: asyncio.AbstractEventLoop | None


class ReportLog:
    """log.db and its writer thread."""

    on_commit: Callable[[], object]
    """Called from the writer thread after every commit."""

    def __init__(self, folder: Path, after: int = 0) -> None:
        """Open or make the file; it goes on after its end, and after ``after``: up to there a lost one was read."""
        self._writing, self._reading = open_migrated(folder / "log.db", MIGRATIONS)
        with self._reading.connect() as connection:
            end = connection.exec_driver_sql("SELECT max(position) FROM envelope").scalar() or 0
        if after > end:
            _LOG.warning("log.db ends at %d but was read up to %d: it was lost or is an older one", end, after)
        self._position = max(end, after)
        self._rows = driver_connection(self._writing)
        self.on_commit = lambda: None
        self._waiting: queue.SimpleQueue[_Waiting | forgetting.Wish | None] = queue.SimpleQueue()
        self._pending_reports = 0
        self._insert_seconds = 0.0
        self._commit_seconds = 0.0
        self._busy_since: float | None = None
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
        """How long the writer will need for what waits, by what it needed lately; a commit takes long but once.

        While it has been at something for longer than that, for a lock or a slow disk, it is expected to take as long
        again.
        """
        pending, since = self._pending_reports, self._busy_since
        lately = pending * self._insert_seconds + self._commit_seconds if pending else 0.0
        return lately if since is None else max(lately, time.monotonic() - since)

    def append(self, arrival: Arrival) -> "Future[Stored]":
        """Queue an arrival; the future is done once it is durable, or holds why it could not be written."""
        done: Future[Stored] = Future()
        done.set_running_or_notify_cancel()  # from here on nobody can cancel it under the writer's hands

        def tell(outcome: Outcome) -> None:
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self._put(_Waiting(arrival, tell, None))
        return done

    def append_from(self, loop: asyncio.AbstractEventLoop, arrival: Arrival, tell: Callable[[Outcome], object]) -> None:
        """Queue an arrival; ``tell`` is called on ``loop``, woken once for all that were committed together."""
        self._put(_Waiting(arrival, tell, loop))

    def read_from(self, position: int, limit: int) -> list[Entry]:
        """Entries beyond ``position``, oldest first, until they hold ``limit`` reports; one at least, if any."""
        with self._lock:
            if position >= self._position:
                return []
            recent = [entry for entry, _ in self._recent]
        if recent and recent[0].position <= position + 1:
            return _until(recent[bisect_right(recent, position, key=attrgetter("position")) :], limit)
        with self._reading.connect() as connection:
            return log_rows.read(connection, position, limit)

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

    def at(self, positions: Sequence[int]) -> list[Entry]:
        """The entries at these positions, as far as they are still there, in their order."""
        with self._reading.connect() as connection:
            return log_rows.at(connection, positions)

    def oldest_arrival(self) -> float | None:
        """When the oldest envelope still in the log arrived, Unix seconds."""
        with self._reading.connect() as connection:
            found = connection.exec_driver_sql("SELECT received FROM envelope ORDER BY position LIMIT 1").scalar()
        return None if found is None else float(found)

    def find_code(self, code: str) -> list[tuple[int, Report, Sent, float]]:
        """Reports with this six-character code, newest first: agent, report, the sender's clocks, received."""
        with self._reading.connect() as connection:
            return log_rows.find_code(connection, code)

    def close(self) -> None:
        """Write what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()
        self._rows.close()
        self._reading.dispose()
        self._writing.dispose()

    def _put(self, waiting: _Waiting) -> None:
        with self._lock:
            self._pending_reports += 1 + len(waiting.arrival.reports)
        self._waiting.put(waiting)

    def _run(self) -> None:
        rhythm = Rhythm(time.monotonic())
        stopping = False
        while not stopping:
            group = [self._waiting.get()]
            if (patience := rhythm.patience(1 + self._waiting.qsize())) and group != [None]:
                time.sleep(patience)
            while not self._waiting.empty():
                group.append(self._waiting.get())
            stopping = None in group
            self._busy_since = time.monotonic()
            rhythm.came(len(group), self._busy_since)
            self._write_group([waiting for waiting in group if isinstance(waiting, _Waiting)])
            for waiting in group:
                if isinstance(waiting, forgetting.Wish):
                    self._forget(waiting)
            self._busy_since = None

    def _write_group(self, group: Sequence[_Waiting]) -> None:
        if not group:
            return
        try:
            outcomes: Sequence[Outcome] = self._commit([waiting.arrival for waiting in group])
        except Exception as error:  # noqa: BLE001  # whoever waits for the arrival is told; the thread lives on
            if len(group) > 1 and not isinstance(error, sqlite3.OperationalError):
                for waiting in group:  # so that one arrival cannot take its neighbours with it
                    self._write_group([waiting])
                return
            # The disk is full or the file locked: each alone would only wait and fail again.
            _LOG.exception("%d envelopes could not be written to the report log", len(group))
            outcomes = [error] * len(group)
        with self._lock:
            self._pending_reports -= sum(1 + len(waiting.arrival.reports) for waiting in group)
        _tell(group, outcomes)
        if not isinstance(outcomes[0], Exception):
            self.on_commit()

    def _forget(self, wish: forgetting.Wish) -> None:
        try:
            with self._writing.begin() as connection:
                gone = forgetting.delete_oldest(connection, wish)
        except Exception as error:  # noqa: BLE001  # whoever wishes it is told; the thread lives on
            wish.done.set_exception(error)
        else:
            wish.done.set_result(gone)

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Stored]:
        began = time.perf_counter()
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            written = log_rows.write(self._rows, self._position, arrivals)
            inserted = time.perf_counter()
            self._rows.execute("COMMIT")
        except BaseException:
            if self._rows.in_transaction:
                self._rows.execute("ROLLBACK")
            raise
        self._learn(sum(1 + len(arrival.reports) for arrival in arrivals), began, inserted, time.perf_counter())
        self._remember([one.entry for one in written], arrivals)
        return [one.stored for one in written]

    def _learn(self, count: int, began: float, inserted: float, ended: float) -> None:
        # Averages over the last few groups: one slow fsync must not close the door.
        self._insert_seconds += ((inserted - began) / count - self._insert_seconds) / 8
        self._commit_seconds += (ended - inserted - self._commit_seconds) / 8

    def _remember(self, entries: Sequence[Entry], arrivals: Sequence[Arrival]) -> None:
        with self._lock:
            for entry, arrival in zip(entries, arrivals, strict=True):
                size = log_rows.size(arrival, ENVELOPE_BYTES)
                self._recent.append((entry, size))
                self._recent_bytes += size
            while self._recent_bytes > RECENT_BYTES and len(self._recent) > 1:
                self._recent_bytes -= self._recent.popleft()[1]
            self._position = entries[-1].position


def _tell(group: Sequence[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Say what became of a group: each event loop is woken once."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[Callable[[Outcome], object], Outcome]]]
    by_loop = defaultdict(list)
    for waiting, outcome in zip(group, outcomes, strict=True):
        if waiting.loop is None:
            waiting.tell(outcome)
        else:
            by_loop[waiting.loop].append((waiting.tell, outcome))
    for loop, told in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            loop.call_soon_threadsafe(_tell_all, told)


def _tell_all(told: Sequence[tuple[Callable[[Outcome], object], Outcome]]) -> None:
    for tell, outcome in told:
        try:
            tell(outcome)
        except Exception:  # noqa: BLE001  # the others of its group are told all the same
            _LOG.exception("who sent an envelope could not be told what became of it")


def _until(entries: list[Entry], limit: int) -> list[Entry]:
    count = 0
    for index, entry in enumerate(entries):
        count += len(entry.reports)
        if count >= limit:
            return entries[: index + 1]
    return entries
