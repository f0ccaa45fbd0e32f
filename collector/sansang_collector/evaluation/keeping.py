"""Those that are compared, each behind the same few questions: what it says at each look, and how often it alerts.

What a localiser says is followed by the lifecycle of incidents itself, without a ledger. Pure.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis import lifecycle
from sansang_collector.diagnosis.context import Context, Judged
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.shares import Shares
from sansang_collector.diagnosis.verdict import Assessment, Held, Localiser, Verdict
from sansang_collector.incidents.whereabouts import Whereabouts

from .gathering import Gathering

_STANDING = (Phase.OPEN, Phase.CLOSING)


class Said(msgspec.Struct):
    """One alert: what broke, since when it was said, until when."""

    part: str
    causes: frozenset[str]
    opened_at: float
    ended_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still stands."""
        return self.ended_at is None


class Contestant(Protocol):
    """Somebody who watches the same evidence as the others."""

    name: str
    said: list[Said]
    """Every alert so far."""

    def look(self, evidence: Evidence, now: float) -> None:
        """Time to say what is broken."""


class Confirmed:
    """A localiser whose verdicts count once they were found so many looks in a row."""

    def __init__(self, localiser: Localiser, looks: int) -> None:
        self._localiser, self._looks = localiser, looks
        self._found: dict[str, int] = {}

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """What was found often enough."""
        said = self._localiser.localise(evidence, held, now)
        self._found = {one.part: self._found.get(one.part, 0) + 1 for one in said.verdicts}
        sure = tuple(one for one in said.verdicts if self._found[one.part] >= self._looks)
        return said._replace(verdicts=sure)


class Keeper:
    """A localiser and the incidents made of its verdicts."""

    def __init__(self, name: str, localiser: Localiser, graph: Graph, whereabouts: Whereabouts | None = None) -> None:
        """``whereabouts``: where situations are to be told."""
        self.name, self.said = name, list[Said]()
        self._localiser, self._graph = localiser, graph
        share = Shares(graph).share
        self._context = Context(graph.part_numbers, share, _judged)
        self.gathering = Gathering(whereabouts, share) if whereabouts else None
        self._incidents: dict[int, Incident] = {}
        self._said: dict[int, Said] = {}

    def opened(self, since: float) -> list[Incident]:
        """Those that people were told of since."""
        return [
            one
            for one in self._incidents.values()
            if one.opened_at is not None and one.opened_at >= since and one.phase is not Phase.DROPPED
        ]

    def correct(self, revised: Sequence[Incident]) -> None:
        """Take them over; nobody is told."""
        self._incidents |= {one.id: one for one in revised}

    def look(self, evidence: Evidence, now: float) -> None:
        """Ask, and follow what was asked before."""
        alive = [one for one in self._incidents.values() if _is_of_interest(one, now)]
        held = lifecycle.held(alive, now, self._graph.part_numbers)
        assessment = self._localiser.localise(evidence, held, now)
        context, opened = self._context, list[int]()
        if self.gathering is not None:
            context = context._replace(situations=self.gathering.members())
        for step in lifecycle.step(alive, assessment, now, context):
            incident = step.incident
            if not incident.id:
                incident = msgspec.structs.replace(incident, id=len(self._incidents) + 1)
            self._incidents[incident.id] = incident
            self._tell(incident, step.happened, now)
            opened += [incident.id] if step.happened is Happening.OPENED else []
        if self.gathering is not None:
            self.gathering.follow(self._incidents.values(), opened, evidence, now)

    def _tell(self, incident: Incident, happened: Happening, now: float) -> None:
        causes = frozenset({incident.verdict.part, *(cause.part for cause in incident.verdict.causes)})
        said = self._said.get(incident.id)
        if incident.phase not in _STANDING:
            if said is not None and said.is_open:
                said.ended_at = now
        elif said is None or happened is Happening.REOPENED:
            said = self._said[incident.id] = Said(incident.verdict.part, causes, now)
            self.said.append(said)
        else:
            said.part, said.causes, said.ended_at = incident.verdict.part, causes, None


def _is_of_interest(incident: Incident, now: float) -> bool:
    if incident.phase is Phase.DROPPED:
        return False
    return incident.phase is not Phase.RESOLVED or now - (incident.resolved_at or 0.0) < lifecycle.RECENT_S


def _judged(_verdict: Verdict, hit: Sequence[str], _now: float) -> Judged:
    """Who owns it and how urgent it is changes nothing here."""
    return Judged(Owner.TELECOM, Severity.CRITICAL if len(hit) > 1 else Severity.WARNING)
