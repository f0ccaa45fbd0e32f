"""What tells which dark communes belong together: feeders, neighbours, and what batteries last said. Pure.

Made once for an inventory and its graph.
"""

from collections.abc import Callable

import numpy as np

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import KINDS, NOBODY, Graph
from sansang_collector.inventory.model import Inventory

from .neighbourhood import neighbours
from .situations import Surroundings


class Whereabouts:
    """Of one inventory."""

    def __init__(self, inventory: Inventory, graph: Graph) -> None:
        self._neighbours = neighbours(inventory)
        self._areas = _areas(graph)

    def around(self, evidence: Evidence, share: Callable[[str, str], float]) -> Surroundings:
        """As it is now."""
        return Surroundings(self._areas, self._neighbours, share, _batteries(evidence))


def _areas(graph: Graph) -> dict[str, str]:
    """By commune that has a machine: the power area its reports depend on."""
    area = KINDS.index(Component.POWER_AREA)
    found: dict[str, str] = {}
    for number, check in enumerate(graph.report_check):
        commune = graph.agents[number].commune
        if check != NOBODY and commune not in found:
            fed = (graph.parts[part].id for part in graph.path(check) if graph.kinds[part] == area)
            if (part := next(fed, None)) is not None:
                found[commune] = part
    return found


def _batteries(evidence: Evidence) -> dict[str, float]:
    """By commune the most that one of its machines had left when it last spoke, where that was on battery."""
    found: dict[str, float] = {}
    for number in np.flatnonzero(~np.isnan(evidence.battery)):
        commune = evidence.graph.agents[number].commune
        found[commune] = max(found.get(commune, 0.0), float(evidence.battery[number]))
    return found
