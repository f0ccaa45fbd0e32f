"""What the evidence keeps of what machines report, and of which moments."""

import math
from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import NOBODY, AgentAt, Graph, build
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.simulation import provinces

NOON = 1_782_450_000.0
BAD = Seen("core", NOON - 2, 5, 5, ms=None, reason="timeout")
GOOD = Seen("core", NOON - 2, 0, 5, ms=6.0)


@pytest.fixture(scope="module")
def graph() -> Graph:
    made = provinces.make(1, communes=8)
    return build(topology.build(made.inventory), [AgentAt(*one) for one in made.machines])


def said(agent: int, *seen: Seen, at: float = NOON, seq: int = 1, **more: object) -> Sighting:
    return Sighting(agent=agent, stream="a" * 32, seq=seq, received=at, at=at, live=True, results=seen, **more)  # type: ignore[arg-type]


def test_every_check_of_a_machine_crosses_the_machine_and_its_line(graph: Graph) -> None:
    ids = {graph.parts[part].id.partition(":")[0] for part in graph.path(graph.check(0, "core"))}

    assert ids >= {"pc", "lan", "site_power", "terminal", "access_link", "access_node", "core"}


def test_what_a_machine_asks_that_no_path_is_known_of_is_ignored(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)

    assert graph.check(0, "snmp-cua-xa") == NOBODY
    assert not evidence.apply(said(1, BAD._replace(check="snmp-cua-xa")))
    assert evidence.ignored == 1


def test_a_first_failure_is_told_and_the_next_one_is_not(graph: Graph) -> None:
    evidence = Evidence(graph, NOON - 60)

    assert not evidence.apply(said(1, GOOD._replace(at=NOON - 20), at=NOON - 15))
    assert evidence.apply(said(1, BAD, seq=2))
    assert not evidence.apply(said(1, BAD._replace(at=NOON + 12), at=NOON + 15, seq=3))


def test_what_arrives_twice_counts_once_and_in_any_order_the_same(graph: Graph) -> None:
    found = [
        said(agent, Seen("core", NOON + 15 * turn - 2, turn % 3, 5, ms=6.0), at=NOON + 15 * turn, seq=turn + 1)
        for agent in (1, 2, 3)
        for turn in range(9)
    ]
    straight, shuffled = Evidence(graph, NOON), Evidence(graph, NOON)
    for one in found:
        straight.apply(one)
    Random(1).shuffle(again := [*found, *found])
    for one in again:
        shuffled.apply(one)

    for kept, same in zip(straight.window(180), shuffled.window(180), strict=True):
        assert np.array_equal(kept, same)
    assert straight.window(180).tried.sum() == 3 * 9 * 5
    assert np.array_equal(straight.spoke, shuffled.spoke, equal_nan=True)


def test_what_is_past_leaves_the_ring(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)
    evidence.apply(said(1, BAD))
    evidence.advance(NOON + 200)
    assert evidence.window(240).failed.sum() == 5

    evidence.advance(NOON + 300)
    assert evidence.window(240).failed.sum() == 0
    assert evidence.blocks().failed.sum() == 5

    evidence.advance(NOON + 7200)
    assert evidence.blocks().failed.sum() == 0


def test_old_news_only_says_that_the_machine_is_in_contact(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)
    late = Sighting(
        agent=1, stream="b" * 32, seq=1, received=NOON, at=NOON - 4000, live=False,
        results=(BAD._replace(at=NOON - 4000, live=False),),
    )  # fmt: skip

    assert not evidence.apply(late)
    assert evidence.heard[0] == NOON
    assert math.isnan(evidence.spoke[0])
    assert evidence.window(240).tried.sum() == 0


def test_a_goodbye_holds_until_the_machine_speaks_again(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)
    evidence.apply(said(1, at=NOON, goodbye=GoodbyeReason.SHUTDOWN))
    assert evidence.bye[0] == NOON

    evidence.apply(said(1, GOOD, at=NOON - 15, seq=2))
    assert evidence.bye[0] == NOON
    evidence.apply(said(1, GOOD, at=NOON + 600, seq=3))
    assert math.isnan(evidence.bye[0])


def test_a_result_from_the_future_is_no_evidence(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)

    evidence.apply(said(1, BAD._replace(at=NOON + 3600)))
    assert evidence.ignored == 1
    assert evidence.blocks().failed.sum() == 0


def test_a_report_from_the_future_does_not_keep_a_machine_alive(graph: Graph) -> None:
    evidence = Evidence(graph, NOON)

    evidence.apply(replace(said(1, GOOD), at=NOON + 3600))
    assert math.isnan(evidence.spoke[0])
    assert evidence.heard[0] == NOON
