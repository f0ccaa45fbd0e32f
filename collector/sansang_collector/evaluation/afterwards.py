"""What becomes of a cut once machines have told what they stored: heard by the same rules as the running collector's.

Each incident is revised when those that are back have spoken, or were waited for in vain.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from sansang_collector.diagnosis import backfill
from sansang_collector.diagnosis.backfill import AROUND_S, OWN, PROBED
from sansang_collector.diagnosis.graph import NOBODY, Graph
from sansang_collector.diagnosis.incident import Incident
from sansang_collector.diagnosis.revision import Told, may_be_revised, revise
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.stored import EDGE_S, Stored
from sansang_collector.simulation.faults import Fault
from sansang_collector.simulation.quick import Quick

from .keeping import Keeper

LOOK_S = 15.0
"""How often it is looked whether something is to be revised."""
SETTLED_S = 30.0
"""So long after the last revision it is still listened for what else may be said."""
_PROBED = tuple(f"{kind}:" for kind in PROBED)


class Apart(NamedTuple):
    """What the revision made of a fault that is over."""

    right: bool
    """Whether one incident was opened, and its first-named cause is the truth by now."""
    before: int
    """How many causes its class had while it lasted …"""
    after: int
    """… and has now; 0 where it was not revised."""
    revised_s: float | None
    """From the fault's end to the last revision."""
    off_before_s: float | None
    off_s: float | None
    """How far the time that it is said to have lasted is from the truth, as seen live and as revised."""


class Afterwards:
    """Of one trial: everything that arrived, and which incidents it corrects."""

    def __init__(self, graph: Graph, quick: Quick, keeper: Keeper, since: float) -> None:
        """``since``: what ``keeper`` opened then or later counts (Unix seconds)."""
        self._graph, self._quick, self._keeper, self._since = graph, quick, keeper, since
        self._boots: defaultdict[int, set[float]] = defaultdict(set)
        self._results: defaultdict[int, list[Seen]] = defaultdict(list)
        self._probes: defaultdict[str, list[Seen]] = defaultdict(list)
        self._battery: defaultdict[int, list[float]] = defaultdict(list)
        self._due = 0.0
        self._revised_at = float("inf")

    def hear(self, one: Sighting) -> None:
        """Keep what a report tells."""
        number = self._graph.agent_numbers[one.agent]
        if self._graph.agent_commune[number] == NOBODY:
            for seen in one.results:
                if seen.check.startswith(_PROBED):
                    self._probes[seen.check].append(seen)
            return
        self._results[one.agent] += [seen for seen in one.results if seen.check in OWN]
        if one.booted_at is not None:
            self._boots[one.agent].add(one.booted_at)
        if one.battery is not None and one.at is not None:
            self._battery[one.agent].append(one.at)

    def look(self, now: float) -> None:
        """Revise what is due."""
        if now < self._due:
            return
        self._due = now + LOOK_S
        incidents = self._keeper.opened(self._since)
        found = [done for one in incidents if (done := self._revised(one, now)) is not None]
        if found:
            self._keeper.correct(found)
            self._revised_at = now

    def is_over(self, now: float) -> bool:
        """Whether everybody who was cut off has told all there is, and nothing was said since for a while."""
        if now <= self._revised_at + SETTLED_S:
            return False
        incidents = self._keeper.opened(self._since)
        return all(one.revision and backfill.told_before(one) >= len(one.verdict.agents) for one in incidents)

    def judged(self, fault: Fault) -> Apart:
        """What was made of it in the end."""
        return judged(self._keeper.opened(self._since), fault)

    def _revised(self, one: Incident, now: float) -> Incident | None:
        if not may_be_revised(one):
            return None
        back = backfill.back(one, [self._quick.contact(agent) for agent in one.verdict.agents])
        if not backfill.is_due(one, back, now):
            return None
        revision = revise(one, self._graph, self._told(one, back), now)
        return None if revision is None else msgspec.structs.replace(one, revision=revision)

    def _told(self, one: Incident, back: Sequence[int]) -> Told:
        ended = one.onset if one.ended_at is None else one.ended_at
        first, last = one.onset - AROUND_S, ended + AROUND_S
        machines = [
            Stored(
                agent,
                tuple(sorted(self._boots[agent])),
                _between(self._results[agent], first, last),
                any(one.onset + EDGE_S <= at <= ended - EDGE_S for at in self._battery[agent]) or None,
            )
            for agent in back
        ]
        probes = {name: _between(self._probes[name], first, last) for name in backfill.probed(self._graph, one)}
        return Told(machines, len(one.verdict.agents), {name: seen for name, seen in probes.items() if seen})


def judged(incidents: Sequence[Incident], fault: Fault) -> Apart:
    """Of all incidents that were opened since the fault."""
    if len(incidents) != 1 or incidents[0].ended_at is None:
        return Apart(False, 0, 0, None, None, None)
    (one,) = incidents
    lasted, before = fault.ends - fault.begins, max(1, len(one.verdict.causes))
    live = abs((one.ended_at or 0.0) - one.onset - lasted)
    if one.revision is None:
        return Apart(False, before, 0, None, live, None)
    said = one.revision
    off = abs(said.ended_at - said.onset - lasted)
    right = said.causes[0].part == fault.component
    return Apart(right, before, len(said.causes), said.at - fault.ends, live, off)


def _between(found: Sequence[Seen], first: float, last: float) -> tuple[Seen, ...]:
    return tuple(one for one in found if first <= one.at <= last)
