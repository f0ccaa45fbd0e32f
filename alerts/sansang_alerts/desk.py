"""Takes in what happened to faults and writes down who is told: each call is part of its caller's transaction.

The rules are in ``deciding``; here rows are read and written, and words are found. ``sending`` brings messages away.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.severity import Severity

from . import alert_rows, deciding, outbox
from .alert_rows import Kept
from .escalating import Decision
from .fault import Report
from .notice import Kind
from .outbox import Address, Item
from .roster_rows import roster_at
from .settings import AlertSettings, WebhookChannel
from .standing import Standing
from .texts import Digest, Entry, bundle, render
from .wording import Around, Link, Way, extra_of, named, no_link, way_of, worded

MOST_AT_ONCE = 200
"""Alerts that one turn of the clock takes on."""


class UnknownCodeError(Exception):
    """No alert has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no alert has the code {code}")


class Acknowledgement(NamedTuple):
    """What became of somebody's word that they take it on."""

    alert: Kept
    won: bool
    """Whether it is theirs: False where somebody else was first, or it is over."""
    by: str
    """Who has it, by name; empty if it is over and nobody had."""
    at: float | None
    is_over: bool


Heard = Callable[[Connection, Kept, float], None]
"""Told of every acknowledgement that did not come from the source itself, in its transaction."""


def _nobody(_connection: Connection, _alert: Kept, _at: float) -> None:
    """Nobody else has to hear of it."""


class Desk:
    """Who is told what. ``announced``: an Alertmanager says when (:meth:`release`); the ends come from here anyway."""

    def __init__(
        self,
        settings: AlertSettings,
        *,
        link: Link = no_link,
        acknowledged: Heard = _nobody,
        announced: bool = False,
        simulated: bool = False,
    ) -> None:
        self.settings = settings
        """May be replaced by newer ones at any time: who was told stays told."""
        self._link = link
        self._acknowledged = acknowledged
        self._announced = announced
        self._simulated = simulated

    def report(self, connection: Connection, report: Report, now: float) -> None:
        """One change of one fault. Many at a time are cheaper by :meth:`reports`."""
        self.reports(connection, (report,), now)

    def reports(self, connection: Connection, reports: Iterable[Report], now: float) -> None:
        """Changes of faults, in their order."""
        around = self._around(connection, now)
        for report in reports:
            known = alert_rows.of_fault(connection, report.fault)
            before = known.standing if known else None
            decision = deciding.reported(before, report, around.roster, now, self._announced)
            self._settle(connection, known, decision, around)

    def turn(self, connection: Connection, now: float, most: int = MOST_AT_ONCE) -> int:
        """What the clock brings: ends that lasted, steps, reminders; how many alerts that were."""
        around = self._around(connection, now)
        found = list(alert_rows.due(connection, now, most))
        for one in found:
            self._settle(connection, one, deciding.clock(one.standing, around.roster, now), around)
        return len(found)

    def set_back(self, connection: Connection, now: float, after: int = 0, most: int = MOST_AT_ONCE) -> int | None:
        """The clock was set back: nothing waits for a time that is yet to come again. So many alerts at once, those
        after a number; the last one's number, or None: these were all."""
        around, found = self._around(connection, now), alert_rows.waiting(connection, after, most)
        for one in found:
            standing = deciding.set_back(one.standing, now)
            if standing is not one.standing:
                alert_rows.keep(connection, one.id, standing, deciding.due(standing, around.roster))
        return found[-1].id if found else None

    def acknowledge(self, connection: Connection, code: str, by: str, at: float, how: str) -> Acknowledgement:
        """Somebody takes an alert on. ``by``: a person's id, or a name; ``how``: ``link``, ``zalo``, ``sms``, ``page``,
        ``cli``, ``phone``. Raises :class:`UnknownCodeError`."""
        known = alert_rows.of_code(connection, code)
        if known is None:
            raise UnknownCodeError(code)
        around, before = self._around(connection, at), known.standing
        decision = deciding.acknowledged(before, by, at, how)
        alert = self._settle(connection, known, decision, around)
        won = decision.standing is not before
        if won:
            self._acknowledged(connection, alert, at)
        after = alert.standing
        by = named(around.roster, after.acknowledged_by)
        return Acknowledgement(alert, won, by, after.acknowledged_at, after.over_at is not None)

    def release(self, connection: Connection, code: str, now: float) -> bool:
        """Alertmanager says that people are to be told of it; whether there is such an alert."""
        known = alert_rows.of_code(connection, code)
        if known is not None:
            around = self._around(connection, now)
            self._settle(connection, known, deciding.released(known.standing, around.roster, now), around)
        return known is not None

    def unreached(self, connection: Connection, alert: int, now: float) -> None:
        """Nothing that was sent about it can arrive: whoever comes next is asked at once."""
        known = alert_rows.of_id(connection, alert)
        if known is not None:
            around = self._around(connection, now)
            self._settle(connection, known, deciding.unreached(known.standing, around.roster, now), around)

    def digest(self, connection: Connection, digest: Digest, now: float) -> None:
        """How things stand, to everybody who is to get it."""
        around = self._around(connection, now)
        for person in self.settings.digest_to:
            for way in around.roster.ways(person):
                read = self.way(way.channel, person)
                if read is None:
                    continue
                extra = extra_of(around, digest)
                words = render(Kind.DIGEST, None, read.medium, read.language, extra)
                to = Address("", person, way.channel, way.address)
                outbox.put(connection, Item(None, "", Kind.DIGEST, to, "info", words, now))

    def is_person(self, channel: str) -> bool:
        """Whether people read it, who are not to be buried; programs are told of each fault by itself."""
        return not any(one.id == channel and isinstance(one, WebhookChannel) for one in self.settings.channels)

    def way(self, channel: str, person: str) -> Way | None:
        """What a text has to fit into; None: the channel is gone."""
        return way_of(self.settings, channel, person)

    def bundle(self, connection: Connection, parts: Sequence[int], now: float) -> int | None:
        """Make one message of many to one address, and return its number; None where that is not possible."""
        found = outbox.parts_of(connection, parts)
        way = self.way(found[0].to.channel, found[0].to.person)
        if way is None:
            return None
        entries = [Entry(one.kind, one.fault, one.code) for one in found]
        words = bundle(entries, way.medium, way.language, extra_of(self._around(connection, now)))
        severity = min((one.fault.severity for one in found), key=list(Severity).index)
        item = Item(None, "", Kind.BUNDLE, found[0].to, severity.value, words, now)
        return outbox.bundle(connection, item, parts)

    def _around(self, connection: Connection, now: float) -> Around:
        return Around(roster_at(connection, self.settings, now), now, self._link, self._simulated)

    def _settle(self, connection: Connection, known: Kept | None, decision: Decision, around: Around) -> Kept:
        """Write down how it stands, and what is to be sent."""
        standing, before = decision.standing, known.standing if known else None
        next_at = deciding.due(standing, around.roster)
        if known is None or _is_another(known, standing):
            alert = alert_rows.add(connection, standing, next_at)
        else:
            alert = Kept(known.id, known.code, standing)
            alert_rows.keep(connection, known.id, standing, next_at)
        for notice in decision.notices:
            to = Address(notice.to.team, notice.to.person, notice.to.channel, notice.to.address)
            kind = outbox.overtake(connection, alert.id, notice.kind, to)
            if kind is not None:
                words = worded(kind, before, alert, notice.to, around)
                severity = standing.fault.severity.value
                outbox.put(connection, Item(alert.id, alert.code, kind, to, severity, words, around.now))
        return alert


def _is_another(known: Kept, standing: Standing) -> bool:
    """Whether a fault comes back that its source gives no code, long over: people name it by a new one."""
    return known.standing.over_at is not None and standing.over_at is None and not standing.fault.code
