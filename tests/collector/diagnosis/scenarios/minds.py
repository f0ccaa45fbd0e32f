"""What thinks in a scenario: the whole diagnosis, or SCORE alone."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sansang_collector.diagnosis.beliefs import NO_BREAKER, Beliefs, unlearned
from sansang_collector.diagnosis.engine import Engine
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.score import Score
from sansang_collector.diagnosis.verdict import Assessment, Held


class Mind(Protocol):
    """One graph's."""

    def look(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """What it makes of the evidence."""
        ...


class Whole:
    """The engine, with what is believed of the province."""

    def __init__(self, graph: Graph, beliefs: Callable[[Graph], Beliefs] = unlearned) -> None:
        self._engine = Engine(graph)
        self._engine.believe(beliefs(graph))

    def look(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """Its own look."""
        return self._engine.localise(evidence, held, now)


class Oracle:
    """SCORE, which knows neither losses nor habits."""

    def __init__(self, graph: Graph) -> None:
        self._score = Score(graph)

    def look(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """Its verdicts alone."""
        return self._score.localise(evidence, held, now)


def learned(graph: Graph) -> Beliefs:
    """What is believed of a province that has been watched for weeks, in office hours."""
    return unlearned(graph)._replace(late=np.full(len(graph.agents), 0.03), learned=True)


def closing(graph: Graph) -> Beliefs:
    """The same at closing time; every commune's people may throw the breaker."""
    usual = learned(graph)
    leaves = np.full(len(graph.agents), 2e-2)
    return usual._replace(leaves=leaves, breaker=np.full(len(graph.communes), 7.4))


def never_off(graph: Graph) -> Beliefs:
    """Nobody's breaker is ever thrown."""
    return learned(graph)._replace(breaker=np.full(len(graph.communes), NO_BREAKER))
