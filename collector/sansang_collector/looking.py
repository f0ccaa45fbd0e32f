"""One look: what the evidence says, what that makes of the incidents, and what of it is to be written.

What a look only knows more of an incident, without anything that is told, stays in memory and is written at leisure.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from .diagnosis import lifecycle
from .diagnosis.beliefs import Believer
from .diagnosis.context import Context
from .diagnosis.evidence import Evidence
from .diagnosis.graph import Graph
from .diagnosis.incident import Happening, Incident, Step
from .diagnosis.shares import Shares
from .diagnosis.standing import SITUATION
from .diagnosis.verdict import Assessment, Localiser
from .habituation import Habituation
from .incidents import maintenance, maintenance_rows, recording, rows, severity, situation_rows, situations
from .incidents.recording import Written
from .incidents.situations import Situation, SituationStep
from .incidents.whereabouts import Whereabouts
from .inventory.calendars import calendars
from .inventory.versions import Version
from .serving import Serving

Maker = Callable[[Graph], Localiser]
PUT_AWAY_S = lifecycle.BELIEVED_S
"""For so long what somebody resolved by hand is looked at."""
OVERRUN_S = 3600.0
"""For so long after its end planned work is remembered."""


class Found(NamedTuple):
    """What a look comes to."""

    at: float
    steps: tuple[Step, ...] = ()
    """What is told."""
    situations: tuple[SituationStep, ...] = ()
    before: Mapping[int, bytes] = {}
    """What the rows held that it was made of."""
    cut_off: bool = False
    """The localiser says so."""


class Looking:
    """For one graph at a time; remembers what it knows of incidents beyond their rows."""

    def __init__(
        self, make: Maker, habituation: Habituation, serving: Callable[[Connection, float], Mapping[str, Serving]]
    ) -> None:
        self._make = make
        self._habituation = habituation
        self._serving = serving
        self._more: dict[int, tuple[bytes, Incident]] = {}
        """By number: what the row holds, and the incident as it is known."""
        self.localiser: Localiser | None = None

    def know(self, graph: Graph, version: Version) -> None:
        """Look at this graph from now on."""
        self.localiser = self._make(graph)
        self._graph, self._shares = graph, Shares(graph)
        self._whereabouts = Whereabouts(version.inventory, graph)
        self._setting = severity.setting(version.inventory, graph.parts, calendars(version.inventory))

    def look(self, connection: Connection, evidence: Evidence, now: float) -> Found:
        """Look once; ``connection`` only reads."""
        assert self.localiser is not None
        incidents, before = self._incidents(connection, now)
        evidence.advance(now)
        self._believe(now)
        held = lifecycle.held(incidents, now, self._graph.part_numbers)
        assessment = self.localiser.localise(evidence, held, now)
        self._habituation.looked(evidence, incidents, now)
        if not incidents and not assessment.verdicts and not assessment.suspects:
            return Found(now, cut_off=assessment.cut_off)
        wider = situation_rows.under_way(connection)
        steps = lifecycle.step(incidents, assessment, now, self._context(connection, incidents, wider, now))
        found = self._found(assessment, steps, before)
        after = _after(incidents, steps)
        if not wider and len(after) < situations.LEAST:
            return found
        around = self._whereabouts.around(evidence, self._shares.share)
        return found._replace(situations=tuple(situations.follow(wider, after, around, now)))

    def write(self, connection: Connection, found: Found) -> list[Written]:
        """Let it take effect."""
        together = situation_rows.write(connection, found.situations, found.at)
        return recording.write(connection, _with_the_others(found.steps, together), found.at, found.before)

    def wrote(self, written: Sequence[Written]) -> None:
        """Remember what the rows hold now."""
        self._more |= {one.incident.id: (one.body, one.incident) for one in written}

    def unwritten(self) -> tuple[list[Incident], dict[int, bytes]]:
        """Incidents of which more is known than their rows hold, and what those hold."""
        more = {number: one for number, one in self._more.items() if rows.packed(one[1]) != one[0]}
        return [incident for _, incident in more.values()], {number: body for number, (body, _) in more.items()}

    def _believe(self, now: float) -> None:
        localiser: object = self.localiser
        if isinstance(localiser, Believer) and (beliefs := self._habituation.beliefs(now)) is not None:
            localiser.believe(beliefs)

    def _incidents(self, connection: Connection, now: float) -> tuple[list[Incident], dict[int, bytes]]:
        """Those to look at as they are known; where a row is not as it was left, somebody did something, as it says."""
        kept = [one for one in rows.under_way_or_since(connection, now - PUT_AWAY_S) if _concerns(one.incident, now)]
        before = {one.incident.id: one.body for one in kept}
        self._more = {number: one for number, one in self._more.items() if before.get(number) == one[0]}
        known = {number: incident for number, (_, incident) in self._more.items()}
        return [known.get(one.incident.id, one.incident) for one in kept], before

    def _context(
        self, connection: Connection, incidents: Sequence[Incident], wider: Sequence[Situation], now: float
    ) -> Context:
        standing = maintenance_rows.standing(connection, now - OVERRUN_S)
        work = maintenance.at_work(standing, now)
        setting = self._setting._replace(serving=self._serving(connection, now)) if incidents else self._setting
        return Context(
            parts=self._graph.part_numbers,
            share=self._shares.share,
            judge=partial(severity.judge, setting),
            expected_on=partial(severity.expected_on, setting.calendars),
            parts_at_work=work.parts,
            communes_at_work=work.communes,
            situations=situations.members(wider),
            home=self._graph.home,
        )

    def _found(self, assessment: Assessment, steps: Sequence[Step], before: Mapping[int, bytes]) -> Found:
        quiet = [step.incident for step in steps if step.happened is Happening.SEEN]
        self._more |= {one.id: (before[one.id], one) for one in quiet}
        loud = tuple(step for step in steps if step.happened is not Happening.SEEN)
        return Found(assessment.at, loud, before=before, cut_off=assessment.cut_off)


def _with_the_others(steps: Sequence[Step], together: Mapping[int, int]) -> list[Step]:
    """What this look opens and finds to be one of many at once is not told by itself first."""
    opened = {step.incident.id for step in steps if step.happened is Happening.OPENED} & together.keys()
    return [
        step._replace(incident=msgspec.structs.replace(one, held_back=f"{SITUATION}:{together[one.id]}"))
        if (one := step.incident).id in opened and not one.held_back
        else step
        for step in steps
    ]


def _after(incidents: Sequence[Incident], steps: Sequence[Step]) -> list[Incident]:
    """The incidents that have a number, as the look leaves them."""
    newer = {step.incident.id: step.incident for step in steps}
    return [newer.get(one.id, one) for one in incidents]


def _concerns(one: Incident, now: float) -> bool:
    """Whether it is under way, was resolved lately, or was put away by hand."""
    return one.resolved_at is None or one.ended_at is None or now - one.resolved_at <= lifecycle.RECENT_S
