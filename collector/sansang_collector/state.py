"""The consumer that keeps what is newest: contact, machine, and the latest result of every check.

Newer by the time of measuring wins, so a backlog that arrives newest first leaves the present alone; only a live
change of outcome becomes a change event.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Boolean, Column, Connection, Float, ForeignKey, Integer, LargeBinary, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Report, Result, Span

from . import agents, boots, changes, clocks, profiles_seen, spans
from .log import Entry
from .store import LEDGER

CONTACT = Table(
    "contact",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("boot", Text, nullable=False),
    Column("skew", Float, nullable=False),
    Column("spool_rows", Integer, nullable=False),
    Column("spool_oldest", Float),
    Column("spool_bytes", Integer, nullable=False),
    Column("silent", Boolean, nullable=False),
)

DROPPED = Table(
    "dropped",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("spans", Text, nullable=False),
    Column("count", Integer, nullable=False),
)

MACHINE = Table(
    "machine",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("version", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("host", LargeBinary),
    Column("goodbye", Text),
    Column("back", Float),
)

LATEST = Table(
    "latest",
    LEDGER,
    Column("agent", Integer, ForeignKey("agent.id"), primary_key=True),
    Column("check", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("received", Float, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("config", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class _Seen(NamedTuple):
    """One result on its way into the table of latest results."""

    report: Report
    result: Result
    at: float
    live: bool


class State:
    """The consumer ``state``."""

    name = "state"
    rest_seconds: float | None = None

    def __init__(self) -> None:
        self.skipped = 0
        self.unsure = 0
        """Results whose time could not be told, since the start; a batch tried again counts again."""

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:  # noqa: ARG002  # protocol
        """Bring contact, machine and latest results up to ``entries``."""
        for entry in entries:
            commune = agents.commune_of(connection, entry.agent)
            _touch(connection, entry, commune)
            _count_dropped(connection, entry)
            stamps = self._stamps(connection, entry)
            if stamps:
                newest, at = max(stamps, key=lambda pair: pair[1].at)
                _meet(connection, entry, newest, at.at)
            self._update_latest(connection, entry, commune)

    def rest(self, connection: Connection, now: float) -> None:
        """Nothing is ever put off."""

    def _stamps(self, connection: Connection, entry: Entry) -> list[tuple[Report, clocks.Stamp]]:
        known = boots.known(connection, entry.agent, {report.boot for report in entry.reports})
        stamped = [
            (report, clocks.stamp(report, entry.sent, entry.received, known.get(report.boot)))
            for report in entry.reports
        ]
        return [(report, at) for report, at in stamped if not at.unsure]

    def _update_latest(self, connection: Connection, entry: Entry, commune: str) -> None:
        rows = connection.execute(
            select(LATEST.c.check, LATEST.c.at, LATEST.c.outcome, LATEST.c.reason).where(LATEST.c.agent == entry.agent)
        )
        before = {row.check: row for row in rows}
        newest: dict[str, _Seen] = {}
        for seen in sorted(self._seen(connection, entry), key=lambda seen: seen.at):
            name = seen.result.check
            known = newest.get(name)
            row = before.get(name)
            # A row of after this arrival is of a time when the collector's clock was fast: it must not stay for ever.
            if known is None and row is not None and seen.at <= row.at <= entry.received:
                continue
            was = (known.result.outcome, known.result.reason) if known else (row.outcome, row.reason) if row else None
            newest[name] = seen
            if seen.live and was != (seen.result.outcome, seen.result.reason):
                _note_outcome(connection, seen, commune, entry.agent)
        if newest:
            connection.execute(_STORE_LATEST, [_latest_row(entry, seen) for seen in newest.values()])

    def _seen(self, connection: Connection, entry: Entry) -> list[_Seen]:
        known = boots.known(connection, entry.agent, {report.boot for report in entry.reports})
        seen = []
        for report in entry.reports:
            profile = profiles_seen.get(connection, report.config)
            for result in report.results:
                at = clocks.stamp(report, entry.sent, entry.received, known.get(report.boot), result.at)
                check = profile.checks.get(result.check) if profile else None
                period = check.period if check else clocks.DEFAULT_PERIOD
                if at.unsure:
                    self.unsure += 1
                else:
                    seen.append(_Seen(report, result, at.at, clocks.is_live(at, entry.received, period)))
        return seen


def _note_outcome(connection: Connection, seen: _Seen, commune: str, agent: int) -> None:
    result = seen.result
    changes.note(
        connection,
        "outcome",
        seen.at,
        commune,
        agent,
        check=result.check,
        outcome=result.outcome,
        reason=result.reason,
    )


def _touch(connection: Connection, entry: Entry, commune: str) -> None:
    """Record contact, and what waits behind this envelope; the end of a silence and a first contact are changes."""
    waiting = max(0, entry.spool.rows - len(entry.reports))  # the spool counts the reports it is just sending
    boots.record(connection, entry.agent, entry.sent, entry.received)
    was_silent = connection.scalar(select(CONTACT.c.silent).where(CONTACT.c.agent == entry.agent))
    if was_silent is None:
        changes.note(connection, "agent", entry.received, commune, entry.agent)
    elif was_silent:
        changes.note(connection, "contact", entry.received, commune, entry.agent)
    row = {
        "agent": entry.agent,
        "at": entry.received,
        "boot": entry.sent.boot,
        "skew": clocks.skew(entry.sent, entry.received),
        "spool_rows": waiting,
        "spool_oldest": entry.spool.oldest if waiting else None,
        "spool_bytes": entry.spool.bytes,
        "silent": False,
    }
    new = insert(CONTACT).values(row)
    connection.execute(new.on_conflict_do_update(index_elements=[CONTACT.c.agent], set_=row))


def _count_dropped(connection: Connection, entry: Entry) -> None:
    """Add the envelope's dropped ranges; they belong to the stream the agent is writing now."""
    if not entry.spool.dropped or not entry.reports:
        return
    stream = max(entry.reports, key=lambda report: report.mono if report.boot == entry.sent.boot else -1).stream
    found = connection.scalar(select(DROPPED.c.spans).where(DROPPED.c.agent == entry.agent, DROPPED.c.stream == stream))
    known = msgspec.json.decode(found, type=tuple[Span, ...]) if found else ()
    joined = spans.join(known, entry.spool.dropped)
    row = {
        "agent": entry.agent,
        "stream": stream,
        "spans": msgspec.json.encode(joined).decode(),
        "count": spans.size(joined),
    }
    new = insert(DROPPED).values(row)
    connection.execute(new.on_conflict_do_update(index_elements=[DROPPED.c.agent, DROPPED.c.stream], set_=row))


def _meet(connection: Connection, entry: Entry, report: Report, at: float) -> None:
    """Remember what the newest report says of the machine itself."""
    row = {
        "agent": entry.agent,
        "at": at,
        "version": report.version,
        "config": report.config,
        "host": encode(report.host) if report.host else None,
        "goodbye": report.goodbye.reason if report.goodbye else None,
        "back": report.goodbye.back if report.goodbye else None,
    }
    new = insert(MACHINE).values(row)
    newer = (new.excluded.at >= MACHINE.c.at) | (MACHINE.c.at > entry.received)
    connection.execute(new.on_conflict_do_update(index_elements=[MACHINE.c.agent], set_=row, where=newer))


def _latest_row(entry: Entry, seen: _Seen) -> dict[str, object]:
    return {
        "agent": entry.agent,
        "check": seen.result.check,
        "at": seen.at,
        "received": entry.received,
        "live": seen.live,
        "outcome": Outcome(seen.result.outcome),
        "reason": seen.result.reason,
        "config": seen.report.config,
        "body": encode(seen.result),
    }


_NEW_LATEST = insert(LATEST)
_STORE_LATEST = _NEW_LATEST.on_conflict_do_update(
    index_elements=[LATEST.c.agent, LATEST.c.check],
    set_={column.name: _NEW_LATEST.excluded[column.name] for column in LATEST.c if not column.primary_key},
)
