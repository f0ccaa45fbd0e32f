"""Losses that come in bursts: one or two of them are nothing, many of them are a loss, and a bursty line is no news."""

import numpy as np
import pytest

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.clumps import Clumps
from sansang_collector.diagnosis.columns import Columns
from sansang_collector.diagnosis.episodes import Episode, Knowledge
from sansang_collector.diagnosis.evidence import BLOCK_S
from sansang_collector.diagnosis.gauge import LOSSES
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.trail import Trail
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.simulation import provinces
from tests.support.degraded_looks import Looker
from tests.support.traffic import (
    STEP_S,
    Asked,
    Traffic,
    agents_below,
    asked_of,
    bursty,
    graph_of,
    learned,
    part_of,
    steady,
)

NOON = 1_782_450_000.0


@pytest.fixture(scope="module")
def province() -> tuple[Graph, Asked]:
    made = provinces.make(6, communes=30)
    graph = graph_of(made)
    return graph, asked_of(made, graph, 6)


def calm(province: tuple[Graph, Asked], seed: int) -> Traffic:
    traffic = Traffic(*province, seed, NOON)
    traffic.bursts_per_step = 0.0
    return traffic


@pytest.mark.parametrize("loss", [0.2, 0.4, 1.0])
def test_a_burst_and_a_second_one_within_half_an_hour_open_nothing_in_any_commune(
    province: tuple[Graph, Asked], loss: float
) -> None:
    looker = Looker(calm(province, 1)).watch(10)
    for _burst in range(2):
        for commune in range(len(province[0].communes)):
            if commune % 3 == 0:  # neighbours on one access node would be its loss
                looker.traffic.burst(commune, loss, 30)
        looker.watch(4.25)

    assert not looker.opened


def test_a_loss_of_eight_in_a_hundred_that_comes_in_bursts_is_found(province: tuple[Graph, Asked]) -> None:
    for seed in (2, 3):
        looker = Looker(calm(province, seed)).watch(15)
        part = part_of(looker.traffic.graph, Component.ACCESS_LINK, least_agents=3, skip=seed)
        looker.traffic.faults[part] = bursty(0.08, 0.3, 15, seed)
        looker.watch(20)

        assert looker.opened[0].part == looker.traffic.graph.parts[part].id


def test_lines_that_always_lose_in_bursts_are_known_for_it(province: tuple[Graph, Asked]) -> None:
    traffic = calm(province, 4)
    for commune in range(0, len(province[0].communes), 2):
        traffic.lines[commune] = bursty(0.03, 0.25, 15, 50 + commune)
    looker = Looker(traffic).watch(90)

    assert not looker.opened


def test_a_bursty_loss_has_a_wider_interval_than_a_steady_one(province: tuple[Graph, Asked]) -> None:
    widths = []
    for loss in (steady(0.15), bursty(0.15, 0.5, 20, 7)):
        looker = Looker(calm(province, 5)).watch(15)
        part = part_of(looker.traffic.graph, Component.ACCESS_LINK, least_agents=3)
        looker.traffic.faults[part] = loss
        looker.watch(20)
        low, best, high = looker.updated[-1].verdict.loss or (0, 1, 0)
        widths.append((high - low) / best)

    assert widths[1] > 2 * widths[0] > 0
    assert np.isfinite(widths).all()


def test_of_a_quarter_of_an_hour_nobody_knows_what_lines_do_all_day_long(province: tuple[Graph, Asked]) -> None:
    traffic = calm(province, 8)
    part = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3)
    other = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3, skip=9)
    assert other != part
    traffic.faults[part] = steady(0.25)
    traffic.faults[other] = steady(0.25, NOON, NOON + 420)
    looker = Looker(traffic).watch(14.5)

    assert not looker.opened
    assert traffic.graph.parts[part].id in {one.part for one in looker.suspects}

    looker.watch(1.5)
    assert [one.part for one in looker.opened] == [traffic.graph.parts[part].id]  # the other one is over long since


def test_where_every_line_loses_in_bursts_only_the_one_that_loses_more_is_named(province: tuple[Graph, Asked]) -> None:
    traffic = calm(province, 9)
    for commune in range(len(traffic.base)):
        traffic.lines[commune] = bursty(0.02, 0.8, 10, 300 + commune)
    looker = Looker(traffic).watch(20)
    assert not looker.opened

    part = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3, skip=4)
    traffic.faults[part] = bursty(0.2, 0.8, 10, 11)
    looker.watch(15)

    assert [one.part for one in looker.opened] == [traffic.graph.parts[part].id]


def test_one_line_in_bursts_excuses_nothing_of_its_own_and_little_of_others(
    province: tuple[Graph, Asked],
) -> None:
    traffic = calm(province, 10)
    part = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3)
    traffic.faults[part] = bursty(0.15, 0.8, STEP_S, 12)
    columns = Columns(traffic.graph)
    trail, clumps, usual = Trail(columns, LOSSES), Clumps(columns), learned(traffic)
    for _look in range(24):
        traffic.run(traffic.now + BLOCK_S)
        trail.follow(traffic.evidence, usual, [])
        clumps.learn(trail, traffic.evidence, usual)

    assert clumps.factors[columns.numbers[part]] == 1
    assert clumps.factors.max() < 3


def test_a_question_behind_a_line_that_loses_in_bursts_is_lost_with_its_retries(province: tuple[Graph, Asked]) -> None:
    graph = province[0]
    part = part_of(graph, Component.ACCESS_LINK, least_agents=3)
    question = graph.check(agents_below(graph, part)[0], "names")
    columns = Columns(graph)
    spared = {}
    for in_bursts in (False, True):
        knowledge, episode = Knowledge(columns, delays=False), Episode((part,), Level.LOSSY, 0.3, 0, np.inf, in_bursts)
        known = knowledge.known(knowledge.key(2, [episode]), np.zeros(graph.checks, np.bool_))
        assert known.spared is not None
        spared[in_bursts] = float(known.spared[question])

    assert spared == {False: pytest.approx(1 - 0.3**3), True: pytest.approx(0.7)}
