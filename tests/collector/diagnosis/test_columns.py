"""Sums over paths, and half an hour of blocks that is only corrected, against the same done the long way."""

from random import Random

import numpy as np
import pytest

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.columns import Columns
from sansang_collector.diagnosis.episodes import Episode
from sansang_collector.diagnosis.evidence import STREAMS, Evidence
from sansang_collector.diagnosis.gauge import LOSSES
from sansang_collector.diagnosis.graph import KINDS, Graph
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.trail import Trail
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.simulation import provinces
from tests.support.traffic import Asked, Traffic, asked_of, graph_of, learned, part_of, steady

NOON = 1_782_450_000.0


@pytest.fixture(scope="module")
def province() -> tuple[Graph, Asked]:
    made = provinces.make(7, communes=8)
    graph = graph_of(made)
    return graph, asked_of(made, graph, 7)


def test_a_sum_over_paths_is_what_following_every_path_gives(province: tuple[Graph, Asked]) -> None:
    graph = province[0]
    columns = Columns(graph)
    dice = np.random.default_rng(1)
    checks = np.sort(dice.choice(graph.checks, 200, replace=False)).astype(np.int32)
    network, direct = dice.random((1, 200)), dice.random((1, 200))
    wanted = np.zeros(len(columns))
    for place, check in enumerate(checks):
        for part in graph.path(int(check)):
            number = columns.numbers[part]
            if number >= 0:
                wanted[number] += (direct if columns.direct[number] else network)[0, place]

    assert np.allclose(columns.sums(checks, network, direct)[0], wanted)
    assert Component.SITE_POWER not in {KINDS[graph.kinds[part]] for part in columns.parts}


def test_blocks_that_were_corrected_are_what_adding_them_up_anew_gives(province: tuple[Graph, Asked]) -> None:
    traffic = Traffic(*province, 1, NOON)
    graph, evidence = traffic.graph, traffic.evidence
    line, ring = part_of(graph, Component.ACCESS_LINK, 2), part_of(graph, Component.RING, 2)
    traffic.faults = {line: steady(0.2), ring: steady(0.1)}
    kept, baseline = Trail(Columns(graph), LOSSES), learned(traffic)
    lossy = Episode((line,), Level.LOSSY, 0.2, NOON + 60, np.inf)
    over = Episode((ring,), Level.DOWN, 1.0, NOON + 120, NOON + 150)
    for episodes in ([], [lossy], [lossy._replace(share=0.15), over], [over], [lossy, over]):
        traffic.run(traffic.now + 47)
        kept.follow(evidence, baseline, episodes)
        fresh = Trail(Columns(graph), LOSSES)
        fresh.follow(evidence, baseline, episodes)

        assert np.allclose(kept.scores, fresh.scores, atol=1e-3)
        assert np.allclose(kept.bad, fresh.bad, atol=1e-3)
        assert np.allclose(kept.expected, fresh.expected, atol=1e-3)
    assert np.abs(kept.scores).max() > 5


def test_half_a_minute_read_in_place_is_a_block_of_the_half_hour(province: tuple[Graph, Asked]) -> None:
    traffic = Traffic(*province, 2, NOON)
    traffic.run(NOON + 200)
    blocks, numbers = traffic.evidence.blocks(), traffic.evidence.block_numbers()
    for row, number in enumerate(numbers):
        one = traffic.evidence.half_minute(number)
        assert np.array_equal(one.failed, blocks.failed[row])
        assert np.array_equal(one.tried, blocks.tried[row])
        assert np.array_equal(one.results, blocks.results[row])
    assert traffic.evidence.half_minute(numbers[-1]).began == blocks.began + 30 * (len(numbers) - 1)


def test_a_machine_has_no_more_streams_remembered_than_it_can_have_honestly(province: tuple[Graph, Asked]) -> None:
    evidence = Evidence(province[0], NOON)
    order = [*range(40), *[0] * 5, *range(40, 60)]
    Random(1).shuffle(order)
    for turn, stream in enumerate([*order, *order]):
        evidence.apply(said(f"{stream:032}", turn))

    assert len(evidence._known) <= STREAMS
    last = f"{order[-1]:032}"
    evidence.apply(said(last, 500))
    before = evidence.window(240).tried.sum()
    evidence.apply(said(last, 500))
    assert evidence.window(240).tried.sum() == before


def test_a_check_is_called_what_its_machine_calls_it(province: tuple[Graph, Asked]) -> None:
    graph = province[0]
    for check in range(0, graph.checks, 7):
        key, name = graph.check_name(check)
        commune = key.partition("/")[0]
        assert graph.first[key] + graph.names[commune][name] == check


def said(stream: str, seq: int) -> Sighting:
    seen = Seen("core", NOON - 2, 0, 5, ms=6.0)
    return Sighting(agent=1, stream=stream, seq=seq, received=NOON, at=NOON, live=True, results=(seen,))
