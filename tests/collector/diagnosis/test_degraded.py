"""Parts that lose a share of what crosses them: found in time, named, fitted, and found to be well again."""

import numpy as np
import pytest

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.beliefs import unlearned
from sansang_collector.diagnosis.graph import VANTAGE_KEY, Graph
from sansang_collector.diagnosis.verdict import Fact, Held, Level, Verdict
from sansang_collector.simulation import provinces
from tests.support.degraded_looks import Looker
from tests.support.traffic import Asked, Traffic, asked_of, graph_of, part_of, steady

NOON = 1_782_450_000.0
WARM = 15
"""Minutes of ordinary traffic before anything breaks."""


@pytest.fixture(scope="module")
def province() -> tuple[Graph, Asked]:
    made = provinces.make(5, communes=30)
    graph = graph_of(made)
    return graph, asked_of(made, graph, 5)


def warm(province: tuple[Graph, Asked], seed: int) -> Looker:
    return Looker(Traffic(*province, seed, NOON)).watch(WARM)


@pytest.mark.parametrize("kind", [Component.ACCESS_LINK, Component.LAN, Component.RING, Component.WAN])
def test_a_part_that_loses_eight_of_a_hundred_is_named_within_four_minutes(
    province: tuple[Graph, Asked], kind: Component
) -> None:
    looker = warm(province, 1)
    part, begins = part_of(looker.traffic.graph, kind, least_agents=3), looker.traffic.now
    looker.traffic.faults[part] = steady(0.08)
    looker.watch(6)

    (found,) = looker.opened
    assert found.part == looker.traffic.graph.parts[part].id
    assert found.verdict.level is Level.LOSSY
    assert found.at - begins <= 240
    assert abs(found.verdict.onset - begins) <= 60
    low, best, high = looker.updated[-1].verdict.loss or (0, 0, 0)
    assert low <= best <= high
    assert 0.05 <= best <= 0.11


def test_a_verdict_says_whom_it_hits_and_what_was_counted(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 2)
    graph = looker.traffic.graph
    part = part_of(graph, Component.ACCESS_LINK, least_agents=3)
    looker.traffic.faults[part] = steady(0.3)
    verdict = looker.watch(4).opened[0].verdict

    assert verdict.communes == (graph.parts[part].commune,)
    assert verdict.causes[0].part == graph.parts[part].id
    assert verdict.causes[0].probability > 0.95
    counted = {one.fact: one for one in verdict.grounds}
    assert 0.2 < counted[Fact.FAILS].count / counted[Fact.FAILS].of < 0.4
    assert counted[Fact.PROBE_FAILS].of > 0
    assert verdict.needs_confirmation is False


def test_a_service_that_fails_now_and_then_is_the_service_not_the_lines(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 3)
    graph = looker.traffic.graph
    part = graph.part_numbers["svc_tcp:dich-vu-2"]
    looker.traffic.faults[part] = steady(0.3)
    looker.watch(12)

    assert [one.part for one in looker.opened] == ["svc_tcp:dich-vu-2"]
    assert looker.opened[0].verdict.services == ("dich-vu-2",)
    assert looker.opened[0].verdict.level is Level.LOSSY


def test_what_lines_always_lose_is_no_incident_once_it_is_known(province: tuple[Graph, Asked]) -> None:
    base = np.full(len(province[0].communes), 0.05)
    looker = Looker(Traffic(*province, 4, NOON, base)).watch(45)

    assert not looker.opened


def test_what_lines_always_lose_is_no_incident_where_nothing_is_known_yet(province: tuple[Graph, Asked]) -> None:
    base = np.full(len(province[0].communes), 0.04)
    looker = Looker(Traffic(*province, 5, NOON, base), unlearned(province[0])).watch(45)

    assert not looker.opened


def test_a_loss_is_told_once_and_updated_as_it_grows(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 6)
    part = part_of(looker.traffic.graph, Component.ACCESS_LINK, least_agents=3)
    looker.traffic.faults[part] = steady(0.08)
    looker.watch(8)
    looker.traffic.faults[part] = steady(0.3)
    looker.watch(12)

    assert len(looker.opened) == 1
    assert not looker.recovered
    _low, best, _high = looker.updated[-1].verdict.loss or (0, 0, 0)
    assert 0.25 < best < 0.35


def test_a_line_that_loses_nothing_any_more_is_well_after_two_minutes_and_stays_so(
    province: tuple[Graph, Asked],
) -> None:
    looker = warm(province, 7)
    part = part_of(looker.traffic.graph, Component.ACCESS_LINK, least_agents=3)
    looker.traffic.faults[part] = steady(0.15)
    looker.watch(8)
    ended = looker.traffic.now
    del looker.traffic.faults[part]
    looker.watch(20)

    assert [key for _at, key in looker.recovered] == [(looker.traffic.graph.parts[part].id, Level.LOSSY)]
    assert 120 <= looker.recovered[0][0] - ended <= 300
    assert len(looker.opened) == 1


def test_a_line_found_first_becomes_the_ring_that_it_hangs_from(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 8)
    graph = looker.traffic.graph
    ring = part_of(graph, Component.RING, least_agents=8)
    line = next(
        number
        for number in np.flatnonzero(graph.part_commune >= 0)
        if graph.parts[number].kind is Component.ACCESS_LINK
        and ring in graph.path(graph.first[f"{graph.parts[number].commune}/may-1"] + 2)
    )
    held = Held(part=graph.parts[line].id, level=Level.LOSSY, onset=NOON + 840, opened_at=NOON + 880, loss=0.2)
    looker.held[held.part, held.level] = held
    looker.traffic.faults[ring] = steady(0.2)
    looker.watch(8)

    assert [one.part for one in looker.opened] == [graph.parts[ring].id]
    assert looker.opened[0].verdict.instead_of == (held.part,)
    assert set(looker.held) == {(graph.parts[ring].id, Level.LOSSY)}


def test_a_part_that_is_down_has_no_lossy_twin_then_or_after_it_is_mended(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 9)
    graph = looker.traffic.graph
    ring = part_of(graph, Component.RING, least_agents=8)
    looker.traffic.faults[ring] = steady(0.8)
    down = Verdict(part=graph.parts[ring].id, score=99, onset=looker.traffic.now)
    looker.watch(8, hard=[down])
    del looker.traffic.faults[ring]
    looker.watch(20)

    assert not looker.opened


def test_without_the_word_of_the_hard_stage_the_same_part_would_be_lossy(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 9)
    ring = part_of(looker.traffic.graph, Component.RING, least_agents=8)
    looker.traffic.faults[ring] = steady(0.8)
    looker.watch(8)

    assert [one.part for one in looker.opened] == [looker.traffic.graph.parts[ring].id]


def test_terminals_that_never_answer_the_vantage_make_no_lossy_lines(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 13)
    looker.traffic.deaf = [check for name, check in probes(looker.traffic.graph).items() if "terminal" in name][::3]
    looker.watch(20)

    assert not looker.opened


def test_a_vantage_that_is_cut_off_for_a_while_makes_nothing_lossy(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 14)
    looker.traffic.run(looker.traffic.now + 10)
    looker.traffic.deaf = list(probes(looker.traffic.graph).values())
    looker.watch(4.25)
    looker.traffic.deaf = []
    looker.watch(10)

    assert not looker.opened


def probes(graph: Graph) -> dict[str, int]:
    return {name: graph.first[VANTAGE_KEY] + place for name, place in graph.names[VANTAGE_KEY].items()}


def test_a_single_machine_that_loses_some_is_a_suspicion_never_a_verdict(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 10)
    part = part_of(looker.traffic.graph, Component.PC)
    looker.traffic.faults[part] = steady(0.3)
    looker.watch(6)

    assert not looker.opened
    assert [one.part for one in looker.suspects] == [looker.traffic.graph.parts[part].id]


def test_a_slow_line_is_slow_and_a_lossy_one_is_not_slow_as_well(province: tuple[Graph, Asked]) -> None:
    traffic = Traffic(*province, 11, NOON)
    traffic.evidence.usual_ms[:] = 50.0
    looker = Looker(traffic).watch(WARM)
    slow = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3, skip=1)
    lossy = part_of(traffic.graph, Component.ACCESS_LINK, least_agents=3, skip=9)
    assert slow != lossy
    traffic.slowed = {slow: 0.5, lossy: 0.3}
    traffic.faults[lossy] = steady(0.2)
    looker.watch(10)

    found = {(one.part, one.verdict.level) for one in looker.opened}
    assert found == {(traffic.graph.parts[slow].id, Level.SLOW), (traffic.graph.parts[lossy].id, Level.LOSSY)}


def test_a_held_part_that_the_inventory_no_longer_has_hurts_nothing(province: tuple[Graph, Asked]) -> None:
    looker = warm(province, 12)
    held = Held(part="access_link:da-bo", level=Level.LOSSY, onset=NOON, opened_at=NOON + 60, loss=0.2)
    looker.held[held.part, held.level] = held
    looker.watch(2)

    assert not looker.opened
    assert not looker.recovered
