"""SCORE on a small province: hard faults of every kind are named, and what is no fault is not."""

import pytest

from sansang_collector import topology
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.score import Score
from sansang_collector.diagnosis.verdict import Assessment, Held, Level
from sansang_collector.simulation import provinces
from sansang_collector.simulation.faults import DOWN, Fault, parse_time
from sansang_collector.simulation.noise import QUIET
from sansang_collector.simulation.provinces import Made
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options

NINE = parse_time("2026-06-26T09:00", 0)
FAULT_AT = NINE + 90


@pytest.fixture(scope="module")
def made() -> Made:
    return provinces.make(3, communes=16)


@pytest.fixture(scope="module")
def graph(made: Made) -> Graph:
    return build(topology.build(made.inventory), [AgentAt(*one) for one in made.machines])


def watched(made: Made, graph: Graph, *faults: Fault, until: float) -> Evidence:
    evidence = Evidence(graph, NINE)
    for one in Quick(made, faults, NINE, until, options=Options(noise=QUIET)).play():
        evidence.apply(one)
    evidence.advance(until)
    return evidence


def look(made: Made, graph: Graph, *parts: str, after: float, held: tuple[Held, ...] = ()) -> Assessment:
    faults = [Fault(part, DOWN, FAULT_AT, float("inf")) for part in parts]
    now = FAULT_AT + after
    return Score(graph).localise(watched(made, graph, *faults, until=now), held, now)


def causes(found: Assessment) -> list[set[str]]:
    return [{verdict.part, *(cause.part for cause in verdict.causes)} for verdict in found.verdicts]


def crowded(made: Made, least: int) -> str:
    machines = [one.commune for one in made.machines]
    return next(code for code in machines if machines.count(code) >= least)


@pytest.mark.parametrize("part", ["core", "wan", "dns:tinh", "pdc", "svc_tcp:dich-vu-2", "ring:vong-0"])
def test_what_many_cross_is_named_within_a_minute(made: Made, graph: Graph, part: str) -> None:
    found = look(made, graph, part, after=60)

    assert len(found.verdicts) == 1
    assert part in causes(found)[0]


@pytest.mark.parametrize("kind", ["site_power", "terminal", "access_link"])
def test_a_dark_commune_is_one_class_of_causes(made: Made, graph: Graph, kind: str) -> None:
    code = crowded(made, 3)
    part = f"site_power:{code}" if kind == "site_power" else f"{kind}:{code}-a"
    found = look(made, graph, part, after=60)

    assert len(found.verdicts) == 1
    assert {f"site_power:{code}", f"terminal:{code}-a", f"access_link:{code}-a"} <= causes(found)[0]
    assert found.verdicts[0].communes == (code,)


def test_one_machine_that_falls_silent_is_nothing(made: Made, graph: Graph) -> None:
    code = crowded(made, 3)

    assert look(made, graph, f"pc:{code}/may-1", after=90).verdicts == ()


def test_a_calm_province_is_well(made: Made, graph: Graph) -> None:
    assert look(made, graph, after=60).verdicts == ()


def test_what_a_held_part_explains_is_not_said_again(made: Made, graph: Graph) -> None:
    held = (Held(part="dns:tinh", level=Level.DOWN, onset=FAULT_AT, opened_at=FAULT_AT + 10),)
    found = look(made, graph, "dns:tinh", after=120, held=held)

    assert found.verdicts == ()
    assert found.recovered == frozenset()


def test_a_held_part_that_works_again_is_well(made: Made, graph: Graph) -> None:
    held = (Held(part="dns:tinh", level=Level.DOWN, onset=NINE - 300, opened_at=NINE - 290),)

    assert look(made, graph, after=60, held=held).recovered == {("dns:tinh", Level.DOWN)}


def test_set_cover_is_led_astray_by_one_answer_and_score_is_not(made: Made, graph: Graph) -> None:
    now = FAULT_AT + 60
    evidence = watched(made, graph, Fault("dns:tinh", DOWN, FAULT_AT, float("inf")), until=now)
    lucky = graph.check(0, "names")
    evidence.last_failed[lucky], evidence.last_at[lucky] = False, now - 1

    assert Score(graph).localise(evidence, (), now).verdicts[0].part == "dns:tinh"
    assert "dns:tinh" not in [one.part for one in Score(graph, 1.0).localise(evidence, (), now).verdicts]
