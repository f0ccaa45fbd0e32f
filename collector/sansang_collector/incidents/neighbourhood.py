"""Which communes lie side by side, and which hang from one feeder, as far as the inventory says. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable

from sansang_agent.contract.rung import Component
from sansang_collector.inventory.model import Commune, Inventory
from sansang_collector.topology import GATEWAY, Topology

NEAR_KM = 15.0
"""Centres of neighbouring communes lie about eleven kilometres apart in a mountain province."""
_KM_PER_DEGREE = 111.2


def neighbours(inventory: Inventory) -> dict[str, frozenset[str]]:
    """By commune: those of the same former district or access node, and those close by where coordinates are known."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for commune in inventory.communes:
        if district := commune.former_district.split(";")[0].strip():
            groups[f"district {district}"].add(commune.code)
    for line in inventory.lines:
        if line.access_node:
            groups[f"node {line.access_node}"].add(line.commune)
    for group in groups.values():
        for code in group:
            found[code] |= group
    for code, near in _near(inventory.communes):
        found[code] |= near
    return {code: frozenset(them - {code}) for code, them in found.items()}


def power_areas(topology: Topology) -> dict[str, str]:
    """By commune: the part of its power area, where it has one."""
    return {
        code: topology.parts[number].id
        for code, templates in topology.templates.items()
        for number in templates[GATEWAY].path
        if topology.parts[number].kind is Component.POWER_AREA
    }


def _near(communes: Iterable[Commune]) -> Iterable[tuple[str, set[str]]]:
    """Compared within squares of the map, so that a nation is quick too."""
    squares: defaultdict[tuple[int, int], list[tuple[str, float, float]]] = defaultdict(list)
    for one in communes:
        if one.lat is not None and one.lon is not None:
            squares[_square(one.lat, one.lon)].append((one.code, one.lat, one.lon))
    for (row, column), them in squares.items():
        around = [
            other
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            for other in squares.get((row + down, column + across), ())
        ]
        for code, lat, lon in them:
            yield code, {other for other, its_lat, its_lon in around if _km(lat, lon, its_lat, its_lon) <= NEAR_KM}


def _square(lat: float, lon: float) -> tuple[int, int]:
    side = NEAR_KM / _KM_PER_DEGREE / 0.9
    return math.floor(lat / side), math.floor(lon / side)


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Flat earth does for neighbours."""
    across = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
    return _KM_PER_DEGREE * math.hypot(lat - other_lat, across)
