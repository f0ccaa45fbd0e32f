"""Compares what agents made with what the collector holds and did: nothing lost, nothing done twice.

Reads the SQLite files themselves, so that no code of ours vouches for itself; both sides may be stopped or running.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

CONSUMERS = ("state", "history")


class Identity(NamedTuple):
    """Which report: the agent's number in the ledger, the stream, the place in it."""

    agent: int
    stream: str
    seq: int


class Result(NamedTuple):
    """One result in the log: of which check, and its outcome."""

    check: str
    outcome: str


class Books(NamedTuple):
    """What the collector's two files hold."""

    logged: Counter[Identity]
    results: dict[int, list[Result]]
    """By agent, in the order in which their reports were taken."""
    instants: int
    """At how many milliseconds there is a result of each check. A second one at the same is no other to history: two
    fall together where an envelope was on its way for as long as a suspended collector did not look."""
    applied: dict[str, set[Identity]]
    moments: dict[int, int]
    """Results that took effect in history, by agent."""
    latest: dict[tuple[int, str], str]
    cursors: dict[str, int]
    position: int


class Difference(NamedTuple):
    """What is wrong; all zero and empty when nothing is."""

    lost: set[Identity]
    doubled: set[Identity]
    unapplied: set[Identity]
    moments: int
    """Effects in history beyond (+) or short of (-) the results in the log."""
    stale: set[tuple[int, str]]
    """Checks whose latest outcome is not that of the newest result in the log."""

    @property
    def none(self) -> bool:
        """Whether the books agree."""
        return not any(self)


def rows(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds in one of the files."""
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return connection.execute(query, values).fetchall()


def open_books(data: Path) -> Books:
    """Read log.db and ledger.db in ``data``."""
    log, ledger = data / "log.db", data / "ledger.db"
    logged: Counter[Identity] = Counter()
    newest: dict[int, list[tuple[str, float, list[Result]]]] = {}
    instants: set[tuple[int, str, int]] = set()
    sent = "SELECT agent, stream, seq, body, received, envelope.mono FROM report JOIN envelope USING (position, agent)"
    for agent, stream, seq, body, received, sent_mono in rows(log, sent):
        logged[Identity(agent, stream, seq)] += 1
        report = msgspec.json.decode(body)
        found = [Result(one["check"], one["outcome"]) for one in report.get("results", [])]
        newest.setdefault(agent, []).append((report["boot"], report["mono"], found))
        taken = received - (sent_mono - report["mono"])
        for one in report.get("results", []):
            at = min(taken + one.get("at", 0) / 1000, received)
            instants.add((agent, one["check"], round(at * 1000)))
    results = {
        agent: [one for *_, found in sorted(reports, key=lambda row: row[:2]) for one in found]
        for agent, reports in newest.items()
    }
    applied: dict[str, set[Identity]] = {name: set() for name in CONSUMERS}
    for consumer, agent, stream, spans in rows(ledger, "SELECT consumer, agent, stream, spans FROM applied"):
        for first, last in msgspec.json.decode(spans):
            applied[consumer].update(Identity(agent, stream, seq) for seq in range(first, last + 1))
    moments = "SELECT agent, sum(json_array_length(body)) FROM bundle GROUP BY agent"
    latest = rows(ledger, "SELECT agent, body FROM latest")
    return Books(
        logged,
        results,
        len(instants),
        applied,
        dict(rows(ledger, moments)),
        {(agent, one[0]): one[4] for agent, body in latest for one in msgspec.json.decode(body)},
        dict(rows(ledger, "SELECT consumer, position FROM cursor")),
        rows(log, "SELECT coalesce(max(position), 0) FROM envelope")[0][0],
    )


def compare(books: Books, owed: Iterable[Identity]) -> Difference:
    """What of ``owed`` (acknowledged, or made and no longer in a spool) is not there, and what took effect wrongly.

    For agents of one boot, whose results are all of sure time.
    """
    logged = set(books.logged)
    newest = {(agent, one.check): one.outcome for agent, found in books.results.items() for one in found}
    return Difference(
        lost=set(owed) - logged,
        doubled={identity for identity, count in books.logged.items() if count > 1},
        unapplied={identity for name in CONSUMERS for identity in logged ^ books.applied[name]},
        moments=sum(books.moments.values()) - books.instants,
        stale={key for key, outcome in newest.items() if books.latest.get(key) != outcome},
    )


def is_caught_up(data: Path) -> bool:
    """Whether every consumer stands at the end of the log."""
    end = rows(data / "log.db", "SELECT coalesce(max(position), 0) FROM envelope")[0][0]
    cursors = dict(rows(data / "ledger.db", "SELECT consumer, position FROM cursor"))
    return all(cursors.get(name, 0) == end for name in CONSUMERS)


def made(spool: Path, agent: int) -> set[Identity]:
    """Every number a spool ever gave out, less what still waits in it and what it had to drop."""
    given = {
        Identity(agent, stream, seq)
        for stream, following in rows(spool, "SELECT id, next FROM stream")
        for seq in range(1, following)
    }
    waiting = {Identity(agent, *row) for row in rows(spool, "SELECT stream, seq FROM report")}
    dropped = {
        Identity(agent, stream, seq)
        for stream, first, last in rows(spool, "SELECT stream, first, last FROM dropped")
        for seq in range(first, last + 1)
    }
    return given - waiting - dropped
