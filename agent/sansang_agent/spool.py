"""Keeps reports on disk until the collector has them: one commit per report, bytes frozen, numbers never reused.

Silence means keep: only what the collector named as stored is deleted. Several processes may append.
"""

import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from .contract.check import Profile
from .contract.codec import encode, profile_hash
from .contract.report import Report, Span, SpoolState
from .spool_bounds import MAX_BYTES, Moment, Size, is_too_old, too_many
from .spool_file import BUSY_S, open_file, reading, transaction
from .spool_packs import body_of, pack_old_rows

FILE = "spool.db"
LAST_ID = 2**63 - 1
MOST_POISON = 200
MOST_PROFILES = 50
MOST_TOLD = 1_000
"""Ranges of dropped numbers told at a time; a collector refuses an envelope of more than ten thousand."""

_log = logging.getLogger(__name__)


class Row(NamedTuple):
    """One report as it waits: its place in the spool, its identity, its exact bytes."""

    id: int
    stream: str
    seq: int
    body: bytes


class Spool:
    """One spool file. Every method may raise :class:`sqlite3.Error`."""

    def __init__(self, connection: sqlite3.Connection, max_bytes: int = MAX_BYTES) -> None:
        self._db = connection
        self._max_bytes = max_bytes
        with transaction(self._db):
            if self._current() is None:
                self._begin_stream()

    @classmethod
    def open(cls, path: Path | None, max_bytes: int = MAX_BYTES, busy_s: float = BUSY_S) -> Self:
        """The spool at ``path``, made where there is none; None: in memory. A damaged file is moved aside."""
        return cls(open_file(path, busy_s), max_bytes)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def stream(self) -> str:
        """The stream new reports belong to: 32 hexadecimal digits."""
        current = self._current()
        assert current is not None
        return current

    def _current(self) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = 'stream'").fetchone()
        return row[0] if row else None

    def _begin_stream(self) -> str:
        stream = secrets.token_hex(16)
        self._db.execute("INSERT INTO stream (id, next) VALUES (?, 1)", (stream,))
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('stream', ?)", (stream,))
        return stream

    def _next(self, stream: str) -> int:
        row = self._db.execute("UPDATE stream SET next = next + 1 WHERE id = ? RETURNING next - 1", (stream,))
        return int(row.fetchone()[0])

    def append(self, make: Callable[[str, int], Report], *, keep: bool = False) -> tuple[str, int, bytes]:
        """Freeze the report ``make(stream, seq)``; durable when this returns. ``keep``: dropped last of all."""
        with transaction(self._db):
            stream = self.stream
            seq = self._next(stream)
            report = make(stream, seq)
            body = encode(report)
            row = self._db.execute(
                "INSERT INTO report (stream, seq, boot, mono, wall, keep, size) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (stream, seq, report.boot, report.mono, report.wall, keep, len(body)),
            )
            self._db.execute("INSERT INTO loose (id, body) VALUES (?, ?)", (row.lastrowid, body))
            pack_old_rows(self._db)
            self._keep_bounds(Moment(report.boot, report.mono, report.wall))
        return stream, seq, body

    def _keep_bounds(self, now: Moment) -> None:
        oldest = self._db.execute("SELECT id, boot, mono, wall FROM report ORDER BY id LIMIT 100").fetchall()
        gone = [row[0] for row in oldest if is_too_old(Moment(*row[1:]), now)]
        if self._bytes() > self._max_bytes // 2:
            sizes = self._db.execute("SELECT id, keep, size FROM report ORDER BY id")
            gone += too_many([Size(id_, bool(keep), size) for id_, keep, size in sizes], self._max_bytes)
        if gone:
            self._drop(sorted(set(gone)))

    def _drop(self, ids: Sequence[int]) -> None:
        """Delete rows and remember their numbers until the collector has been told."""
        for id_ in ids:
            stream, seq = self._db.execute("SELECT stream, seq FROM report WHERE id = ?", (id_,)).fetchone()
            self._note_dropped(stream, seq)
        self._delete(ids)
        _log.warning("the spool is full: %d reports dropped", len(ids))

    def _note_dropped(self, stream: str, seq: int) -> None:
        first, last = seq, seq
        near = "SELECT first, last FROM dropped WHERE stream = ? AND (last = ? OR first = ?)"
        for known in self._db.execute(near, (stream, seq - 1, seq + 1)).fetchall():
            first, last = min(first, known[0]), max(last, known[1])
            self._db.execute("DELETE FROM dropped WHERE stream = ? AND first = ?", (stream, known[0]))
        self._db.execute("INSERT INTO dropped (stream, first, last) VALUES (?, ?, ?)", (stream, first, last))

    def _delete(self, ids: Iterable[int]) -> None:
        gone = [(id_,) for id_ in ids]
        self._db.executemany("DELETE FROM report WHERE id = ?", gone)
        self._db.executemany("DELETE FROM loose WHERE id = ?", gone)
        self._db.execute("DELETE FROM pack WHERE id NOT IN (SELECT pack FROM report WHERE pack IS NOT NULL)")

    def _bytes(self) -> int:
        return int(self._db.execute("SELECT coalesce(sum(size), 0) FROM report").fetchone()[0])

    def take(self, limit: int, max_bytes: int, *, after: int = 0, upto: int = LAST_ID) -> list[Row]:
        """At most ``limit`` waiting reports with ``after`` < id ≤ ``upto``, newest first, together ≤ ``max_bytes``.

        At least one, however large. They stay in the spool.
        """
        query = "SELECT id, stream, seq, pack FROM report WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT ?"
        opened: dict[int, dict[int, bytes]] = {}
        rows: list[Row] = []
        with reading(self._db):
            for id_, stream, seq, pack in self._db.execute(query, (after, upto, limit)).fetchall():
                row = Row(id_, stream, seq, body_of(self._db, id_, pack, opened))
                max_bytes -= len(row.body)
                if rows and max_bytes < 0:
                    break
                rows.append(row)
        return rows

    def settle(self, rows: Iterable[Row]) -> None:
        """Forget reports that are durably in the collector's log."""
        with transaction(self._db):
            self._delete(row.id for row in rows)
        # executescript, because execute stops after the first freed page.
        self._db.executescript("PRAGMA incremental_vacuum(256)")

    def set_aside(self, row: Row, why: str) -> None:
        """Keep a report the collector will not take out of the way, for people; the oldest of them go."""
        with transaction(self._db):
            values = (row.stream, row.seq, why, row.body)
            self._db.execute("INSERT INTO poison (stream, seq, why, body) VALUES (?, ?, ?, ?)", values)
            self._db.execute("DELETE FROM poison WHERE id <= (SELECT max(id) FROM poison) - ?", (MOST_POISON,))
            self._delete([row.id])

    def poisoned(self) -> int:
        """How many reports the collector ever refused from this spool."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM poison").fetchone()[0])

    def new_stream(self, rows: Iterable[Row]) -> str:
        """Begin a new stream and put ``rows`` into it, each in its old place; returns the stream.

        For reports whose identity the collector knows with other content: this file has been restored or copied.
        """
        with transaction(self._db):
            stream = self._begin_stream()
            for row in sorted(rows):
                seq = self._next(stream)
                old = msgspec.json.decode(row.body, type=Report)
                body = encode(msgspec.structs.replace(old, stream=stream, seq=seq))
                values = (stream, seq, len(body), row.id)
                there = "UPDATE report SET stream = ?, seq = ?, size = ?, pack = NULL WHERE id = ?"
                if self._db.execute(there, values).rowcount:
                    self._db.execute("INSERT OR REPLACE INTO loose (id, body) VALUES (?, ?)", (row.id, body))
                else:
                    self._note_dropped(stream, seq)
            self._delete([])
        return stream

    def part(self, mark: str) -> None:
        """Begin a new stream for what comes, once for each ``mark``: this file may be one of two alike.

        What waits keeps its identity, so that codes people have been told are still found.
        """
        with transaction(self._db):
            known = self._db.execute("SELECT value FROM meta WHERE key = 'parted'").fetchone()
            if known is None or known[0] != mark:
                self._begin_stream()
                self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('parted', ?)", (mark,))

    def state(self) -> SpoolState:
        """How much waits, and what of the current stream was dropped and has not been told, the first of it."""
        count, size = self._db.execute("SELECT count(*), coalesce(sum(size), 0) FROM report").fetchone()
        oldest = self._db.execute("SELECT wall FROM report ORDER BY id LIMIT 1").fetchone()
        told = "SELECT first, last FROM dropped WHERE stream = ? ORDER BY first LIMIT ?"
        dropped = self._db.execute(told, (self.stream, MOST_TOLD))
        spans = tuple((first, last) for first, last in dropped)
        return SpoolState(rows=count, oldest=oldest[0] if oldest else None, bytes=size, dropped=spans)

    def told_dropped(self, stream: str, spans: Iterable[Span]) -> None:
        """The collector knows of these dropped numbers; a range that has grown since is told again."""
        with transaction(self._db):
            self._db.executemany(
                "DELETE FROM dropped WHERE stream = ? AND first = ? AND last = ?", [(stream, *span) for span in spans]
            )

    def put_profile(self, profile: Profile) -> str:
        """Remember a profile, so that reports taken under it can be understood later; returns its hash."""
        name = profile_hash(profile)
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO profile (hash, used, body) "
                "VALUES (?, (SELECT coalesce(max(used), 0) + 1 FROM profile), ?)",
                (name, encode(profile)),
            )
            self._db.execute("DELETE FROM profile WHERE used <= (SELECT max(used) FROM profile) - ?", (MOST_PROFILES,))
        return name

    def profile(self, name: str) -> Profile | None:
        """The profile with this hash; None where this spool never had it."""
        row = self._db.execute("SELECT body FROM profile WHERE hash = ?", (name,)).fetchone()
        return msgspec.json.decode(row[0], type=Profile) if row else None
