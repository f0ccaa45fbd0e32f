"""Whether a commune's centre can serve citizens now, from what its machines found. Pure: the present is an argument.

Nothing is claimed that nobody measured, and one machine's word against a service waits until another could be asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sansang_agent.contract.rung import Rung

PATIENCE_SECONDS = 120.0
"""For so long one machine's word waits for a second one's; an answer to a request takes 20 s, a report 15 s."""


class State(StrEnum):
    """Can it serve now?"""

    SERVING = "serving"
    LIMITED = "limited"
    """Something citizens can do without is not reached, or only some counters can work."""
    CANNOT_SERVE = "cannot_serve"
    """It is open, and some mandatory service is reached from no counter."""
    CLOSED = "closed"
    PLANNED_WORK = "planned_work"
    """Announced work is going on and not all works."""
    NOT_MEASURED = "not_measured"


class Why(StrEnum):
    """Why a commune is not measured."""

    NO_AGENT = "no_agent"
    EXPECTED_OFF = "expected_off"
    SILENT = "silent"
    UNASKED = "unasked"
    """Machines are there, but none of them has asked some mandatory service."""


class Presence(StrEnum):
    """Whether a machine says anything now, and if not, whether that is as it should be."""

    LIVE = "live"
    OFF = "off"
    SILENT = "silent"


class Machine(NamedTuple):
    """What one machine of a commune found."""

    name: str
    presence: Presence
    at_counter: bool = True
    always_on: bool = False
    """Speaks for the commune while nobody at a counter does."""
    broken: Rung | None = None
    """The nearest of its own rungs up to the line that failed."""
    reached: Mapping[str, bool] = {}
    """The services it asked itself and found out about, by id."""

    @property
    def cut_off(self) -> bool:
        """Whether its own way out is broken; a service it reached itself proves the contrary."""
        return self.broken is not None and not any(self.reached.values())


class Wanted(NamedTuple):
    """A service the commune's counters need, or make use of."""

    id: str
    name: str
    mandatory: bool = True


class Moment(NamedTuple):
    """The present (Unix seconds) as the commune has it."""

    at: float
    open: bool = True
    opens_at: float | None = None
    planned: bool = False
    """Whether announced work is going on."""


class Doubt(msgspec.Struct, frozen=True):
    """A service that only one machine says is not reached, and the machine to ask next."""

    service: str
    machine: str


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a commune can serve now, and the facts of it."""

    state: State
    why: Why | None = None
    """Where it is not measured."""
    rung: Rung | None = None
    """Which of the counters' own rungs is broken, where that is what keeps it from serving."""
    services: tuple[str, ...] = ()
    """By name: what is reached from no counter; what nobody asked, where it is not measured for that."""
    partly: tuple[str, ...] = ()
    """By name: mandatory services that some counters reach and some do not."""
    counters: int = 0
    """Counter machines that are on."""
    working: int = 0
    """Those of them that can do their work."""
    silent: int = 0
    """Counter machines that should be on and are not heard."""
    opens_at: float | None = None
    """Unix seconds, where it is closed; None: not within two months."""
    doubts: tuple[Doubt, ...] = ()
    """What only one machine says; it counts once it has waited for :data:`PATIENCE_SECONDS`."""


def judge(
    machines: Sequence[Machine], services: Sequence[Wanted], moment: Moment, alone_since: Mapping[str, float]
) -> Serving:
    """The state of one commune; ``alone_since``: since when a service has been in doubt, by id."""
    if not moment.open:
        return Serving(state=State.CLOSED, opens_at=moment.opens_at)
    found = _measured(machines, services, moment, alone_since)
    if moment.planned and found.state is not State.SERVING:
        return msgspec.structs.replace(found, state=State.PLANNED_WORK)
    return found


def alone(machines: Iterable[Machine]) -> set[str]:
    """The services, by id, that one machine says are not reached and no other says anything about."""
    said: defaultdict[str, list[bool]] = defaultdict(list)
    for machine in machines:
        if machine.presence is Presence.LIVE:
            for service, reached in machine.reached.items():
                said[service].append(reached)
    return {service for service, words in said.items() if words == [False]}


class _Word(NamedTuple):
    """What a commune's machines together say of a service: reached, not reached, or None for nobody knows."""

    reached: bool | None
    waits: bool = False
    """Whether it is only presumed to be reached, until a second machine has been asked."""
    doubt: Doubt | None = None


def _measured(
    machines: Sequence[Machine], services: Sequence[Wanted], moment: Moment, alone_since: Mapping[str, float]
) -> Serving:
    live = [machine for machine in machines if machine.presence is Presence.LIVE]
    counters = [machine for machine in live if machine.at_counter]
    judged = counters or [machine for machine in live if machine.always_on]
    silent = sum(machine.at_counter and machine.presence is Presence.SILENT for machine in machines)
    if not judged:
        return Serving(state=State.NOT_MEASURED, why=_why_nobody(machines), silent=silent)
    words = {one.id: _word(live, one.id, moment.at, alone_since) for one in services}
    reached = {one.id: [_reaches(machine, one.id, words[one.id]) for machine in judged] for one in services}
    mandatory = [one for one in services if one.mandatory]
    working = [
        not machine.cut_off and all(reached[one.id][n] is not False for one in mandatory)
        for n, machine in enumerate(judged)
    ]
    found = _state(judged, services, reached, all(working))
    return msgspec.structs.replace(
        found,
        partly=tuple(one.name for one in mandatory if {True, False} <= set(reached[one.id])),
        counters=len(counters),
        working=sum(working) if counters and found.state is not State.NOT_MEASURED else 0,
        silent=silent,
        doubts=tuple(word.doubt for word in words.values() if word.doubt),
    )


def _state(
    judged: Sequence[Machine], services: Sequence[Wanted], reached: Mapping[str, list[bool | None]], all_work: bool
) -> Serving:
    """The state and the services it is about, or the broken rung."""
    mandatory = [one for one in services if one.mandatory]
    lost = [one for one in services if all(found is False for found in reached[one.id])]
    lost_mandatory = [one for one in lost if one.mandatory]
    if all(machine.cut_off for machine in judged):
        return Serving(state=State.CANNOT_SERVE, rung=judged[0].broken, services=_names(lost_mandatory))
    if lost_mandatory:
        return Serving(state=State.CANNOT_SERVE, services=_names(lost_mandatory))
    unasked = [one for one in mandatory if True not in reached[one.id]]
    if unasked or not mandatory:
        return Serving(state=State.NOT_MEASURED, why=Why.UNASKED, services=_names(unasked))
    return Serving(state=State.SERVING if all_work and not lost else State.LIMITED, services=_names(lost))


def _names(services: Iterable[Wanted]) -> tuple[str, ...]:
    return tuple(one.name for one in services)


def _why_nobody(machines: Iterable[Machine]) -> Why:
    """Why nobody speaks for the commune; a machine that should be there weighs more than one that need not."""
    seen = {one.presence for one in machines if one.at_counter or one.always_on}
    if Presence.SILENT in seen:
        return Why.SILENT
    return Why.EXPECTED_OFF if Presence.OFF in seen else Why.NO_AGENT


def _word(live: Sequence[Machine], service: str, now: float, alone_since: Mapping[str, float]) -> _Word:
    """One success is enough. One failure alone is not while another machine, whose own way holds, can be asked."""
    said = [machine.reached[service] for machine in live if service in machine.reached]
    if not said or any(said):
        return _Word(True if said else None)
    next_one = next((one for one in live if service not in one.reached and one.broken is None), None)
    if len(said) > 1 or next_one is None:
        return _Word(False)
    waits = now - alone_since.get(service, now) < PATIENCE_SECONDS
    return _Word(False, waits, Doubt(service, next_one.name))


def _reaches(machine: Machine, service: str, word: _Word) -> bool | None:
    """Whether a machine reaches a service: as it found itself, else by its own way out and the others' word."""
    if service in machine.reached:
        return machine.reached[service] or word.waits
    if machine.cut_off:
        return False
    return True if word.waits else word.reached
