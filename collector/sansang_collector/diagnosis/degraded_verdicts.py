"""A degraded part as a verdict: how much, since when, whom it hits, and what was counted. Pure."""

import msgspec
import numpy as np

from sansang_agent.contract.rung import Component

from .columns import Columns
from .evidence import BLOCK_S, Evidence
from .gauge import Rows
from .graph import NOBODY, VANTAGE_KEY, Graph
from .verdict import Cause, Fact, Ground, Verdict
from .watch import Found, Renewed, Watch

_PROBED = {
    Component.TERMINAL: Component.TERMINAL,
    Component.ACCESS_LINK: Component.TERMINAL,
    Component.ACCESS_NODE: Component.ACCESS_NODE,
    Component.CORE: Component.CORE,
}
"""By kind: which echo of the vantage goes right there."""


def told(columns: Columns, watch: Watch, evidence: Evidence, found: Found) -> Verdict:
    """What was found just now."""
    parts = columns.graph.parts
    causes = [Cause(parts[columns.parts[number]].id, share) for number, share in found.finding.causes]
    return msgspec.structs.replace(
        _verdict(columns, watch, evidence, int(columns.parts[found.finding.candidate]), found.begins),
        score=found.finding.score,
        causes=tuple(causes),
        loss=found.fit.shares,
        instead_of=tuple(parts[part].id for part in found.instead_of),
    )


def held_on(columns: Columns, watch: Watch, evidence: Evidence, renewed: Renewed) -> Verdict:
    """A held one that goes on, with the share of now."""
    return msgspec.structs.replace(
        _verdict(columns, watch, evidence, renewed.episode.part, renewed.episode.begins),
        score=renewed.score,
        causes=(Cause(columns.graph.parts[renewed.episode.part].id, 1.0),),
        loss=renewed.fit.shares if renewed.fit else None,
    )


def _verdict(columns: Columns, watch: Watch, evidence: Evidence, part: int, begins: float) -> Verdict:
    graph = columns.graph
    seen = watch.seen(evidence, part, begins)
    failed = np.unique(seen.checks[seen.bad > 0])
    one = graph.parts[part]
    return Verdict(
        part=one.id,
        level=watch.gauge.level,
        score=0.0,
        onset=begins,
        onset_within_s=BLOCK_S,
        communes=_communes(graph, part, seen),
        services=(one.id.partition(":")[2],) if one.kind in (Component.SVC_TCP, Component.SVC_APP) else (),
        checks=len(failed),
        grounds=_grounds(graph, part, seen),
    )


def _communes(graph: Graph, part: int, seen: Rows) -> tuple[str, ...]:
    """Where something failed that crosses the part; a commune's own part hits that one."""
    if graph.part_commune[part] != NOBODY:
        return (graph.communes[graph.part_commune[part]],)
    agents = graph.check_agent[seen.checks[seen.bad > 0]]
    hit = np.unique(graph.agent_commune[agents[agents != NOBODY]])
    return tuple(graph.communes[number] for number in hit if number != NOBODY)


def _grounds(graph: Graph, part: int, seen: Rows) -> tuple[Ground, ...]:
    found = [Ground(Fact.FAILS, int(seen.bad.sum()), int(seen.tried.sum()))]
    one = graph.parts[part]
    probe = _probe(graph, _PROBED.get(one.kind), one.id.partition(":")[2])
    if probe != NOBODY:
        mine = seen.checks == probe
        found.append(Ground(Fact.PROBE_FAILS, int(seen.bad[mine].sum()), int(seen.tried[mine].sum()), one.id))
    return tuple(found)


def _probe(graph: Graph, kind: Component | None, key: str) -> int:
    names = graph.names.get(VANTAGE_KEY, {})
    name = f"{kind}:{key}" if key else str(kind)
    return graph.first[VANTAGE_KEY] + names[name] if name in names else NOBODY
