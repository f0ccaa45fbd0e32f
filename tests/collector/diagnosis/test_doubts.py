"""A commune entered under the wrong part shows itself by the company it keeps when things break."""

from collections import Counter
from random import Random

import msgspec
import numpy as np
import pytest

from sansang_agent.contract.rung import Owner
from sansang_collector import topology
from sansang_collector.diagnosis.doubts import Doubt, doubts, is_due
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.terminals import Sites
from sansang_collector.diagnosis.verdict import Level, Verdict
from sansang_collector.inventory.model import Inventory
from sansang_collector.simulation import provinces

NOON = 1_782_450_000.0
MADE = provinces.make(3, communes=60)
RINGS = [ring for ring in MADE.inventory.topology.rings if len(ring.nodes) > 1]
RING_OF = {node: ring.id for ring in MADE.inventory.topology.rings for node in ring.nodes}
TRUE = {line.commune: line.access_node for line in MADE.inventory.lines}


def graph_of(inventory: Inventory) -> Graph:
    return build(topology.build(inventory), [AgentAt(*one) for one in MADE.machines])


def mistaken(seed: int, share: float) -> tuple[Inventory, dict[str, str]]:
    """The inventory with this share of its communes under an access node of another ring, and which those are."""
    dice = Random(seed)
    wrong = {}
    for code in dice.sample(sorted(TRUE), round(share * len(TRUE))):
        others = [node for node in RING_OF if RING_OF[node] != RING_OF[TRUE[code]]]
        wrong[code] = dice.choice(sorted(others))
    lines = tuple(
        msgspec.structs.replace(line, access_node=wrong.get(line.commune, line.access_node))
        for line in MADE.inventory.lines
    )
    return msgspec.structs.replace(MADE.inventory, lines=lines), wrong


def seen(graph: Graph, silent: set[str], onset: float = NOON) -> Evidence:
    """Evidence a minute and a half after these communes fell silent; all others go on."""
    evidence = Evidence(graph, onset - 600)
    evidence.advance(onset + 90)
    for number, one in enumerate(graph.agents):
        evidence.spoke[number] = onset - 7 if one.commune in silent else onset + 80
    sites = Sites(graph)
    for commune, checks in sites.terminals.items():
        evidence.last_at[checks] = onset + 85
        evidence.last_failed[checks] = graph.communes[commune] in silent
    return evidence


def ring_down(ring: str) -> Incident:
    verdict = Verdict(part=f"ring:{ring}", score=30, onset=NOON)
    return Incident(
        id=1, phase=Phase.OPEN, verdict=verdict, onset=NOON, detected_at=NOON + 15, owner=Owner.TELECOM
    )  # fmt: skip


def below(ring: str) -> set[str]:
    return {code for code, node in TRUE.items() if RING_OF[node] == ring}


def test_where_the_inventory_is_right_nothing_is_doubted() -> None:
    graph = graph_of(MADE.inventory)
    for ring in RINGS:
        assert doubts(ring_down(ring.id), graph, Sites(graph), seen(graph, below(ring.id))) == []


@pytest.mark.parametrize("seed", range(5))
def test_of_a_tenth_entered_wrongly_each_is_found_by_its_own_rings_fault(seed: int) -> None:
    inventory, wrong = mistaken(seed, 0.1)
    graph = graph_of(inventory)
    found: Counter[Doubt] = Counter()
    for ring in RINGS:
        found.update(doubts(ring_down(ring.id), graph, Sites(graph), seen(graph, below(ring.id))))

    proposed = {one.commune: one for one in found if one.probable}
    for code, node in wrong.items():
        true = RING_OF[TRUE[code]]
        if true in {ring.id for ring in RINGS}:
            assert proposed[code] == Doubt(code, f"ring:{RING_OF[node]}", f"ring:{true}")
    assert {one.commune for one in found} <= wrong.keys()


def test_a_commune_that_stays_alive_below_what_broke_is_doubted_too() -> None:
    graph = graph_of(MADE.inventory)
    ring = max(RINGS, key=lambda one: len(below(one.id)))
    odd = min(below(ring.id))
    found = doubts(ring_down(ring.id), graph, Sites(graph), seen(graph, below(ring.id) - {odd}))

    assert found == [Doubt(odd, f"ring:{ring.id}", "")]


def test_where_half_of_them_stay_the_verdict_is_in_doubt_and_not_the_inventory() -> None:
    graph = graph_of(MADE.inventory)
    ring = max(RINGS, key=lambda one: len(below(one.id)))
    half = set(sorted(below(ring.id))[: len(below(ring.id)) // 2])

    assert doubts(ring_down(ring.id), graph, Sites(graph), seen(graph, half)) == []


def test_one_that_said_goodbye_or_whose_terminal_answers_did_not_fall_with_it() -> None:
    graph = graph_of(MADE.inventory)
    ring = RINGS[0]
    gone, dark = sorted(set(TRUE) - below(ring.id))[:2]
    evidence = seen(graph, below(ring.id) | {gone, dark})
    evidence.bye[[number for number, one in enumerate(graph.agents) if one.commune == gone]] = NOON - 7
    evidence.last_failed[Sites(graph).terminals[graph.communes.index(dark)]] = False

    assert doubts(ring_down(ring.id), graph, Sites(graph), evidence) == []


def test_where_many_fall_elsewhere_something_else_happened_too() -> None:
    graph = graph_of(MADE.inventory)
    ring = RINGS[0]
    others = sorted(set(TRUE) - below(ring.id))[:4]

    assert doubts(ring_down(ring.id), graph, Sites(graph), seen(graph, below(ring.id) | set(others))) == []


def test_sides_are_taken_of_open_incidents_of_what_communes_share_after_a_minute() -> None:
    incident = ring_down(RINGS[0].id)

    assert is_due(incident, NOON + 61)
    assert not is_due(incident, NOON + 30)
    assert not is_due(incident, NOON + 3600)
    assert not is_due(msgspec.structs.replace(incident, phase=Phase.SUSPECT), NOON + 61)
    for part, level in (("site_power:00004", Level.DOWN), (f"ring:{RINGS[0].id}", Level.LOSSY)):
        other = msgspec.structs.replace(incident.verdict, part=part, level=level)
        assert not is_due(msgspec.structs.replace(incident, verdict=other), NOON + 61)


def test_an_incident_of_a_part_that_is_no_more_doubts_nothing() -> None:
    graph = graph_of(MADE.inventory)

    assert doubts(ring_down("weg"), graph, Sites(graph), seen(graph, set())) == []
    assert np.isfinite(seen(graph, set()).spoke).all()
