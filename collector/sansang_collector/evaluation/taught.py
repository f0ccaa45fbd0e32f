"""What the diagnosis itself learns of a province in some weeks of evenings: nothing of the simulation's rates is given.

Every working day before the one that is looked at is played around closing, as a collector would have heard it. Pure.
"""

from collections.abc import Iterator

from sansang_collector.diagnosis.beliefs import Beliefs
from sansang_collector.diagnosis.believing import beliefs_at
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import Floats, Graph
from sansang_collector.diagnosis.learning import Learned
from sansang_collector.diagnosis.terminals import FOLD_S
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import calendars, day_and_minute, weekday_of
from sansang_collector.simulation.faults import DAY_S, day_of
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options

from .ground import Ground

HEARD_S = (15 * 3600 + 2700.0, 18 * 3600.0)
"""Which part of a day is played, seconds after midnight: the last hours of office, and until the last one has gone."""
WORKDAYS = 5
"""From Monday on."""


class Taught:
    """What was learned of one graph, and what is believed for it."""

    def __init__(self, graph: Graph, usual: Usual) -> None:
        self._graph, self._usual = graph, usual
        self._learned = Learned(graph)

    @property
    def usual_ms(self) -> Floats:
        """By check what it takes longer than seldom; infinite while that is not known."""
        return self._learned.usual_ms

    def hear(self, quick: Quick) -> None:
        """Learn of one evening in which nothing broke; the time since the last one was not heard."""
        self._learned.was_deaf(quick.scene.begins)
        evidence = Evidence(self._graph, quick.scene.begins)
        due = quick.scene.begins + FOLD_S
        for one in quick.play():
            while due < one.received:
                self._fold(evidence, due)
                due += FOLD_S
            evidence.apply(one)
            self._learned.take(one)
        self._fold(evidence, quick.scene.ends)

    def believed(self, now: float) -> Beliefs:
        """At this moment (Unix seconds)."""
        return beliefs_at(self._learned, self._graph, self._usual, now)

    def _fold(self, evidence: Evidence, now: float) -> None:
        evidence.advance(now)
        self._learned.fold(evidence, self._usual, ())
        evidence.usual_ms = self._learned.usual_ms  # as the running collector does: what is slow is held against it


def taught(on: Ground, now: float, days: int, seed: int, options: Options) -> Taught:
    """After so many working days before the day of ``now``, in the world of this seed."""
    made = Taught(on.graph, Usual(calendars(on.made.inventory), {}))
    for one in _evenings(on, now, days, seed, options):
        made.hear(one)
    return made


def _evenings(on: Ground, now: float, days: int, seed: int, options: Options) -> Iterator[Quick]:
    for midnight in workdays_before(day_of(now), days):
        quick = Quick(on.made, (), midnight + HEARD_S[0], midnight + HEARD_S[1], seed=seed, options=options)
        quick.stir(f"{midnight:.0f}")
        yield quick


def workdays_before(midnight: float, count: int) -> list[float]:
    """Midnights of so many days from Monday to Friday before this one, the oldest first."""
    found: list[float] = []
    while len(found) < count:
        midnight -= DAY_S
        if weekday_of(day_and_minute(midnight)[0]) < WORKDAYS:
            found.append(midnight)
    return found[::-1]
