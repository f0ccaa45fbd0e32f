"""Who watches a row: our engine, told every five minutes what is usual, and the ways it is held against."""

from collections.abc import Callable

import msgspec

from sansang_collector.diagnosis.beliefs import Beliefs
from sansang_collector.diagnosis.engine import Engine
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.score import Score, Sight
from sansang_collector.incidents.whereabouts import Whereabouts

from .ground import Ground
from .keeping import Confirmed, Contestant, Keeper
from .per_check import PerCheck, Streaks
from .rows import Row

ENGINE, SCORE, SET_COVER, PARENTS, PER_CHECK = "engine", "SCORE", "set cover", "parents", "per check"
ALL = (ENGINE, SCORE, SET_COVER, PARENTS, PER_CHECK)
BELIEVED_S = 300.0
"""How often the engine is told what is usual."""
SOONEST_S, ON_ITS_WAY_S = 1.0, 0.3
"""As the collector does it, a fresh failure is looked at at once, but no sooner than this after the last look; and what
it takes until the log hands it over."""


class Watcher(msgspec.Struct):
    """One of them, and what its looks cost."""

    contestant: Contestant
    engine: Engine | None = None
    believed: Callable[[float], Beliefs] | None = None
    """What is usual at a moment, for our engine."""
    believed_at: float = float("-inf")
    due: float = float("inf")
    """When the next look is."""
    looked_at: float = float("-inf")
    cpu_s: float = 0.0
    looks: int = 0

    def hurry(self, received: float) -> None:
        """A report brought a fresh failure: our engine does not wait for its turn."""
        if self.engine is not None:
            self.due = min(self.due, max(received + ON_ITS_WAY_S, self.looked_at + SOONEST_S))

    def look(self, evidence: Evidence, now: float) -> None:
        """Time to say what is broken."""
        if self.engine is not None and self.believed is not None and now - self.believed_at >= BELIEVED_S:
            self.engine.believe(self.believed(now))
            self.believed_at = now
        self.contestant.look(evidence, now)


def watchers(on: Ground, row: Row, believed: Callable[[float], Beliefs], streaks: Streaks) -> list[Watcher]:
    """Those that take part in this row, our engine first; ``streaks`` is told of every report by whoever plays it.

    ``believed``: what our engine takes for usual at a moment.

    What was stored meanwhile corrects ours alone, and only ours makes one situation of many: the others take no part
    where that is what counts.
    """
    graph = on.graph
    engine, sight = Engine(graph), Sight(graph)
    whereabouts = Whereabouts(on.made.inventory, graph) if row.as_one else None
    ours = Watcher(Keeper(ENGINE, engine, graph, whereabouts), engine, believed)
    if row.is_after or row.as_one:
        return [ours]
    return [
        ours,
        Watcher(PerCheck(PER_CHECK, graph, streaks, parents=False)),
        Watcher(PerCheck(PARENTS, graph, streaks, parents=True)),
        Watcher(Keeper(SET_COVER, Confirmed(Score(graph, 1.0, sight), 2), graph)),
        Watcher(Keeper(SCORE, Score(graph, sight=sight), graph)),
    ]
