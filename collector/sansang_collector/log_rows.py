"""The report log as rows: a group of envelopes written in few statements, entries read back as they went in.

Writing goes through the driver's own connection: every statement lets go of the interpreter and, beside a busy event
loop, waits milliseconds to get it back, so a group is a handful of statements however large it is.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Row

from sansang_agent.contract.codec import encode, report_code
from sansang_agent.contract.report import Report, Sent, SpoolState

from .arrivals import Arrival, Entry, Stored

MOST_ROWS = 128
"""Rows in one statement; every power of two up to it is a statement the driver keeps prepared."""

_ENVELOPE = ("INSERT INTO envelope (position, agent, received, boot, mono, wall, spool) VALUES ", 7, "")
_REPORT = (
    "INSERT INTO report (position, agent, stream, seq, digest, code, body) VALUES ",
    7,
    " ON CONFLICT (agent, stream, seq) DO NOTHING",
)
_PIECE = 2047
_DIGEST = "SELECT digest FROM report WHERE agent = ? AND stream = ? AND seq = ?"
_SINCE = "SELECT agent, stream, seq FROM report WHERE position > ?"

decode = msgspec.json.Decoder(Report).decode
"""A report out of the bytes it came in."""


class Written(NamedTuple):
    """An envelope in the log, and what its sender is told."""

    entry: Entry
    stored: Stored


def write(connection: sqlite3.Connection, position: int, arrivals: Sequence[Arrival]) -> list[Written]:
    """Insert these envelopes after ``position``, within the caller's transaction."""
    envelopes: list[object] = []
    reports: list[object] = []
    digests: list[bytes] = []
    for number, arrival in enumerate(arrivals, position + 1):
        sent = arrival.sent
        envelopes += (number, arrival.agent, arrival.received, sent.boot, sent.mono, sent.wall, encode(arrival.spool))
        for taken in arrival.reports:
            report = taken.report
            digests.append(_digest(taken.body))
            code = report_code(report.stream, report.seq)
            reports += (number, arrival.agent, report.stream, report.seq, digests[-1], code, taken.body)
    _insert(connection, _ENVELOPE, envelopes)
    if _insert(connection, _REPORT, reports) == len(digests):
        return [_all_new(number, arrival) for number, arrival in enumerate(arrivals, position + 1)]
    fresh = set(connection.execute(_SINCE, (position,)).fetchall())
    digest = iter(digests)
    return [
        _sorted(connection, number, arrival, [next(digest) for _ in arrival.reports], fresh)
        for number, arrival in enumerate(arrivals, position + 1)
    ]


def _digest(body: bytes) -> bytes:
    """SHA-256, in pieces short enough for hashlib to keep hold of the interpreter meanwhile."""
    digest = hashlib.sha256()
    for at in range(0, len(body), _PIECE):
        digest.update(body[at : at + _PIECE])
    return digest.digest()


def _insert(connection: sqlite3.Connection, statement: tuple[str, int, str], values: list[object]) -> int:
    """Insert rows, all their values one after the other; how many were."""
    _, columns, _ = statement
    inserted, at = 0, 0
    while at < len(values):
        rows = min(1 << ((len(values) - at) // columns).bit_length() - 1, MOST_ROWS)
        end = at + rows * columns
        inserted += connection.execute(_sql(statement, rows), values[at:end]).rowcount
        at = end
    return inserted


@lru_cache(maxsize=32)
def _sql(statement: tuple[str, int, str], rows: int) -> str:
    before, columns, after = statement
    row = f"({', '.join('?' * columns)})"
    return before + ", ".join([row] * rows) + after


def _all_new(position: int, arrival: Arrival) -> Written:
    reports = tuple(taken.report for taken in arrival.reports)
    entry = Entry(position, arrival.agent, arrival.received, arrival.sent, arrival.spool, reports)
    return Written(entry, Stored(arrival.reports, ()))


def _sorted(
    connection: sqlite3.Connection,
    position: int,
    arrival: Arrival,
    digests: Sequence[bytes],
    fresh: set[tuple[int, str, int]],
) -> Written:
    """Which reports are new (the first of an identity within ``fresh``), came again, or contradict what is there."""
    kept, conflicts, new = [], [], []
    for taken, digest in zip(arrival.reports, digests, strict=True):
        identity = (arrival.agent, taken.report.stream, taken.report.seq)
        if identity in fresh:
            fresh.remove(identity)
            new.append(taken.report)
            kept.append(taken)
        elif connection.execute(_DIGEST, identity).fetchone()[0] == digest:
            kept.append(taken)
        else:
            conflicts.append(taken)
    entry = Entry(position, arrival.agent, arrival.received, arrival.sent, arrival.spool, tuple(new))
    return Written(entry, Stored(tuple(kept), tuple(conflicts)))


def read(connection: Connection, position: int, limit: int) -> list[Entry]:
    """Entries beyond ``position``, oldest first, until they hold ``limit`` reports; one at least, if any."""
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


def at(connection: Connection, positions: Sequence[int]) -> list[Entry]:
    """The entries at these positions, few of them, as far as they are still there."""
    marks = ", ".join("?" * len(positions))
    envelopes = connection.exec_driver_sql(
        f"SELECT * FROM envelope WHERE position IN ({marks}) ORDER BY position",  # noqa: S608  # question marks only
        tuple(positions),
    )
    return [_entry(connection, envelope) for envelope in envelopes.all()]


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
        tuple(decode(body) for body in bodies),
    )


def find_code(connection: Connection, code: str) -> list[tuple[int, Report, Sent, float]]:
    """Reports with this six-character code, newest first: agent, report, the sender's clocks, received."""
    rows = connection.exec_driver_sql(
        "SELECT r.agent, r.body, e.boot, e.mono, e.wall, e.received FROM report r JOIN envelope e"
        " USING (position) WHERE r.code = ? ORDER BY r.id DESC LIMIT 10",
        (code,),
    )
    return [
        (row.agent, decode(row.body), Sent(boot=row.boot, mono=row.mono, wall=row.wall), row.received) for row in rows
    ]


def size(arrival: Arrival, envelope_bytes: int) -> int:
    """What an envelope counts for in memory: its reports' bytes, and itself."""
    return envelope_bytes + 16 * len(arrival.spool.dropped) + sum(len(taken.body) for taken in arrival.reports)
