"""What the YAML files must fulfil together with the tables: rings, power areas, shared risks, services. Pure.

Written as rules of the settings' reader, so that each mistake keeps its line and dotted key.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sansang_agent.contract.strict import INVALID, Rule

from .model import Ring, Services, Topology
from .rows import Known
from .rules import judge

Found = Iterator[tuple[str, str]]


def topology_rule(nodes: Mapping[str, str], lines: Iterable[str]) -> Rule:
    """Judges topology.yml. ``nodes``: access node → its uplink, empty for none; ``lines``: all lines' ids."""
    known_nodes, known_lines = Known("access node", nodes), Known("line", lines)

    def rule(cls: type, fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        yield from judge(cls, fields)
        if cls is Topology:
            for group in ("rings", "power_areas", "risks", "resolvers"):
                yield from _doubles(group, fields.get(group, ()))
            yield from _rings(fields.get("rings", ()), nodes, known_nodes)
            for n, risk in enumerate(fields.get("risks", ())):
                if risk is not INVALID:
                    yield from _named(f"risks[{n}].nodes", risk.nodes, known_nodes)
                    yield from _named(f"risks[{n}].lines", risk.lines, known_lines)

    return rule


def services_rule(cls: type, fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Judges services.yml."""
    yield from judge(cls, fields)
    if cls is Services:
        yield from _doubles("services", fields.get("services", ()))


def _doubles(group: str, entries: Sequence[Any]) -> Found:
    first: dict[str, int] = {}
    for n, entry in enumerate(entries):
        if entry is INVALID:
            continue
        if entry.id in first:
            yield f"{group}[{n}].id", f"duplicate id '{entry.id}' (also {group}[{first[entry.id]}])"
        first.setdefault(entry.id, n)


def _named(key: str, said: Sequence[str], known: Known) -> Found:
    for n, name in enumerate(said):
        problem = known.wrong(name)
        if problem:
            yield f"{key}[{n}]", problem


def _rings(rings: Sequence[Ring], uplinks: Mapping[str, str], known: Known) -> Found:
    first: dict[str, int] = {}
    for n, ring in enumerate(rings):
        if ring is INVALID:
            continue
        yield from _named(f"rings[{n}].nodes", ring.nodes, known)
        for place, node in enumerate(ring.nodes):
            key = f"rings[{n}].nodes[{place}]"
            if node in ring.nodes[:place]:
                yield key, f"'{node}' stands on this ring twice"
            elif node in first:
                yield key, f"'{node}' stands on ring '{rings[first[node]].id}' already"
            elif uplinks.get(node):
                yield key, f"'{node}' hangs from '{uplinks[node]}', so it stands on no ring"
            first.setdefault(node, n)
