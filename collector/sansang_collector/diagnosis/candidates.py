"""What may be named as a cause, and which checks, machines and communes speak about it. Made once per graph. Pure.

Evidence about what communes share is first summed in cells, one for each of them, so that no single commune (it may be
declared under the wrong parent) can speak louder than a cap; a part of one commune is one cell.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.rung import Component

from .graph import KINDS, NOBODY, VANTAGE_KEY, Graph, Ints

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

OF_COMMUNE = (Component.LAN, Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK)
SHARED = (
    Component.ACCESS_NODE,
    Component.ARC,
    Component.RING,
    Component.SHARED_RISK,
    Component.POWER_AREA,
    Component.CORE,
)
"""What lies between communes and the collector: silence and the vantage's echoes tell of it."""
FAR = (Component.WAN, Component.NDC, Component.DNS, Component.PDC, Component.SVC_TCP, Component.SVC_APP)
"""What lies beyond: only answers that do not come tell of it."""
GATEWAY = "gateway"
"""The vantage's check of its own gateway: it tells the collector's own trouble from the core's."""


class Candidates(NamedTuple):
    """Edges are in the order of cells; ``way_*`` are those of machines and the parts that their reports cross."""

    of_commune: Flags
    """By part, as are the next two."""
    shared: Flags
    far: Flags
    cell_part: Ints
    """By cell."""
    capped: Flags
    """By cell: it is one commune's or one probe's word on what others depend on too."""
    edge_check: Ints
    edge_cell: Ints
    edge_reported: Flags
    """Whether the check's own machine reports across that part: what failed behind it was still told through it."""
    way_agent: Ints
    way_part: Ints
    way_cell: Ints
    probes: Ints
    """Checks of the vantage that look at a part …"""
    targets: Ints
    """… and that part."""
    direct_probe: Ints
    """By pair: the place of a probe in ``probes`` …"""
    direct_part: Ints
    """… and a shared part that cannot be down while enough of its probes answer."""
    own_gateway: int
    """The vantage's check of its own gateway; NOBODY where there is none."""
    core: int
    """The vantage's check of the core; NOBODY where there is none."""


def candidates(graph: Graph) -> Candidates:
    """Of one graph."""
    of_commune, shared, far = (_is(graph, kinds) for kinds in (OF_COMMUNE, SHARED, FAR))
    owner_of_edge = np.repeat(np.arange(graph.checks, dtype=np.int32), np.diff(graph.offsets))
    reports = np.zeros(graph.checks, np.bool_)
    reports[graph.report_check[graph.report_check != NOBODY]] = True
    named = (of_commune | shared | far)[graph.members]
    edge_check, edge_part = owner_of_edge[named], graph.members[named]
    cells, cell_part, capped = _cells(graph, edge_check, edge_part, shared | far)
    order = np.argsort(cells, kind="stable")
    edge_check, edge_part, cells = edge_check[order], edge_part[order], cells[order]
    way = reports[edge_check]
    probes, targets = _probes(graph)
    direct_probe, direct_part = _direct(graph, probes, targets, shared)
    first = graph.first.get(VANTAGE_KEY, 0)
    inward = graph.names.get(VANTAGE_KEY, {})
    return Candidates(
        of_commune=of_commune,
        shared=shared,
        far=far,
        cell_part=cell_part,
        capped=capped,
        edge_check=edge_check,
        edge_cell=cells,
        edge_reported=_reported(graph, edge_check, edge_part, way),
        way_agent=graph.check_agent[edge_check[way]],
        way_part=edge_part[way],
        way_cell=cells[way],
        probes=probes,
        targets=targets,
        direct_probe=direct_probe,
        direct_part=direct_part,
        own_gateway=first + inward[GATEWAY] if GATEWAY in inward else NOBODY,
        core=first + inward[str(Component.CORE)] if str(Component.CORE) in inward else NOBODY,
    )


def _is(graph: Graph, kinds: Iterable[Component]) -> Flags:
    return np.isin(graph.kinds, [KINDS.index(kind) for kind in kinds])


def check_commune(graph: Graph) -> Ints:
    """By check: the commune it is about; NOBODY for the vantage's echoes to what communes share."""
    found = np.full(graph.checks, NOBODY, np.int32)
    owned = graph.check_agent != NOBODY
    found[owned] = graph.agent_commune[graph.check_agent[owned]]
    for check in _inward(graph):
        found[check] = graph.part_commune[graph.path(check)].max(initial=NOBODY)
    return found


def _cells(graph: Graph, edge_check: Ints, edge_part: Ints, common: Flags) -> tuple[Ints, Ints, Flags]:
    """By edge its cell; by cell its part and whether it is capped. A probe of a common part has a cell of its own."""
    commune = check_commune(graph).astype(np.int64)
    alone = commune == NOBODY
    commune[alone] = len(graph.communes) + np.arange(graph.checks)[alone]
    span = len(graph.communes) + graph.checks + 1
    speaker = np.where(common[edge_part], commune[edge_check] + 1, 0)
    keys, cells = np.unique(edge_part.astype(np.int64) * span + speaker, return_inverse=True)
    return cells.astype(np.int32), (keys // span).astype(np.int32), keys % span != 0


def _reported(graph: Graph, edge_check: Ints, edge_part: Ints, way: Flags) -> Flags:
    parts = len(graph.parts)
    known = np.unique(graph.check_agent[edge_check[way]].astype(np.int64) * parts + edge_part[way])
    asked = graph.check_agent[edge_check].astype(np.int64) * parts + edge_part
    places = np.minimum(np.searchsorted(known, asked), max(len(known) - 1, 0))
    return (known[places] == asked) if len(known) else np.zeros(len(asked), np.bool_)


def _inward(graph: Graph) -> range:
    first = graph.first.get(VANTAGE_KEY, 0)
    return range(first, first + len(graph.names.get(VANTAGE_KEY, {})))


def _probes(graph: Graph) -> tuple[Ints, Ints]:
    """The vantage's checks are called by the id of the part that they look at."""
    first = graph.first.get(VANTAGE_KEY, 0)
    pairs = [
        (first + place, graph.part_numbers[name])
        for name, place in graph.names.get(VANTAGE_KEY, {}).items()
        if name in graph.part_numbers
    ]
    return (
        np.array([check for check, _ in pairs], np.int32),
        np.array([part for _, part in pairs], np.int32),
    )


def _direct(graph: Graph, probes: Ints, targets: Ints, shared: Flags) -> tuple[Ints, Ints]:
    """A node's or the core's own probe; those of the nodes on an arc or a ring; of terminals where there is no node."""
    own, near, far = list[tuple[int, int]](), list[tuple[int, int]](), list[tuple[int, int]]()
    node = _is(graph, [Component.ACCESS_NODE])
    for place, (check, target) in enumerate(zip(probes, targets, strict=True)):
        crossed = [part for part in graph.path(int(check)).tolist() if shared[part] and part != target]
        if shared[target]:
            own.append((place, int(target)))
        (near if node[target] else far).extend((place, part) for part in crossed)
    by_own = {part for _, part in own}
    by_near = {part for _, part in near}
    pairs = own + [pair for pair in near if pair[1] not in by_own]
    pairs += [pair for pair in far if pair[1] not in by_own | by_near]
    return np.array([place for place, _ in pairs], np.int32), np.array([part for _, part in pairs], np.int32)


def narrow(candidates: Candidates, parts: Flags) -> Candidates:
    """With the cells and ways of some parts alone; edges, which are told of by all, stay as they are."""
    kept = parts[candidates.cell_part]
    way = kept[candidates.way_cell]
    return candidates._replace(
        cell_part=candidates.cell_part[kept],
        capped=candidates.capped[kept],
        way_agent=candidates.way_agent[way],
        way_part=candidates.way_part[way],
        way_cell=(np.cumsum(kept, dtype=np.int32) - 1)[candidates.way_cell[way]],
    )


def vantages(graph: Graph) -> Flags:
    """By agent: it is a vantage."""
    return np.array([one.role is Role.VANTAGE for one in graph.agents], np.bool_)
