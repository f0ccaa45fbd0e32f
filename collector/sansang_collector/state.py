"""The consumer that keeps what is newest: contact, machine, and the latest result of every check.

Newer by the time of measuring wins, so a backlog that arrives newest first leaves the present alone; only a live
change of outcome becomes a change event. A batch is read at once, decided in order of arrival, and written at once.
"""

from collections.abc import Sequence
from operator import attrgetter

import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Report

from . import agents, boots, changes, clocks, contact, latest, profiles_seen, request_answers, spans
from .boots import InBoot
from .changes import Change
from .consumers import MOST_STREAMS
from .contact import ContactRow, MachineRow
from .latest import Latest, Packed, Unpacked
from .log import Entry
from .profiles_seen import SeenProfile
from .records import MAX_DROPPED
from .series import MOST_CHECKS


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
        batch = _read(connection, entries)
        for entry in entries:
            batch.take(entry)
        _write(connection, batch)
        if any(report.answers for entry in entries for report in entry.reports):
            request_answers.take(connection, entries)
        self.unsure += batch.unsure

    def rest(self, connection: Connection, now: float) -> None:
        """Nothing is ever put off."""


class _Batch(msgspec.Struct):
    """What the ledger says of the agents of some entries, brought up entry by entry, and what to write of it."""

    communes: dict[int, str]
    silent: dict[int, bool]
    boots: dict[tuple[int, str], InBoot]
    dropped: contact.Dropped
    profiles: dict[str, SeenProfile]
    latest: dict[int, dict[str, Packed | Unpacked]]

    contacts: dict[int, ContactRow] = {}
    in_boots: list[InBoot] = []
    machines: list[MachineRow] = []
    dropped_more: set[tuple[int, str]] = set()
    newer: set[int] = set()
    """Agents with a result in ``latest`` that is to be written."""
    changes: list[Change] = []
    unsure: int = 0

    def take(self, entry: Entry) -> None:
        """Let one envelope take effect."""
        self._touch(entry)
        self._count_dropped(entry)
        self._meet(entry)
        self._keep_newest(entry)

    def _touch(self, entry: Entry) -> None:
        """Contact, and what waits behind this envelope; the end of a silence and a first contact are changes."""
        agent = entry.agent
        seen = boots.contact(agent, entry.sent, entry.received)
        self.in_boots.append(seen)
        known = self.boots.get((agent, seen.boot))
        if known is None or seen.at >= known.at:
            self.boots[agent, seen.boot] = seen
        if self.silent.get(agent, True):
            kind = "contact" if agent in self.silent else "agent"
            self.changes.append(Change(entry.received, kind, self.communes[agent], agent))
        self.silent[agent] = False
        waiting = max(0, entry.spool.rows - len(entry.reports))  # the spool counts the reports it is just sending
        oldest = entry.spool.oldest if waiting else None
        self.contacts[agent] = ContactRow(
            agent, seen.at, seen.boot, seen.skew, waiting, oldest, entry.spool.bytes, entry.position
        )

    def _count_dropped(self, entry: Entry) -> None:
        """Add the envelope's dropped ranges; they belong to the stream the agent is writing now."""
        if not entry.spool.dropped or not entry.reports:
            return
        stream = max(entry.reports, key=lambda report: report.mono if report.boot == entry.sent.boot else -1).stream
        key = (entry.agent, stream)
        if key not in self.dropped and sum(agent == entry.agent for agent, _ in self.dropped) >= MOST_STREAMS:
            return
        joined = spans.join(self.dropped.get(key, ()), entry.spool.dropped)
        self.dropped[key] = spans.within(joined, MAX_DROPPED)
        self.dropped_more.add(key)

    def _meet(self, entry: Entry) -> None:
        """What the newest report whose time is sure says of the machine itself."""
        dated = ((report, self._dating(entry, report).sure_at()) for report in entry.reports)
        sure = [(report, at) for report, at in dated if at is not None]
        if not sure:
            return
        report, at = max(sure, key=lambda pair: pair[1])
        host = encode(report.host) if report.host else None
        reason, back = (report.goodbye.reason, report.goodbye.back) if report.goodbye else (None, None)
        said = (report.version, report.config, host, reason, back, report.assigned)
        self.machines.append(MachineRow(entry.agent, at, *said, entry.received))

    def _keep_newest(self, entry: Entry) -> None:
        rows = self.latest.setdefault(entry.agent, {})
        taken: set[str] = set()
        for row in sorted(self._dated(entry), key=attrgetter("at")):
            before = rows.get(row.check)
            if before is None and len(rows) >= MOST_CHECKS:
                continue
            # Of one envelope every result counts, in order; of what was there before, only what is older gives way.
            if before and row.check not in taken and not latest.is_superseded(before, row.at, entry.received):
                continue
            taken.add(row.check)
            rows[row.check] = row
            if row.live and (before is None or (before.outcome, before.reason) != (row.outcome, row.reason)):
                self._note_outcome(entry.agent, row)
        if taken:
            self.newer.add(entry.agent)

    def _dated(self, entry: Entry) -> list[Unpacked]:
        """The results of an envelope whose time is sure."""
        rows = []
        received = entry.received
        for report in entry.reports:
            sure_at = self._dating(entry, report).sure_at
            profile = self.profiles.get(report.config)
            asked = profile.asked if profile else {}
            for result in report.results:
                at = sure_at(result.at)
                if at is None:
                    self.unsure += 1
                    continue
                check = asked.get(result.check)
                live = received - at <= (check.live_s if check else _DEFAULT_LIVE_S)
                row = (result.check, at, received, live, result.outcome, result.reason, report.config, result)
                rows.append(Latest(*row))
        return rows

    def _dating(self, entry: Entry, report: Report) -> clocks.Dating:
        known = self.boots.get((entry.agent, report.boot))
        boot = clocks.Boot(known.skew, known.began) if known else None
        return clocks.dating(report, entry.sent, entry.received, boot)

    def _note_outcome(self, agent: int, row: Unpacked) -> None:
        commune = self.communes[agent]
        self.changes.append(Change(row.at, "outcome", commune, agent, row.check, row.outcome, row.reason))


def _read(connection: Connection, entries: Sequence[Entry]) -> _Batch:
    ids = {entry.agent for entry in entries}
    reports = [(entry, report) for entry in entries for report in entry.reports]
    earlier = {(entry.agent, report.boot) for entry, report in reports if report.boot != entry.sent.boot}
    dropping = {entry.agent for entry in entries if entry.spool.dropped}
    packed = latest.read_packed(connection, {entry.agent for entry, report in reports if report.results})
    return _Batch(
        communes=agents.communes_of(connection, ids),
        silent=contact.silences(connection, ids),
        boots=boots.contacts_in(connection, earlier),
        dropped=contact.dropped_by(connection, dropping) if dropping else {},
        profiles=profiles_seen.get_all(connection, {report.config for _, report in reports}),
        latest={agent: {**rows} for agent, rows in packed.items()},
    )


def _write(connection: Connection, batch: _Batch) -> None:
    boots.record_all(connection, batch.in_boots)
    contact.touch(connection, list(batch.contacts.values()))
    contact.write_dropped(connection, {key: batch.dropped[key] for key in batch.dropped_more})
    contact.meet(connection, batch.machines)
    latest.write(connection, {agent: batch.latest[agent] for agent in batch.newer})
    changes.note_all(connection, batch.changes)


_DEFAULT_LIVE_S = clocks.live_seconds(clocks.DEFAULT_PERIOD)
