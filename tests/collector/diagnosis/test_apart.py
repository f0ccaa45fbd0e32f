"""What somebody splits off an incident stays apart from it, whatever the looks that follow find."""

import pytest

from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.diagnosis.verdict import Level, Verdict
from tests.support.following import Follower, a_verdict, province

T = 1_782_450_000.0
RING, CORE = "ring:vong-0", "core"
A, B, C, ELSEWHERE = "00004", "00007", "00010", "00013"
OF_RING = (A, B, C)
LOSSY, SLOW, DOWN = Level.LOSSY, Level.SLOW, Level.DOWN


@pytest.fixture(scope="module")
def graph() -> Graph:
    return province()


@pytest.fixture
def follower(graph: Graph) -> Follower:
    return Follower(graph)


def ring(level: Level = LOSSY, communes: tuple[str, ...] = OF_RING, **more: object) -> Verdict:
    named = {"communes": communes, "agents": () if level is not DOWN else (1, 2, 3, 4, 5, 6, 7)}
    return a_verdict(RING, onset=T - 10, level=level, **{**named, **more})


def hit(follower: Follower) -> dict[int, tuple[str, ...]]:
    """Communes by the numbers of what is under way."""
    return {one.id: one.hit for one in follower.under_way}


@pytest.mark.parametrize("level", [LOSSY, SLOW, DOWN])
def test_communes_split_off_stay_an_incident_of_their_own(follower: Follower, level: Level) -> None:
    follower.looks(T, T + 10, ring(level))
    follower.split(1, C)
    follower.looks(T + 15, T + 45, ring(level))

    assert hit(follower) == {1: (A, B), 2: (C,)}
    assert [one.verdict.communes for one in follower.under_way] == [(A, B), (C,)]
    assert Happening.MERGED not in [one[0] for one in follower.told]


def test_a_suspicion_split_in_two_becomes_two_incidents(follower: Follower) -> None:
    follower.look(T, suspects=[ring(DOWN)])
    follower.split(1, C)
    follower.look(T + 5, suspects=[ring(DOWN)])
    follower.looks(T + 10, T + 15, ring(DOWN))

    assert hit(follower) == {1: (A, B), 2: (C,)}


def test_machines_go_with_their_communes(follower: Follower) -> None:
    follower.look(T, ring(DOWN))
    follower.split(1, C)
    follower.look(T + 5, ring(DOWN))

    assert [one.verdict.agents for one in follower.under_way] == [(1, 2, 3, 4), (5, 6, 7)]


def test_a_commune_hit_only_later_is_of_the_one_that_nobody_split_off(follower: Follower) -> None:
    follower.look(T, ring(communes=(A, C)))
    follower.split(1, C)
    follower.look(T + 30, ring(communes=(A, B, C)))

    assert hit(follower) == {1: (A, B), 2: (C,)}


def test_what_is_found_at_neither_is_no_news(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, C)
    follower.look(T + 30, ring(communes=(C,)))
    follower.look(T + 60, ring(communes=(A, B)))

    assert hit(follower) == {1: (A, B), 2: (C,)}


def test_split_again_each_keeps_its_own(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, B, C)
    follower.split(2, C)
    follower.look(T + 30, ring())

    assert hit(follower) == {1: (A,), 2: (B,), 3: (C,)}


def test_what_stands_apart_is_of_a_part_above_as_well_and_still_apart(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, C)
    above = a_verdict(CORE, onset=T, level=LOSSY, communes=(*OF_RING, ELSEWHERE), instead_of=(RING,))
    follower.look(T + 30, above)

    assert hit(follower) == {1: (A, B, ELSEWHERE), 2: (C,)}
    assert {one.verdict.part for one in follower.under_way} == {CORE}


def test_something_else_that_hits_a_commune_split_off_is_news(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, C)
    other = a_verdict("svc_app:dich-vu-0", onset=T, communes=(*OF_RING, ELSEWHERE), services=("dich-vu-0",))
    follower.look(T + 30, ring(), other)

    assert hit(follower) == {1: (A, B), 2: (C,), 3: (*OF_RING, ELSEWHERE)}


def test_resolved_by_hand_it_keeps_its_communes_from_the_other(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, C)
    follower.change(2, phase=Phase.RESOLVED, resolved_at=T + 20)
    follower.look(T + 30, ring())

    assert hit(follower) == {1: (A, B)}


def test_over_for_good_it_leaves_its_communes_to_the_other(follower: Follower) -> None:
    follower.look(T, ring())
    follower.split(1, C)
    follower.change(2, phase=Phase.RESOLVED, resolved_at=T + 20, ended_at=T + 20)
    follower.look(T + 30, ring())

    assert hit(follower) == {1: (A, B, C)}
