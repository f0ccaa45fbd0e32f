"""An incident as it is to be told: what was found out later goes for what was thought first, with all around it. Pure.

Around it is what no localiser knows: announced work, the situation or incident it belongs to, who has taken it on.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Verdict

from .naming import NEAR, Naming


class Plan(NamedTuple):
    """Announced work or a planned power cut; Unix seconds."""

    title: str
    begins: float
    ends: float
    is_power_cut: bool = False
    ended_at: float | None = None


class Wider(NamedTuple):
    """The situation that incidents of one event are told together in."""

    code: str
    kind: str
    incidents: int = 0


class Around(NamedTuple):
    """What else is known; nothing by itself."""

    plan: Plan | None = None
    situation: Wider | None = None
    other: str = ""
    """The code of the incident that this one is held back for, or was merged into."""
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    assigned_to: str = ""
    machines: Mapping[str, int] = {}
    """By commune, how many report from it."""


NOTHING_AROUND = Around()


class Case(NamedTuple):
    """What explanations are made from."""

    incident: Incident
    naming: Naming
    around: Around
    causes: tuple[Cause, ...]
    """The class, most probable first; never empty."""
    onset: float
    ended_at: float | None
    communes: tuple[str, ...]
    """Those it hits now, or has hit once it is over; by code."""
    grounds: tuple[Ground, ...]

    @property
    def verdict(self) -> Verdict:
        """What the newest look said."""
        return self.incident.verdict

    @property
    def kinds(self) -> tuple[Component, ...]:
        """Of the causes, in their order, each once."""
        return tuple(dict.fromkeys(self.naming.part(cause.part).kind for cause in self.causes))

    @property
    def is_over(self) -> bool:
        """Whether it has ended, as far as is known."""
        return self.incident.phase in (Phase.RESOLVED, Phase.DROPPED)

    @property
    def commune(self) -> str:
        """The one commune that it is about; empty where communes share it."""
        if len(self.communes) == 1 and any(kind in NEAR for kind in self.kinds):
            return self.communes[0]
        return ""

    @property
    def machines(self) -> int | None:
        """How many machines its commune has, as far as that is known."""
        silent = next((one.of for one in self.grounds if one.fact is Fact.SILENT and one.of), None)
        return self.around.machines.get(self.commune, silent)


def case_of(incident: Incident, naming: Naming, around: Around = NOTHING_AROUND) -> Case:
    """The case of an incident."""
    verdict, revision = incident.verdict, incident.revision
    is_over = incident.phase in (Phase.RESOLVED, Phase.DROPPED)
    first, second = (incident.hit, verdict.communes) if is_over else (verdict.communes, incident.hit)
    order = {code: place for place, code in enumerate(naming.communes)}
    communes = sorted(first or second, key=lambda code: (order.get(code, len(order)), code))
    own = (Cause(verdict.part, 1.0),)
    causes = (revision.causes if revision else ()) or verdict.causes or own
    ended = incident.ended_at if incident.ended_at is not None else incident.resolved_at
    return Case(
        incident=incident,
        naming=naming,
        around=around,
        causes=tuple(sorted(causes, key=lambda one: -one.probability)),
        onset=revision.onset if revision else incident.onset,
        ended_at=(revision.ended_at if revision else ended) if is_over else None,
        communes=tuple(communes),
        grounds=tuple(dict.fromkeys((*verdict.grounds, *(revision.grounds if revision else ())))),
    )
