"""When what machines stored of a cut is taken: who has told all of it, and how long the others are waited for. Pure.

The running collector and the evaluation go by it alike.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.topology import CORE, GATEWAY, LINE

from .graph import NOBODY, VANTAGE_KEY, Graph
from .incident import Incident, Phase
from .revision import MACHINE, may_be_revised
from .verdict import Fact

SETTLE_S = 45.0
"""After an incident is resolved: what machines send first is still being put into the history."""
PATIENCE_S = 1800.0
"""After so long those that are back speak for all; whoever comes later may have it revised again."""
AROUND_S = 180.0
"""What was measured so long before and after a cut is looked at too."""
OWN = (MACHINE, GATEWAY, LINE, CORE)
"""What of a machine's checks tells causes apart …"""
PROBED = (Component.TERMINAL, Component.ACCESS_NODE)
"""… and what of the vantage's."""


class Contact(NamedTuple):
    """How a machine stands with the collector. Unix seconds by the collector's clock."""

    agent: int
    at: float
    """When it was heard last."""
    holds: float | None
    """Of when the oldest report is that it still holds; None: it holds none."""


def back(incident: Incident, contacts: Iterable[Contact]) -> list[int]:
    """Of the silenced machines those that have spoken since, and hold nothing of that time any more.

    What was on its way when they were cut off may be heard after the onset: only who speaks after the end is back.
    """
    ended = incident.onset if incident.ended_at is None else incident.ended_at
    mine = [one for one in contacts if one.agent in incident.verdict.agents]
    return sorted(one.agent for one in mine if one.at > ended and (one.holds is None or one.holds > ended))


def is_due(incident: Incident, back: Sequence[int], now: float) -> bool:
    """Whether it is to be revised by the word of these machines."""
    if incident.phase is not Phase.RESOLVED or not may_be_revised(incident):
        return False
    resolved = now if incident.resolved_at is None else incident.resolved_at
    all_back = len(back) >= len(incident.verdict.agents)
    waited = SETTLE_S if all_back else PATIENCE_S
    return now >= resolved + waited and len(back) > told_before(incident)


def told_before(incident: Incident) -> int:
    """By how many machines' word it was revised already."""
    grounds = incident.revision.grounds if incident.revision else ()
    return next((ground.count for ground in grounds if ground.fact is Fact.SILENT), 0)


def probed(graph: Graph, incident: Incident) -> list[str]:
    """What the vantage asks on the way into the commune that was cut off: terminals, access nodes."""
    communes = {graph.communes.index(code) for code in incident.verdict.communes if code in graph.communes}
    if len(communes) != 1:
        return []
    (commune,) = communes
    agents = [number for number in range(len(graph.agents)) if graph.agent_commune[number] == commune]
    crossed = {int(part) for agent in agents for part in graph.path(int(graph.report_check[agent]))}
    names = [name for name in graph.names[VANTAGE_KEY] if name.partition(":")[0] in PROBED]
    return [name for name in names if graph.part_numbers.get(name, NOBODY) in crossed]
