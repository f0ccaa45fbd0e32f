"""One fault of every layer, the doubles, and what must not be said, in small provinces played without noise."""

import pytest

from sansang_collector.diagnosis.verdict import Fact
from tests.support.looking import FAULT_S, Looks, Place, down, look, place, play

NODE_OF_TWO = "node of two communes"


@pytest.fixture(scope="module")
def here() -> Place:
    return place(4)


def broken(where: Place, kind: str, *, machines: range = range(1, 11), communes: range = range(1, 99)) -> str:
    """A part of this kind whose commune has so many machines, or which so many communes hang from."""
    for part in where.graph.parts:
        if part.kind != kind:
            continue
        if part.commune and len(where.machines_of(part.commune)) in machines:
            return part.id
        if not part.commune and (len(where.communes_of(part.id)) in communes or not where.communes_of(part.id)):
            return part.id
    raise LookupError(kind)


def seconds_to(looks: Looks, part: str) -> float:
    return min(one.opened_at for one in looks.said if part in one.causes) - FAULT_S - 1_782_439_200.0


@pytest.mark.parametrize("kind", ["ring", "core", "wan", "ndc", "dns", "pdc"])
def test_what_communes_share_is_one_incident_with_its_name(here: Place, kind: str) -> None:
    part = broken(here, kind, communes=range(3, 99))

    assert look(here.graph, play(here, down(part))).standing() == {part}


@pytest.mark.parametrize("kind", ["svc_tcp", "svc_app"])
def test_a_service_is_told_from_its_pages(here: Place, kind: str) -> None:
    part = broken(here, kind)

    looks = look(here.graph, play(here, down(part), lasts=500), until=500)
    assert looks.standing() == {part}


@pytest.mark.parametrize("kind", ["site_power", "terminal", "access_link"])
def test_power_terminal_and_line_of_one_commune_are_one_class(here: Place, kind: str) -> None:
    part = broken(here, kind, machines=range(2, 11))

    (one,) = look(here.graph, play(here, down(part))).said
    assert {cause.partition(":")[0] for cause in one.causes} == {"site_power", "terminal", "access_link"}
    assert part in one.causes


def test_a_network_inside_is_told_from_the_line_because_the_terminal_answers(here: Place) -> None:
    part = broken(here, "lan", machines=range(3, 11))

    (one,) = look(here.graph, play(here, down(part))).said
    assert one.causes == {part}


def test_a_commune_that_was_never_heard_counts_neither_as_well_nor_as_one_that_could_be(here: Place) -> None:
    part = broken(here, "ring", communes=range(3, 99))
    others = sorted({one.commune for one in here.graph.agents[:-1]} - here.communes_of(part))
    never = set(here.machines_of(others[0]))

    looks = look(here.graph, play(here, down(part)), change=lambda one: None if one.agent in never else one)
    *_, verdict = (one for look in looks.assessments for one in look.verdicts if one.part == part)
    (elsewhere,) = [one for one in verdict.grounds if one.fact is Fact.ELSEWHERE_WELL]
    assert (elsewhere.count, elsewhere.of) == (len(others) - 1, len(others) - 1)


def test_a_single_machine_with_an_answering_terminal_is_never_an_incident(here: Place) -> None:
    alone = broken(here, "lan", machines=range(1, 2))
    one_of_many = broken(here, "pc", machines=range(3, 11))

    assert look(here.graph, play(here, down(alone), down(one_of_many), lasts=600), until=600).said == []
