"""A small province that is played without wires and looked at every five seconds, as the collector does."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sansang_collector import topology
from sansang_collector.diagnosis.beliefs import LATE, Beliefs, unlearned
from sansang_collector.diagnosis.engine import Engine
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.diagnosis.verdict import Assessment, Held
from sansang_collector.evaluation.keeping import Keeper, Said
from sansang_collector.simulation import provinces
from sansang_collector.simulation.faults import DOWN, Fault, parse_time
from sansang_collector.simulation.noise import QUIET
from sansang_collector.simulation.provinces import Made
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options

MORNING = parse_time("2026-06-26T09:00", 0)
LOOK_S = 5.0
FAULT_S = 150.0
"""When after MORNING things break, if nothing else is said."""


class Place(NamedTuple):
    """A province, and what the centre believes that it is."""

    made: Made
    graph: Graph

    @property
    def vantage(self) -> int:
        """The id of its vantage."""
        return self.made.machines[-1].id

    def communes_of(self, part: str) -> set[str]:
        """Whose reports cross a part."""
        number, graph = self.graph.part_numbers[part], self.graph
        ways = [(one.commune, graph.path(int(graph.report_check[n]))) for n, one in enumerate(graph.agents[:-1])]
        return {commune for commune, way in ways if number in way}

    def machines_of(self, commune: str) -> list[int]:
        """Ids."""
        return [one.id for one in self.graph.agents if one.commune == commune]


class Looks(NamedTuple):
    """What was made of it."""

    assessments: list[Assessment]
    said: list[Said]
    """Every incident that was opened."""

    def standing(self) -> set[str]:
        """First-named parts of incidents that stand in the end."""
        return {one.part for one in self.said if one.is_open}

    def last(self) -> Assessment:
        """The newest look."""
        return self.assessments[-1]


def place(seed: int, communes: int = 16) -> Place:
    """A province of this seed."""
    made = provinces.make(seed, communes)
    return Place(made, build(topology.build(made.inventory), [AgentAt(*one) for one in made.machines]))


def down(part: str, at: float = FAULT_S, lasts: float = 1e6) -> Fault:
    """``at``: seconds after MORNING."""
    return Fault(part, DOWN, MORNING + at, MORNING + at + lasts)


def learned(graph: Graph) -> Beliefs:
    """What is believed after some weeks."""
    beliefs = unlearned(graph)
    return beliefs._replace(late=beliefs.late * 0 + LATE, learned=True)


def play(
    where: Place, *faults: Fault, lasts: float = 330.0, seed: int = 1, options: Options | None = None
) -> Iterator[Sighting]:
    """Everything that arrives; a quiet world if nothing else is said."""
    chosen = options or Options(noise=QUIET)
    return Quick(where.made, faults, MORNING, MORNING + lasts, seed=seed, options=chosen).play()


def look(
    graph: Graph,
    arriving: Iterator[Sighting] | Sequence[Sighting],
    *,
    until: float = 330.0,
    beliefs: Beliefs | None = None,
    change: Callable[[Sighting], Sighting | None] = lambda one: one,
) -> Looks:
    """Look at what arrives every five seconds; ``change`` may alter reports or lose them."""
    watched = _Watched(graph, beliefs or learned(graph))
    keeper, evidence = Keeper("engine", watched, graph), Evidence(graph, MORNING)
    due = MORNING + LOOK_S
    for one in arriving:
        while one.received > due:
            keeper.look(evidence, due)
            due += LOOK_S
        changed = change(one)
        if changed is not None:
            evidence.apply(changed)
    while due <= MORNING + until:
        keeper.look(evidence, due)
        due += LOOK_S
    return Looks(watched.looks, keeper.said)


class _Watched:
    """The engine, and everything it said."""

    def __init__(self, graph: Graph, beliefs: Beliefs) -> None:
        self._engine = Engine(graph)
        self._engine.believe(beliefs)
        self.looks: list[Assessment] = []

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """Pass it on."""
        evidence.advance(now)
        self.looks.append(self._engine.localise(evidence, held, now))
        return self.looks[-1]
