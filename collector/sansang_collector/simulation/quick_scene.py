"""What the fast world is made of: machines with their real assignments, and what is broken when, all known beforehand.

One fault vocabulary, one set of noise rates and one kind of working day with the simulation that speaks the protocol.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from random import Random
from typing import NamedTuple

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.check import Check, HostCheck
from sansang_agent.contract.rung import Component
from sansang_collector import topology
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import calendars
from sansang_collector.profiles.compiler import Plan
from sansang_collector.profiles.election import Machine
from sansang_collector.profiles.templates import templates

from . import days, noise, world
from .bursts import Bursts
from .faults import DAY_S, DOWN, Fault, day_of
from .noise import Hit, Noise
from .provinces import Made
from .quick_checks import Run, run_of
from .quick_mains import Mains
from .weather import Weather
from .world import Pc, World

_SITE_POWER = str(Component.SITE_POWER)


class Options(NamedTuple):
    """How the world behaves beside its faults."""

    noise: Noise = Noise()
    goodbyes: bool = True
    """Whether machines say goodbye before they go off."""
    correlated: bool = False
    """Whether losses come in bursts."""
    vantage: bool = True
    """Whether somebody looks into the communes from the province's side."""
    batteries: float = 0.0
    """Share of machines that go on for a while without power, and say so."""


class Sky(NamedTuple):
    """What is broken between two moments."""

    by_check: Mapping[str, Mapping[str, tuple[Hit, ...]]]
    """By commune (empty: the vantage's) and check."""
    software: Mapping[str, tuple[Hit, ...]]
    """By machine (``commune/name``)."""


class Scene:
    """A province from ``begins`` to ``ends`` (Unix seconds) with these faults; the same seed gives the same."""

    def __init__(
        self, made: Made, faults: Sequence[Fault], begins: float, ends: float, seed: int, options: Options
    ) -> None:
        self.begins, self.ends, self.options = begins, ends, options
        self.machines = [one for one in made.machines if options.vantage or one.role is not Role.VANTAGE]
        built = topology.build(made.inventory)
        pcs = [Pc(one.commune, one.name, one.role) for one in self.machines if one.role is not Role.VANTAGE]
        self.world = world.of(made.inventory, built, pcs, seed, options.noise)
        self.inward = {name: frozenset(built.parts[n].id for n in path) for name, path in built.inward.items()}
        self.usual = Usual(calendars(made.inventory), {})
        """What the inventory says of when people work; no habit is known."""
        self.plan = Plan(made.inventory, templates(), self.machines)
        self.faults = [*faults, *self._breakers()]
        self.mains = Mains(self.world, self.faults, options.batteries)
        self._turns = sorted({begins, *(at for one in self.faults for at in (one.begins, one.ends) if at > begins)})
        self._skies: list[Sky | None] = [None] * len(self._turns)
        self._bursts: dict[object, Bursts] = {}
        self._squalls = {code: _squalls(f"{seed}/{code}", options.noise, begins, ends) for code in self.world.places}
        self._edges = {code: sorted({at for one in them for at in one[:2]}) for code, them in self._squalls.items()}

    def seed(self, machine: Machine) -> str:
        """What this machine's dice are made of."""
        return f"{self.world.seed}/{machine.commune}/{machine.name}"

    def runs(self, machine: Machine, checks: Iterable[Check]) -> list[Run]:
        """Those checks that a path is known of, and a machine's look at itself."""
        vantage = machine.role is Role.VANTAGE
        known = self.inward if vantage else self.world.places[machine.commune].paths
        delay = 0.0 if vantage else self.world.places[machine.commune].delay_ms
        share = Random(f"{self.seed(machine)}/splay").random()  # noqa: S311
        return [
            run_of(check, share, delay)
            for check in checks
            if check.id in known or (isinstance(check, HostCheck) and not vantage)
        ]

    def sky(self, at: float) -> tuple[float, float, Sky]:
        """What is broken at that moment, and from when until when nothing of it changes."""
        number = max(0, bisect_right(self._turns, at) - 1)
        found = self._skies[number]
        if found is None:
            found = self._skies[number] = self._laid(self._turns[number])
        begins = self._turns[number] if number else -inf
        return begins, self._turns[number + 1] if number + 1 < len(self._turns) else inf, found

    def line(self, commune: str, at: float) -> tuple[float, float, float]:
        """From when until when a commune's line is as it is at that moment, and what it loses by itself meanwhile."""
        usual = self.world.places[commune].loss
        steady = (-inf, inf, usual)
        begins, ends, base = self._bursts_of(commune, usual).stretch(at) if self._in_bursts(usual) else steady
        edges = self._edges[commune]
        after = bisect_right(edges, at)
        begins = max(begins, edges[after - 1]) if after else begins
        ends = min(ends, edges[after]) if after < len(edges) else ends
        for since, until, loss in self._squalls[commune]:
            if since <= at < until:
                return begins, ends, 1 - (1 - base) * (1 - loss)
        return begins, ends, base

    def share(self, fault: Fault, at: float) -> float:
        """How much of what crosses it a broken part spoils at that moment."""
        return self._bursts_of(fault, fault.loss).loss(at) if self._in_bursts(fault.loss) else fault.loss

    def _in_bursts(self, loss: float) -> bool:
        return self.options.correlated and 0 < loss < DOWN

    def _bursts_of(self, what: Fault | str, loss: float) -> Bursts:
        found = self._bursts.get(what)
        if found is None:
            found = self._bursts[what] = Bursts(f"{self.world.seed}/{what}", loss, self.begins, self.ends)
        return found

    def _laid(self, at: float) -> Sky:
        faults = [one for one in self.faults if one.holds(at)]
        return Sky(_struck(self.world, faults, self.inward, at), _spoilt(faults))

    def _breakers(self) -> list[Fault]:
        """Who throws the main breaker on leaving takes the terminal's power too."""
        found = []
        for place in self.world.places.values():
            day = day_of(self.begins) - DAY_S
            while day < self.ends:
                off = days.thrown(place.hours, day, f"{self.world.seed}/{place.code}")
                if off is not None:
                    found.append(Fault(f"{_SITE_POWER}:{place.code}", DOWN, off, _next_morning(place, day)))
                day += DAY_S
        return [one for one in found if one.begins < self.ends and one.ends > self.begins]


def _next_morning(place: world.Place, day: float) -> float:
    for after in range(1, 15):
        back = days.returns(place.hours, day + after * DAY_S)
        if back is not None:
            return back
    return float("inf")


def _struck(
    world_: World, faults: Sequence[Fault], inward: Mapping[str, frozenset[str]], at: float
) -> dict[str, dict[str, tuple[Hit, ...]]]:
    weather = Weather(world_, [one for one in faults if not one.component.startswith("pc")])
    weather.turn(at)
    found = {code: weather.of_commune(code) for code in world_.places}
    found[""] = {}
    for name, path in inward.items():
        hits = tuple(Hit(world_.parts[one.component], one) for one in faults if one.component in path)
        if hits:
            found[""][name] = hits
    return {code: checks for code, checks in found.items() if checks}


def _spoilt(faults: Sequence[Fault]) -> dict[str, tuple[Hit, ...]]:
    found: dict[str, tuple[Hit, ...]] = {}
    for one in faults:
        kind, _, owner = one.component.partition(":")
        if kind == Component.PC_APP:
            found[owner] = (*found.get(owner, ()), Hit(Component.PC_APP, one))
    return found


def _squalls(seed: str, rates: Noise, begins: float, ends: float) -> list[tuple[float, float, float]]:
    """When a commune's line loses much for a while by itself, and how much."""
    found: list[tuple[float, float, float]] = []
    if not rates.bursts_per_slot:
        return found
    dice = Random(f"{seed}/squalls/{begins:.0f}")  # noqa: S311  # a simulation must be repeatable
    at = begins
    while (at := at + dice.expovariate(rates.bursts_per_slot / noise.BURST_SLOT_S)) < ends:
        found.append((at, at + dice.uniform(15, 30), dice.uniform(0.2, 0.4)))
    return found
