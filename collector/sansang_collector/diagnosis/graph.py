"""The inventory's topology as arrays: parts, machines, checks and which parts each check crosses. Pure.

A machine in no commune of the inventory has no path and takes no part; it is named, and nothing else fails for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.rung import Component
from sansang_collector.expansion import Expanded, expand
from sansang_collector.topology import REPORT, Part, Topology

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

NOBODY = -1
"""In the place of a number: none."""
VANTAGE_KEY = ""
"""What the vantage's checks are found by; they cross no machine."""
RATES = {
    Component.PC: 10.0,
    Component.PC_APP: 6.0,
    Component.LAN: 1.0,
    Component.SITE_POWER: 6.0,
    Component.POWER_AREA: 1.0,
    Component.TERMINAL: 2.0,
    Component.ACCESS_LINK: 2.0,
    Component.ACCESS_NODE: 0.5,
    Component.ARC: 0.05,
    Component.RING: 0.3,
    Component.SHARED_RISK: 0.1,
    Component.CORE: 0.05,
    Component.WAN: 0.2,
    Component.NDC: 0.2,
    Component.DNS: 0.3,
    Component.PDC: 0.3,
    Component.SVC_TCP: 2.0,
    Component.SVC_APP: 6.0,
    Component.COLLECTOR: 0.1,
}
"""How often a part of each kind breaks in a year, as long as nothing was learned: they only break ties."""
KINDS = tuple(Component)


class AgentAt(NamedTuple):
    """A machine as the ledger has it."""

    id: int
    commune: str
    name: str
    role: Role = Role.COUNTER

    @property
    def key(self) -> str:
        """What its checks are found by."""
        return VANTAGE_KEY if self.role is Role.VANTAGE else f"{self.commune}/{self.name}"


class Graph(NamedTuple):
    """Numbers are places in these arrays. Check ``n`` crosses ``members[offsets[n]:offsets[n + 1]]``."""

    parts: list[Part]
    part_numbers: dict[str, int]
    """By a part's id."""
    kinds: NDArray[np.int8]
    """By part: the place in KINDS."""
    log_rates: Floats
    """By part: ln of how often it breaks in a year."""
    part_commune: Ints
    """By part: its commune's number; NOBODY for what communes share."""
    communes: list[str]
    """Codes."""
    agents: list[AgentAt]
    """All that take part, vantages too."""
    agent_numbers: dict[int, int]
    """By a machine's id in the ledger."""
    agent_commune: Ints
    """By agent; NOBODY for a vantage."""
    agent_part: Ints
    """By agent: the part that is the machine itself (its software is the next one); NOBODY for a vantage."""
    report_check: Ints
    """By agent: the check whose path its reports take; NOBODY for a vantage, which stands beside the collector."""
    check_agent: Ints
    """By check: whose it is; NOBODY for the vantage's, which any vantage may make."""
    offsets: NDArray[np.int64]
    members: Ints
    first: dict[str, int]
    """The number of a machine's first check, by AgentAt.key."""
    names: dict[str, dict[str, int]]
    """By commune (VANTAGE_KEY for the vantage's): each check's place behind the first."""
    unplaced: list[str]
    """Machines of communes the inventory does not have."""

    @property
    def checks(self) -> int:
        """How many checks there are."""
        return len(self.offsets) - 1

    def check(self, agent: int, name: str) -> int:
        """The number of the check that the agent of this number calls ``name``; NOBODY where no path is known."""
        first, places = self.own(agent)
        place = places.get(name, NOBODY)
        return NOBODY if place == NOBODY else first + place

    def own(self, agent: int) -> tuple[int, dict[str, int]]:
        """The number of the first check of this agent's, and the place behind it by what each is called."""
        one = self.agents[agent]
        return self.first[one.key], self.names[VANTAGE_KEY if one.role is Role.VANTAGE else one.commune]

    def home(self, agent: int) -> str:
        """The commune of a machine, by its id in the ledger; empty for a vantage, and for one that is not here."""
        commune = self.agent_commune[self.agent_numbers[agent]] if agent in self.agent_numbers else NOBODY
        return "" if commune == NOBODY else self.communes[commune]

    def path(self, check: int) -> Ints:
        """The parts that it crosses."""
        return self.members[self.offsets[check] : self.offsets[check + 1]]

    def check_name(self, check: int) -> tuple[str, str]:
        """Whose it is (AgentAt.key) and what it is called there."""
        owner = self.check_agent[check]
        key = VANTAGE_KEY if owner == NOBODY else self.agents[owner].key
        names = self.names[key.partition("/")[0]]
        return key, next(islice(names, check - self.first[key], None))


def build(topology: Topology, agents: Iterable[AgentAt]) -> Graph:
    """The graph of an inventory's topology and the machines in use."""
    everyone = list(agents)
    machines: defaultdict[str, list[str]] = defaultdict(list)
    for one in everyone:
        if one.role is not Role.VANTAGE:
            machines[one.commune].append(one.name)
    expanded = expand(topology, machines)
    placed = [one for one in everyone if one.role is Role.VANTAGE or one.commune in topology.templates]
    parts = expanded.parts
    numbers = {part.id: number for number, part in enumerate(parts)}
    communes = list(topology.templates)
    places = {code: number for number, code in enumerate(communes)}
    names = {commune: {name: at for at, name in enumerate(them)} for commune, them in expanded.names.items()}
    return Graph(
        parts=parts,
        part_numbers=numbers,
        kinds=np.array([KINDS.index(part.kind) for part in parts], np.int8),
        log_rates=np.log([RATES[part.kind] for part in parts]),
        part_commune=_numbers(places.get(part.commune, NOBODY) for part in parts),
        communes=communes,
        agents=placed,
        agent_numbers={one.id: number for number, one in enumerate(placed)},
        agent_commune=_numbers(places.get(one.commune, NOBODY) for one in placed),
        agent_part=_numbers(numbers.get(f"{Component.PC}:{one.key}", NOBODY) for one in placed),
        report_check=_numbers(_report(one, expanded, names) for one in placed),
        check_agent=_owners(placed, expanded),
        offsets=np.frombuffer(expanded.offsets, np.int32).astype(np.int64),
        members=np.frombuffer(expanded.members, np.int32) if expanded.members else np.zeros(0, np.int32),
        first=expanded.first,
        names=names,
        unplaced=expanded.unplaced,
    )


def _numbers(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int32)


def _report(one: AgentAt, expanded: Expanded, names: dict[str, dict[str, int]]) -> int:
    return NOBODY if one.role is Role.VANTAGE else expanded.first[one.key] + names[one.commune][REPORT]


def _owners(agents: Sequence[AgentAt], expanded: Expanded) -> Ints:
    owners = np.full(len(expanded.offsets) - 1, NOBODY, np.int32)
    for number, one in enumerate(agents):
        if one.role is not Role.VANTAGE:
            first = expanded.first[one.key]
            owners[first : first + len(expanded.names[one.commune])] = number
    return owners
