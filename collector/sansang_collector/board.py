"""Which communes can serve now: brings what machines found, the inventory and its opening hours to serving.py.

Keeps what it read of machines that have not reported since, and since when a service is in doubt.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from sansang_agent.contract.assignment import Role

from . import attendance, serving
from .attendance import Attending
from .commune import PACKAGED, Places
from .incidents import maintenance, maintenance_rows
from .inventory.calendars import Calendar, calendars
from .inventory.hours import parse_hours
from .inventory.in_force import InForce
from .inventory.model import Asker, Commune, ServiceCheckKind
from .inventory.openings import next_opening
from .inventory.versions import Version
from .liveness import Present
from .serving import Doubt, Machine, Moment, Presence, Serving, Wanted
from .sights import Sight, Sights

ANSWERS_LAST_SECONDS = 300.0
"""For so long what a machine answered when asked goes for its word."""


class Province(NamedTuple):
    """What the inventory in force says of communes, and whether they can serve; empty without an inventory."""

    places: Places = PACKAGED
    serving: Mapping[str, Serving] = {}
    """By code, every commune of the inventory that was asked for."""


class Work(NamedTuple):
    """Announced work in a commune, Unix seconds; ``until`` is not included."""

    commune: str
    since: float
    until: float


def announced(connection: Connection, now: float) -> list[Work]:
    """The work and the power cuts that are under way, commune by commune."""
    plans = maintenance.in_force(maintenance_rows.standing(connection, now), now)
    return [Work(code, one.begins, one.until) for one in plans for code in one.communes]


class Question(NamedTuple):
    """What another machine is to be asked, because only one says that a service is not reached."""

    commune: str
    service: str
    machine: str
    """The name of the one to ask."""
    check: str
    """Which of the service's checks failed; of several the one that says most."""


class _Plan:
    """One version of the inventory, made ready to judge by."""

    def __init__(self, version: Version | None) -> None:
        self.number = version.applied.number if version else 0
        inventory = version.inventory if version else None
        asked = [one for one in inventory.services if one.asked and one.asked_by is Asker.AGENTS] if inventory else []
        self.services = [(Calendar(parse_hours(one.hours)), Wanted(one.id, one.name, one.mandatory)) for one in asked]
        self.communes: dict[str, Commune] = {one.code: one for one in inventory.communes} if inventory else {}
        self.calendars = calendars(inventory) if inventory else {}
        self.service_of = {one.check_id(check): one.id for one in asked for check in one.checks}
        self.sights = Sights(self.service_of)


class Board:
    """May be asked from any thread."""

    def __init__(self, inventory: InForce) -> None:
        self._inventory = inventory
        self._plan = _Plan(None)
        self._alone: dict[str, dict[str, float]] = {}
        self._answers: dict[int, dict[str, tuple[bool, float]]] = {}
        self._questions: dict[str, tuple[Question, ...]] = {}
        self._whole_at: float | None = None
        self._one_at_a_time = threading.Lock()

    def heard(self, agent: int, service: str, reached: bool, at: float) -> None:
        """A machine that does not ask a service by itself was asked to, and answered at ``at`` (Unix seconds)."""
        with self._one_at_a_time:
            self._answers.setdefault(agent, {})[service] = reached, at

    def looked_at_all(self, since: float, until: float) -> bool:
        """Whether all communes were last looked at between these moments (Unix seconds)."""
        at = self._whole_at
        return at is not None and since <= at <= until

    def refusing(self) -> dict[int, tuple[str, ...]]:
        """By agent the checks that its own policy keeps it from asking, when it was last looked at."""
        with self._one_at_a_time:
            return self._plan.sights.refusing()

    def questions(self, commune: str | None = None) -> list[Question]:
        """What was in doubt when each commune, or this one, was last looked at; an answer does not end a doubt."""
        with self._one_at_a_time:
            if commune is not None:
                return list(self._questions.get(commune, ()))
            return [one for those in self._questions.values() for one in those]

    def province(
        self, connection: Connection, present: Present, commune: str | None = None, work: Iterable[Work] | None = None
    ) -> Province:
        """All communes of the inventory, or one of them, as they stand.

        ``work``: what is announced; None: what the ledger has.
        """
        with self._one_at_a_time:
            version = self._inventory.version
            if version is None:
                return Province()
            if version.applied.number != self._plan.number:
                self._plan, self._alone, self._questions = _Plan(version), {}, {}
            self._forget_answers(present.at)
            found = attendance.read(connection, present, commune)
            if commune is None:
                self._plan.sights.keep_only(found)
                self._whole_at = present.at
            seen = self._plan.sights.bring_up(
                connection, [member for member in found if member.presence is Presence.LIVE], present.at
            )
            work = announced(connection, present.at) if work is None else list(work)
            codes = self._plan.communes.keys() if commune is None else self._plan.communes.keys() & {commune}
            return Province(self._inventory.places, self._judge(codes, found, seen, present.at, work))

    def _judge(
        self,
        codes: Iterable[str],
        found: Iterable[Attending],
        seen: Mapping[int, Sight],
        now: float,
        work: Sequence[Work],
    ) -> dict[str, Serving]:
        members: defaultdict[str, list[Attending]] = defaultdict(list)
        for member in found:
            members[member.commune].append(member)
        wanted = [one for calendar, one in self._plan.services if calendar.is_open(now)]
        opens: dict[Calendar, float | None] = {}
        at_work = {one.commune for one in work if one.since <= now < one.until}
        judged = {}
        for code in sorted(codes):
            moment = self._moment(code, now, opens)._replace(planned=code in at_work)
            judged[code] = self._commune(code, members.get(code, []), seen, wanted, moment)
        return judged

    def _moment(self, code: str, now: float, opens: dict[Calendar, float | None]) -> Moment:
        calendar = self._plan.calendars[code]
        if calendar.is_open(now):
            return Moment(now)
        if calendar not in opens:
            opens[calendar] = next_opening(calendar, now)
        return Moment(now, open=False, opens_at=opens[calendar])

    def _commune(
        self,
        code: str,
        members: Sequence[Attending],
        seen: Mapping[int, Sight],
        wanted: Sequence[Wanted],
        moment: Moment,
    ) -> Serving:
        counters = frozenset(self._plan.communes[code].counter_agents)
        own = [self._machine(member, seen.get(member.id), counters) for member in members]
        machines = [self._with_answers(member.id, machine) for member, machine in zip(members, own, strict=True)]
        others = {one.id: one for member in members if member.id in seen for one in seen[member.id].others}
        services = [*wanted, *others.values()]
        alone = self._alone_since(code, own, machines, services, moment)
        found = serving.judge(machines, services, moment, alone)
        doubts = found.doubts if machines == own else serving.judge(own, services, moment, alone).doubts
        waiting = {one.service for one in doubts}
        # What was said at once, because nobody else could be asked, is not unsaid when another machine comes on.
        said = {service: since if service in waiting else -inf for service, since in alone.items()}
        _put(self._alone, code, said)
        _put(self._questions, code, tuple(self._questions_of(code, doubts, members, seen)))
        return found

    def _alone_since(
        self,
        code: str,
        own: Sequence[Machine],
        machines: Sequence[Machine],
        services: Iterable[Wanted],
        moment: Moment,
    ) -> dict[str, float]:
        """Since when one machine's word about each service stands alone; not while another's answer contradicts it."""
        if not moment.open:
            return {}
        known, now = self._alone.get(code, {}), moment.at
        contradicted = {service for one in machines for service, reached in one.reached.items() if reached}
        # A clock set back would let a doubt wait for ever.
        return {
            service: now if service in contradicted else min(known.get(service, now), now)
            for service in serving.alone(own) & {one.id for one in services}
        }

    def _questions_of(
        self, code: str, doubts: Iterable[Doubt], members: Sequence[Attending], seen: Mapping[int, Sight]
    ) -> Iterator[Question]:
        """One for each doubt about a service of the inventory."""
        failed = [check for member in members if member.id in seen for check in seen[member.id].failed]
        for doubt in doubts:
            checks = [check for check in failed if self._plan.service_of.get(check) == doubt.service]
            if checks:
                most = max(checks, key=lambda check: _TELLING.index(check.rpartition("-")[2]))
                yield Question(code, doubt.service, doubt.machine, most)

    def _machine(self, member: Attending, sight: Sight | None, counters: frozenset[str]) -> Machine:
        at_counter = member.name in counters if counters else member.role == Role.COUNTER
        always_on = member.role == Role.MINI
        if sight is None:
            return Machine(member.name, member.presence, at_counter, always_on)
        return Machine(member.name, member.presence, at_counter, always_on, sight.broken, sight.reached)

    def _with_answers(self, agent: int, machine: Machine) -> Machine:
        told = {service: reached for service, (reached, _) in self._answers.get(agent, {}).items()}
        return machine._replace(reached={**told, **machine.reached}) if told else machine

    def _forget_answers(self, now: float) -> None:
        for agent, told in list(self._answers.items()):
            left = {service: one for service, one in told.items() if abs(now - one[1]) <= ANSWERS_LAST_SECONDS}
            if left:
                self._answers[agent] = left
            else:
                del self._answers[agent]


V = TypeVar("V", dict[str, float], tuple[Question, ...])


def _put(kept: dict[str, V], commune: str, value: V) -> None:
    """Keep what there is of a commune, and nothing of one of which there is nothing."""
    if value:
        kept[commune] = value
    else:
        kept.pop(commune, None)


_TELLING = (ServiceCheckKind.TCP, ServiceCheckKind.TLS, ServiceCheckKind.TIMESTAMP, ServiceCheckKind.HTTP)
"""The kinds of checks, by how much one says of a service."""
