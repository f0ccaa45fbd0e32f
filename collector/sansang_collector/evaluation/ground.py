"""A province to try things in: what is true of it, what the centre believes, and where faults can be had."""

from collections import defaultdict
from functools import lru_cache
from random import Random
from typing import NamedTuple

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.rung import Component
from sansang_collector import topology
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.simulation import provinces
from sansang_collector.simulation.provinces import Made

from .declared import misdeclared, with_risks


class Ground(NamedTuple):
    """One province."""

    made: Made
    graph: Graph
    """As the centre believes it to be."""
    parts: dict[Component, list[str]]
    """What can break, by kind."""
    nodes: dict[str, list[str]]
    """Communes by access node."""
    rings: dict[str, list[str]]
    """Access nodes by ring."""
    areas: dict[str, list[str]]
    """Communes by power area."""


@lru_cache(maxsize=8)
def ground(seed: int, communes: int, *, stale: bool = False) -> Ground:
    """The province of this seed; ``stale``: the centre has wrong parents for a tenth of its communes."""
    dice = Random(f"ground/{seed}")  # noqa: S311  # an evaluation must be repeatable
    made = with_risks(provinces.make(seed, communes), dice)
    believed = misdeclared(made.inventory, dice) if stale else made.inventory
    graph = build(topology.build(believed), [AgentAt(*one) for one in made.machines])
    parts: defaultdict[Component, list[str]] = defaultdict(list)
    for part in topology.build(made.inventory).parts:
        parts[part.kind].append(part.id)
    nodes: defaultdict[str, list[str]] = defaultdict(list)
    areas: defaultdict[str, list[str]] = defaultdict(list)
    for line in made.inventory.lines:
        nodes[line.access_node].append(line.commune)
    for commune in made.inventory.communes:
        areas[commune.former_district].append(commune.code)
    rings = {ring.id: list(ring.nodes) for ring in made.inventory.topology.rings}
    return Ground(made, graph, dict(parts), dict(nodes), rings, dict(areas))


def with_pcs(on: Ground, running: dict[str, int], least: int, most: int = 99) -> list[str]:
    """Communes in which so many machines run; ``running``: how many do, by commune."""
    return [code for code in on.graph.communes if least <= running.get(code, 0) <= most]


def running(machines: list[tuple[str, Role]]) -> dict[str, int]:
    """How many machines run, by commune."""
    found: defaultdict[str, int] = defaultdict(int)
    for commune, role in machines:
        found[commune] += role is not Role.VANTAGE
    return dict(found)
