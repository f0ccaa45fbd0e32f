"""Who watches a row: our engine, told every five minutes what is usual, and the ways it is held against."""

from collections.abc import Sequence

import msgspec

from sansang_collector.diagnosis.beliefs import Beliefs, unlearned
from sansang_collector.diagnosis.degraded import Degraded
from sansang_collector.diagnosis.engine import Engine
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.score import Score
from sansang_collector.diagnosis.verdict import Assessment, Held
from sansang_collector.simulation.quick_scene import Scene

from .keeping import Confirmed, Contestant, Keeper
from .per_check import PerCheck
from .rows import Row
from .usual import beliefs

ENGINE, SCORE, SET_COVER, PARENTS, PER_CHECK = "engine", "SCORE", "set cover", "parents", "per check"
ALL = (ENGINE, SCORE, SET_COVER, PARENTS, PER_CHECK)
BELIEVED_S, DEGRADED_S = 300.0, 30.0
"""How often the engine is told what is usual, and looks for parts that only lose."""


class Whole:
    """Both stages of the engine: what is down at every look, what loses or is slow at some of them."""

    def __init__(self, graph: Graph) -> None:
        self._engine, self._degraded = Engine(graph), Degraded(graph)
        self._beliefs = unlearned(graph)
        self._at = float("-inf")

    def believe(self, beliefs: Beliefs) -> None:
        """From now on."""
        self._beliefs = beliefs
        self._engine.believe(beliefs)

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """What is broken, either way."""
        found = self._engine.localise(evidence, held, now)
        if found.cut_off or now - self._at < DEGRADED_S:
            return found
        self._at = now
        look = self._degraded.look(evidence, self._beliefs, held, found.verdicts, now)
        return found._replace(
            verdicts=(*found.verdicts, *look.verdicts),
            suspects=(*found.suspects, *look.suspects),
            recovered=found.recovered | look.recovered,
        )


class Watcher(msgspec.Struct):
    """One of them, and what its looks cost."""

    contestant: Contestant
    scene: Scene
    engine: Whole | None = None
    learned: bool = True
    believed_at: float = float("-inf")
    cpu_s: float = 0.0
    looks: int = 0

    def look(self, evidence: Evidence, now: float) -> None:
        """Time to say what is broken."""
        if self.engine is not None and now - self.believed_at >= BELIEVED_S:
            self.engine.believe(beliefs(evidence.graph, self.scene, now, learned=self.learned))
            self.believed_at = now
        self.contestant.look(evidence, now)


def watchers(graph: Graph, row: Row, scene: Scene) -> list[Watcher]:
    """Those that take part in this row."""
    engine = Whole(graph)
    return [
        Watcher(Keeper(ENGINE, engine, graph), scene, engine, row.learned),
        Watcher(PerCheck(PER_CHECK, graph, parents=False), scene),
        Watcher(PerCheck(PARENTS, graph, parents=True), scene),
        Watcher(Keeper(SET_COVER, Confirmed(Score(graph, 1.0), 2), graph), scene),
        Watcher(Keeper(SCORE, Score(graph), graph), scene),
    ]
