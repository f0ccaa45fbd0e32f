"""Scenarios in sentences: what happens to a province, and what the collector is to make of it, on a fake clock.

The fast world plays the machines, the real evidence, localisers and lifecycle follow it. Times are seconds after the
play's beginning; it is played when the first expectation is put to it, and everything that is to happen is said before.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import groupby
from random import Random
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis import apart, lifecycle
from sansang_collector.diagnosis.context import Context
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.hearing import Ears, Hearing
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.matching import parts_of
from sansang_collector.diagnosis.shares import Shares
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.snapshots import restore, snapshot
from sansang_collector.diagnosis.verdict import Assessment
from sansang_collector.incidents import severity, situations
from sansang_collector.incidents.neighbourhood import neighbours, power_areas
from sansang_collector.inventory.calendars import Calendar, calendars
from sansang_collector.inventory.model import Inventory
from sansang_collector.profiles.election import Machine
from sansang_collector.simulation import provinces
from sansang_collector.simulation.faults import DOWN, Fault, parse_time
from sansang_collector.simulation.noise import Noise
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options
from tests.collector.diagnosis.scenarios.minds import Mind, Whole

LOOK_S, SOON_S = 5.0, 1.0
BEFORE_S = 90.0
"""So much of an ordinary morning comes before the beginning."""
AFTER_S = 30.0

Change = Callable[[Iterator[Sighting]], Iterator[Sighting]]


_made = cache(provinces.make)


class Work(NamedTuple):
    """Announced, by number."""

    number: int
    parts: tuple[str, ...]
    communes: tuple[str, ...]
    begins: float
    ends: float


class Told(NamedTuple):
    """One step that is told, seconds after the beginning."""

    at: float
    happened: Happening
    incident: Incident
    detail: str


class Play:
    """One province, one story."""

    NOISE = Noise(losses=False)
    """An ordinary morning on good lines: what a line always loses is learned, and nothing is learned here."""

    def __init__(
        self,
        *,
        seed: int = 104,
        communes: int = 13,
        starts: str = "2026-06-26T09:00",
        noise: Noise | None = None,
        vantage: bool = True,
        mind: Callable[[Graph], Mind] = Whole,
        lasts: float = 0.0,
    ) -> None:
        self.made = _made(seed, communes)
        self.zero = parse_time(starts, 0)
        self._seed, self._mind, self._lasts = seed, mind, lasts
        self._options = Options(noise=self.NOISE if noise is None else noise, vantage=vantage)
        self._faults: list[Fault] = []
        self._changes: list[Change] = []
        self._moments: list[tuple[float, Callable[[], None]]] = []
        self._works: list[Work] = []
        self._played = False
        self._before = BEFORE_S
        self.told: list[Told] = []
        self.situations: dict[int, situations.Situation] = {}
        self.situations_told: list[tuple[float, Happening, situations.Situation]] = []
        self.cut_off_at: list[float] = []
        self._incidents: dict[int, Incident] = {}
        self._states: list[tuple[float, dict[int, Incident]]] = []

    # What happens.

    def listen_before(self, seconds: float) -> None:
        """So much of an ordinary morning comes before the beginning, not only a minute and a half."""
        self._before = seconds

    def cut(self, part: str, *, at: float, until: float = math.inf, loss: float = DOWN) -> None:
        """The part is down, or loses a share."""
        self._faults.append(Fault(part, loss, self.zero + at, self.zero + until))
        self._reach(at, until)

    def mend(self, part: str, *, at: float) -> None:
        """What was cut last of this part is well again."""
        place = max(n for n, one in enumerate(self._faults) if one.component == part)
        self._faults[place] = self._faults[place]._replace(ends=self.zero + at)
        self._reach(at)

    def say_goodbye(
        self, *machines: Machine, at: float, back: float, reason: GoodbyeReason = GoodbyeReason.UPDATE
    ) -> None:
        """They say that they go, at about the same time, and report again about when they said."""
        self._go(machines, at, back, reason)

    def switch_off(self, *machines: Machine, at: float, back: float = math.inf) -> None:
        """They go without a word."""
        self._go(machines, at, back, None)

    def plan_work(self, *parts: str, begins: float, ends: float, communes: tuple[str, ...] = ()) -> None:
        """Announced work, or a power cut."""
        self._works.append(Work(len(self._works) + 1, parts, communes, self.zero + begins, self.zero + ends))
        self._reach(begins, ends)

    def restart_collector(self, *, at: float, lasts: float = 10.0) -> None:
        """It is killed and starts anew; what is sent meanwhile arrives then."""
        self._changes.append(partial(_kept_waiting, begins=self.zero + at, ends=self.zero + at + lasts))
        self._moments.append((self.zero + at + lasts, self._restart))
        self._reach(at + lasts)

    def cut_off_collector(self, *, at: float, until: float) -> None:
        """Nobody is heard, and the vantage beside it sees nothing; machines' reports come afterwards."""
        vantages = frozenset(one.id for one in self.made.machines if one.role is Role.VANTAGE)
        begins, ends = self.zero + at, self.zero + until
        self._changes.append(partial(_kept_waiting, begins=begins, ends=ends, but=vantages))
        self._changes.append(partial(_blinded, begins=begins, ends=ends, vantages=vantages))
        self._reach(until)

    def move_commune(self, code: str, node: str, *, at: float) -> None:
        """The inventory says from then on that the commune hangs from another access node."""
        self._change_inventory(at, partial(_moved, code=code, node=node))

    def rename_ring(self, ring: str, name: str, *, at: float) -> None:
        """The ring has another id from then on."""
        self._change_inventory(at, partial(_renamed, ring=ring, name=name))

    def forget_topology(self, *, at: float) -> None:
        """Nobody has entered where lines end and what access nodes hang from."""
        self._change_inventory(at, _without_topology)

    def split(self, part: str, *communes: str, at: float) -> None:
        """Somebody says that these communes have a trouble of their own, not that of the part's incident."""
        self._moments.append((self.zero + at, partial(self._split, part, communes)))
        self._reach(at)

    def change_reports(self, change: Change) -> None:
        """Whatever else happens to what arrives."""
        self._changes.append(change)

    def go_on(self, *, until: float) -> None:
        """Nothing more happens until then."""
        self._reach(until)

    # What is expected.

    def expect_one_incident(self, part: str, *, by: float) -> Incident:
        """By then it is open, and neither before nor afterwards anything else is opened."""
        self.expect_incidents(part, by=by)
        return self.incident(part)

    def expect_incidents(self, *parts: str, by: float) -> None:
        """By then these are open, each once, and nothing else is ever opened."""
        self._play()
        found = {part: [one for one in self.open_at(by) if part in parts_of(one.verdict)] for part in parts}
        assert all(len(one) == 1 for one in found.values()), f"by {by}: {self._named(self.open_at(by))}\n{self.story}"
        opened = [one for one in self.told if one.happened is Happening.OPENED]
        assert len({one.incident.id for one in opened} - self._merged) == len(parts), self.story

    def expect_no_incident(self) -> None:
        """Nobody is told of anything."""
        self._play()
        assert not [one for one in self.told if one.happened in (Happening.OPENED, Happening.REOPENED)], self.story

    def expect_recovered(self, part: str, *, by: float) -> Incident:
        """By then it is resolved, once, and it was not told to be over before."""
        self._play()
        over = [
            one for one in self.told if one.happened is Happening.RESOLVED and part in parts_of(one.incident.verdict)
        ]
        assert len(over) == 1, self.story
        assert over[0].at <= by, self.story
        return over[0].incident

    def expect_told(self, part: str, happened: Happening, *, by: float, times: int = 1) -> None:
        """That this happened to the part's incident so often, the first time by then."""
        self._play()
        found = [one for one in self.told if one.happened is happened and part in parts_of(one.incident.verdict)]
        assert len(found) == times, self.story
        assert found[0].at <= by, self.story

    def expect_still_open(self, part: str, *, at: float) -> Incident:
        """At that moment it is open or closing."""
        self._play()
        found = [one for one in self.open_at(at) if part in parts_of(one.verdict)]
        assert len(found) == 1, f"at {at}: {self._named(self.open_at(at))}\n{self.story}"
        return found[0]

    def incident(self, part: str) -> Incident:
        """The only one of this part, as the end leaves it."""
        self._play()
        (found,) = [
            one
            for one in self._incidents.values()
            if part in parts_of(one.verdict) and one.opened_at is not None and one.phase is not Phase.DROPPED
        ]
        return found

    def opened_by(self, at: float) -> list[Incident]:
        """All that were opened until then."""
        self._play()
        return [one.incident for one in self.told if one.happened is Happening.OPENED and one.at <= at]

    @property
    def story(self) -> str:
        """All that was told, for people who look for a mistake."""
        return "\n".join(
            f"{one.at:7.1f} {one.happened:<12} #{one.incident.id} {one.incident.verdict.part} {one.incident.phase}"
            f" {one.incident.verdict.score:.0f} {one.detail} {one.incident.held_back}"
            for one in self.told
        )

    def machines(self, *communes: str) -> list[Machine]:
        """Those of the communes, or of all; the vantage is none of them."""
        return [
            one
            for one in self.made.machines
            if one.role is not Role.VANTAGE and (not communes or one.commune in communes)
        ]

    # How it is played.

    def _reach(self, *times: float) -> None:
        assert not self._played, "everything that happens is to be said before what is expected"
        self._lasts = max(self._lasts, *(one + AFTER_S for one in times if math.isfinite(one)))

    def _go(self, machines: Iterable[Machine], at: float, back: float, reason: GoodbyeReason | None) -> None:
        away = {one.id: (self.zero + at + n % 7, self.zero + back + n % 9) for n, one in enumerate(machines)}
        self._changes.append(partial(_away, away=away, reason=reason))
        self._reach(at, back)

    def _change_inventory(self, at: float, change: Callable[[Inventory], Inventory]) -> None:
        def do() -> None:
            self._know(change(self._inventory), restore(snapshot(self._evidence), self._graph, self._evidence.now))

        self._moments.append((self.zero + at, do))
        self._reach(at)

    def _play(self) -> None:
        if self._played:
            return
        self._played = True
        begins, ends = self.zero - self._before, self.zero + self._lasts
        self._graph = _graph(self.made.inventory, self.made.machines)
        self._ears = Ears(begins)
        self._vantages = {one.id for one in self.made.machines if one.role is Role.VANTAGE}
        self._know(self.made.inventory, Evidence(self._graph, begins))
        self._moments.sort(key=lambda one: one[0])
        world = Quick(self.made, self._faults, begins, ends, seed=self._seed, options=self._options)
        arriving = world.play()
        for change in self._changes:
            arriving = change(arriving)
        self._next, self._looked = begins + LOOK_S, begins
        for one in arriving:
            self._pass_time(one.received)
            if one.agent in self._vantages:
                self._ears.take(one)
            fresh = self._evidence.apply(one)
            if fresh and one.received - self._looked >= SOON_S:
                self._look(one.received)
        self._pass_time(ends)

    def _pass_time(self, until: float) -> None:
        while min(self._next, self._moments[0][0] if self._moments else math.inf) <= until:
            if self._moments and self._moments[0][0] <= self._next:
                self._now, do = self._moments.pop(0)
                do()
            else:
                self._look(self._next)
                self._next += LOOK_S

    def _know(self, inventory: Inventory, evidence: Evidence) -> None:
        self._inventory = inventory
        self._graph = _graph(inventory, self.made.machines)
        self._evidence = (
            evidence if not hasattr(self, "_thinking") else restore(snapshot(evidence), self._graph, evidence.now)
        )
        self._thinking = self._mind(self._graph)
        share = Shares(self._graph).share
        days: dict[str, Calendar] = calendars(inventory)
        setting = severity.setting(inventory, self._graph.parts, days)
        self._context = Context(
            parts=self._graph.part_numbers,
            share=share,
            judge=partial(severity.judge, setting),
            expected_on=partial(severity.expected_on, days),
            home=self._graph.home,
        )
        self._around = situations.Surroundings(power_areas(topology.build(inventory)), neighbours(inventory), share)

    def _restart(self) -> None:
        """Only what was written is still known."""
        kept = snapshot(self._evidence)
        self._thinking = self._mind(self._graph)
        self._evidence = restore(kept, self._graph, self._evidence.now)
        self._ears.listen(self._evidence, self._now)
        self._incidents = {number: _written(one) for number, one in self._incidents.items()}

    def _split(self, part: str, communes: tuple[str, ...]) -> None:
        (one,) = [
            one for one in self._incidents.values() if part in parts_of(one.verdict) and one.phase is not Phase.DROPPED
        ]
        stays, leaves = apart.split(one, communes, self._graph.home)
        number = len(self._incidents) + 1
        self._incidents |= {one.id: stays, number: replace(leaves, id=number)}

    def _look(self, now: float) -> None:
        self._looked = now
        self._evidence.advance(now)
        hearing = self._ears.judge(self._evidence, now)
        if hearing is Hearing.CUT_OFF:
            self.cut_off_at.append(now - self.zero)
        if hearing is not Hearing.WELL:
            return
        held = lifecycle.held(list(self._incidents.values()), now, self._graph.part_numbers)
        assessment = self._thinking.look(self._evidence, held, now)
        if assessment.cut_off:
            self.cut_off_at.append(now - self.zero)
        self._follow(assessment, now)

    def _follow(self, assessment: Assessment, now: float) -> None:
        at = now - self.zero
        for one in lifecycle.step(list(self._incidents.values()), assessment, now, self._context_at(now)):
            incident = one.incident
            if not incident.id:
                incident = replace(incident, id=len(self._incidents) + 1)
            self._incidents[incident.id] = incident
            assert _written(incident) == incident
            if one.happened is not Happening.SEEN:
                self.told.append(Told(at, one.happened, incident, one.detail))
        self._states.append((at, dict(self._incidents)))
        under_way = [one for one in self.situations.values() if one.resolved_at is None]
        for step in situations.follow(under_way, self._incidents.values(), self._around, now):
            situation = step.situation
            if not situation.id:
                situation = replace(situation, id=len(self.situations) + 1)
            self.situations[situation.id] = situation
            if step.happened is not Happening.SEEN:
                self.situations_told.append((at, step.happened, situation))

    def _context_at(self, now: float) -> Context:
        works = [one for one in self._works if one.begins <= now < one.ends]
        return self._context._replace(
            parts_at_work={part: one.number for one in works for part in one.parts},
            communes_at_work={code: one.number for one in works for code in one.communes},
            situations=situations.members(self.situations.values()),
        )

    def open_at(self, at: float) -> list[Incident]:
        """Those open or closing at that moment."""
        self._play()
        state = next((state for when, state in reversed(self._states) if when <= at), {})
        return [one for one in state.values() if one.phase in (Phase.OPEN, Phase.CLOSING)]

    @property
    def _merged(self) -> set[int]:
        return {one.incident.id for one in self.told if one.happened is Happening.MERGED}

    def _named(self, incidents: Iterable[Incident]) -> list[tuple[int, list[str]]]:
        return [(one.id, sorted(parts_of(one.verdict))) for one in incidents]


def duplicated_and_disordered(seed: int = 1) -> Change:
    """Every third report arrives twice, and those of four seconds in any order."""

    def change(arriving: Iterator[Sighting]) -> Iterator[Sighting]:
        dice = Random(seed)
        for moment, group in groupby(arriving, key=lambda one: one.received // 4):
            these = list(group)
            both = [*these, *these[::3]]
            dice.shuffle(both)
            for one in both:
                yield replace(one, received=(moment + 1) * 4)

    return change


def out_of_the_future(machine: Machine) -> Change:
    """All that this machine says is dated an hour ahead, and everything fails."""

    def change(arriving: Iterator[Sighting]) -> Iterator[Sighting]:
        for one in arriving:
            if one.agent == machine.id:
                ahead = tuple(seen._replace(at=seen.at + 3600, failed=seen.tried) for seen in one.results)
                yield replace(one, at=None if one.at is None else one.at + 3600, results=ahead)
            else:
                yield one

    return change


def contradicting_itself(machine: Machine, begins: float) -> Change:
    """From then on a machine reports twenty times as much, half of it failures of everything."""

    def change(arriving: Iterator[Sighting]) -> Iterator[Sighting]:
        for one in arriving:
            yield one
            if one.agent == machine.id and one.received >= begins:
                for more in range(20):
                    failed = tuple(seen._replace(failed=seen.tried * (more % 2)) for seen in one.results)
                    yield replace(one, stream="c" * 32, seq=100_000 + one.seq * 20 + more, results=failed)

    return change


def _away(
    arriving: Iterator[Sighting], away: dict[int, tuple[float, float]], reason: GoodbyeReason | None
) -> Iterator[Sighting]:
    """Leave out what they would say while away; the last thing they say may be a goodbye."""
    gone: set[int] = set()
    for one in arriving:
        begins, ends = away.get(one.agent, (math.inf, math.inf))
        if one.at is None or one.at < begins:
            yield one
        elif one.at >= ends:
            yield replace(one, boot="after", booted_at=ends - 5)
        elif one.agent not in gone and reason is not None:
            yield replace(one, results=(), goodbye=reason, back=ends if math.isfinite(ends) else None)
        if one.at is not None and begins <= one.at:
            gone.add(one.agent)


def _blinded(arriving: Iterator[Sighting], begins: float, ends: float, vantages: frozenset[int]) -> Iterator[Sighting]:
    """A vantage that sees nothing, its own gateway included."""
    for one in arriving:
        if one.agent in vantages and begins <= one.received < ends:
            yield replace(one, results=tuple(seen._replace(failed=seen.tried) for seen in one.results))
        else:
            yield one


def _kept_waiting(
    arriving: Iterator[Sighting], begins: float, ends: float, but: frozenset[int] = frozenset()
) -> Iterator[Sighting]:
    """What would have arrived meanwhile does so afterwards; what is old by then is no news."""
    waiting: list[Sighting] = []
    for one in arriving:
        if begins <= one.received < ends and one.agent not in but:
            waiting.append(one)
            continue
        if one.received >= ends:
            yield from (_late(old, ends) for old in waiting)
            waiting.clear()
        yield one


def _late(one: Sighting, now: float) -> Sighting:
    aged: tuple[Seen, ...] = tuple(seen._replace(live=seen.live and now - seen.at <= 30) for seen in one.results)
    return replace(one, received=now, live=one.at is not None and now - one.at <= 30, results=aged)


def _graph(inventory: Inventory, machines: Iterable[Machine]) -> Graph:
    return build(topology.build(inventory), [AgentAt(*one) for one in machines])


def _moved(inventory: Inventory, code: str, node: str) -> Inventory:
    lines = tuple(replace(one, access_node=node) if one.commune == code else one for one in inventory.lines)
    return replace(inventory, lines=lines)


def _renamed(inventory: Inventory, ring: str, name: str) -> Inventory:
    rings = tuple(replace(one, id=name) if one.id == ring else one for one in inventory.topology.rings)
    return replace(inventory, topology=replace(inventory.topology, rings=rings))


def _without_topology(inventory: Inventory) -> Inventory:
    lines = tuple(replace(one, access_node="", terminal_address="") for one in inventory.lines)
    return replace(inventory, lines=lines, access_nodes=(), topology=replace(inventory.topology, rings=()))


def _written(one: Incident) -> Incident:
    return msgspec.json.decode(msgspec.json.encode(one), type=Incident)
