"""Which communes can serve now: brings what machines found, the inventory and its opening hours to serving.py.

Keeps what it read of machines that have not reported since, and since when a service is in doubt.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.assignment import Role

from . import seats, serving
from .commune import PACKAGED, Places
from .inventory.calendars import Calendar, calendars
from .inventory.hours import parse_hours
from .inventory.in_force import InForce
from .inventory.model import Asker, Commune
from .inventory.openings import next_opening
from .inventory.versions import Version
from .liveness import Present
from .seats import Seat
from .serving import Machine, Moment, Presence, Serving, Wanted
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


class _Plan:
    """One version of the inventory, made ready to judge by."""

    def __init__(self, version: Version | None) -> None:
        self.number = version.applied.number if version else 0
        inventory = version.inventory if version else None
        asked = [one for one in inventory.services if one.asked and one.asked_by is Asker.AGENTS] if inventory else []
        self.services = [(Calendar(parse_hours(one.hours)), Wanted(one.id, one.name, one.mandatory)) for one in asked]
        self.communes: dict[str, Commune] = {one.code: one for one in inventory.communes} if inventory else {}
        self.calendars = calendars(inventory) if inventory else {}
        self.sights = Sights({f"{one.id}-{check.kind}": one.id for one in asked for check in one.checks})


class Board:
    """May be asked from any thread."""

    def __init__(self, inventory: InForce) -> None:
        self._inventory = inventory
        self._plan = _Plan(None)
        self._alone: dict[str, dict[str, float]] = {}
        self._answers: dict[int, dict[str, tuple[bool, float]]] = {}
        self._one_at_a_time = threading.Lock()

    def heard(self, agent: int, service: str, reached: bool, at: float) -> None:
        """A machine that does not ask a service by itself was asked to, and answered at ``at`` (Unix seconds)."""
        with self._one_at_a_time:
            self._answers.setdefault(agent, {})[service] = reached, at

    def province(
        self, connection: Connection, present: Present, commune: str | None = None, work: Iterable[Work] = ()
    ) -> Province:
        """All communes of the inventory, or one of them, as they stand; ``work``: what is announced."""
        with self._one_at_a_time:
            version = self._inventory.version
            if version is None:
                return Province()
            if version.applied.number != self._plan.number:
                self._plan = _Plan(version)
            self._forget_answers(present.at)
            found = seats.read(connection, present, commune)
            if commune is None:
                self._plan.sights.keep_only(found)
            seen = self._plan.sights.bring_up(
                connection, [seat for seat in found if seat.presence is Presence.LIVE], present.at
            )
            codes = self._plan.communes.keys() if commune is None else self._plan.communes.keys() & {commune}
            return Province(self._inventory.places, self._judge(codes, found, seen, present.at, list(work)))

    def _judge(
        self, codes: Iterable[str], found: Iterable[Seat], seen: Mapping[int, Sight], now: float, work: Sequence[Work]
    ) -> dict[str, Serving]:
        members: defaultdict[str, list[Seat]] = defaultdict(list)
        for seat in found:
            members[seat.commune].append(seat)
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
        self, code: str, members: Sequence[Seat], seen: Mapping[int, Sight], wanted: Sequence[Wanted], moment: Moment
    ) -> Serving:
        counters = frozenset(self._plan.communes[code].counter_agents)
        machines = [self._machine(seat, seen.get(seat.id), counters) for seat in members]
        others = {one.id: one for seat in members if seat.id in seen for one in seen[seat.id].others}
        alone = self._alone.get(code, {})
        found = serving.judge(machines, [*wanted, *others.values()], moment, alone)
        # A clock set back would let a doubt wait for ever.
        self._alone[code] = {one.service: min(alone.get(one.service, moment.at), moment.at) for one in found.doubts}
        return found

    def _machine(self, seat: Seat, sight: Sight | None, counters: frozenset[str]) -> Machine:
        at_counter = seat.name in counters if counters else seat.role == Role.COUNTER
        always_on = seat.role == Role.MINI
        if sight is None:
            return Machine(seat.name, seat.presence, at_counter, always_on)
        told = {service: reached for service, (reached, _) in self._answers.get(seat.id, {}).items()}
        return Machine(seat.name, seat.presence, at_counter, always_on, sight.broken, {**told, **sight.reached})

    def _forget_answers(self, now: float) -> None:
        for agent, told in list(self._answers.items()):
            left = {service: one for service, one in told.items() if now - one[1] <= ANSWERS_LAST_SECONDS}
            if left:
                self._answers[agent] = left
            else:
                del self._answers[agent]
