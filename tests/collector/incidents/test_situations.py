"""Many communes going dark around one place are one situation."""

import pytest
from msgspec.structs import replace

from sansang_agent.contract.rung import Owner
from sansang_collector import topology
from sansang_collector.diagnosis.graph import AgentAt, build
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.shares import Shares
from sansang_collector.incidents.neighbourhood import neighbours, power_areas
from sansang_collector.incidents.situations import (
    Battery,
    Kind,
    Situation,
    SituationStep,
    Surroundings,
    follow,
    members,
)
from sansang_collector.simulation import provinces
from tests.support.following import a_verdict

T = 1_782_450_000.0
COMMUNES = ("00004", "00007", "00010", "00013", "00016", "00019")
OPENED, UPDATED, RESOLVED, SEEN = Happening.OPENED, Happening.UPDATED, Happening.RESOLVED, Happening.SEEN


@pytest.fixture(scope="module")
def around() -> Surroundings:
    made = provinces.make(1, communes=12)
    built = topology.build(made.inventory)
    graph = build(built, [AgentAt(*one) for one in made.machines])
    return Surroundings(power_areas(built), neighbours(made.inventory), Shares(graph).share)


def dark(number: int, commune: str, onset: float = T - 20, kind: str = "site_power", **more: object) -> Incident:
    others = [f"terminal:{commune}-a"] if kind == "site_power" else []
    fields = {"phase": Phase.OPEN, "onset": onset, "detected_at": onset + 15, "opened_at": onset + 20, **more}
    verdict = a_verdict(f"{kind}:{commune}", *others, onset=onset, communes=(commune,), agents=(number,))
    return Incident(id=number, verdict=verdict, owner=Owner.POWER, hit=(commune,), **fields)  # type: ignore[arg-type]


def darkness(count: int, every: float = 0.0) -> list[Incident]:
    return [dark(n + 1, commune, T - 20 + n * every) for n, commune in enumerate(COMMUNES[:count])]


def kept(steps: list[SituationStep]) -> list[Situation]:
    return [replace(one.situation, id=one.situation.id or 1) for one in steps]


def test_four_communes_of_one_feeder_are_a_situation_and_three_are_not(around: Surroundings) -> None:
    assert follow([], darkness(3), around, T) == []

    (step,) = follow([], darkness(4), around, T)
    assert (step.happened, step.situation.kind, step.situation.area) == (
        OPENED,
        Kind.POWER_AREA,
        "power_area:khu-vuc-0",
    )
    assert step.situation.communes == COMMUNES[:4]
    assert step.situation.began == T - 20


def test_what_batteries_last_said_is_the_evidence(around: Surroundings) -> None:
    (step,) = follow([], darkness(4), around._replace(batteries={"00007": 41.0}), T)

    assert step.situation.batteries == (Battery("00007", 41.0),)


def test_neighbours_whose_power_holds_are_a_situation_of_neighbours(around: Surroundings) -> None:
    cut = [dark(n + 1, commune, kind="access_link") for n, commune in enumerate(COMMUNES[:4])]
    cut = [replace(one, verdict=replace(one.verdict, part=f"access_link:{one.hit[0]}-a")) for one in cut]

    (step,) = follow([], cut, around, T)
    assert step.situation.kind is Kind.NEIGHBOURS


def test_communes_far_from_each_other_are_none(around: Surroundings) -> None:
    apart = around._replace(areas={}, neighbours={})

    assert follow([], darkness(6), apart, T) == []


def test_what_a_shared_part_explains_is_none(around: Surroundings) -> None:
    ring = a_verdict("core", onset=T - 30, communes=COMMUNES)
    core = Incident(
        id=99, phase=Phase.OPEN, verdict=ring, onset=T - 30, detected_at=T, owner=Owner.TELECOM, hit=COMMUNES
    )

    assert follow([], [*darkness(4), core], around, T) == []


def test_a_planned_power_cut_explains_them(around: Surroundings) -> None:
    planned = [replace(one, held_back="maintenance:7") for one in darkness(5)]

    assert follow([], planned, around, T) == []


def test_a_quarter_of_an_hour_is_enough_for_batteries_to_run_out_one_after_the_other(around: Surroundings) -> None:
    assert follow([], darkness(4, every=250), around, T + 760) != []
    assert follow([], darkness(4, every=400), around, T + 1210) == []


def test_whoever_joins_is_told_once_in_ten_minutes(around: Surroundings) -> None:
    (situation,) = kept(follow([], darkness(4), around, T))
    more = [*darkness(4), dark(5, COMMUNES[4], T + 100), dark(6, COMMUNES[5], T + 200)]

    (step,) = follow([situation], more[:5], around, T + 120)
    assert (step.happened, step.situation.incidents) == (SEEN, (1, 2, 3, 4, 5))
    (situation,) = kept([step])
    (step,) = follow([situation], more, around, T + 599)
    assert step.happened is SEEN
    (step,) = follow(kept([step]), more, around, T + 600)
    assert (step.happened, len(step.situation.communes)) == (UPDATED, 6)
    assert follow(kept([step]), more, around, T + 1300) == []


def test_its_members_are_held_back_by_it_while_it_lasts(around: Surroundings) -> None:
    (situation,) = kept(follow([], darkness(4), around, T))

    assert members([situation]) == dict.fromkeys((1, 2, 3, 4), 1)
    assert members([replace(situation, resolved_at=T)]) == {}


def test_it_is_over_with_its_last_member(around: Surroundings) -> None:
    dark_ones = darkness(4)
    (situation,) = kept(follow([], dark_ones, around, T))
    over = [replace(one, phase=Phase.RESOLVED, ended_at=T + 300 + one.id) for one in dark_ones]

    assert follow([situation], [*over[:3], dark_ones[3]], around, T + 400) == []
    (step,) = follow([situation], over, around, T + 400)
    assert (step.happened, step.situation.resolved_at, step.situation.ended_at) == (RESOLVED, T + 400, T + 304)


def test_members_that_turn_out_to_be_one_shared_part_leave_it(around: Surroundings) -> None:
    dark_ones = darkness(4)
    (situation,) = kept(follow([], dark_ones, around, T))
    merged = [replace(one, phase=Phase.DROPPED) for one in dark_ones]

    (step,) = follow([situation], merged, around, T + 60)
    assert step.happened is RESOLVED


def test_coordinates_make_neighbours_too() -> None:
    made = provinces.make(1, communes=3)
    first, second, third = (replace(one, former_district="") for one in made.inventory.communes)
    placed = replace(
        made.inventory,
        lines=(),
        communes=(
            replace(first, lat=21.85, lon=106.76),
            replace(second, lat=21.85, lon=106.88),
            replace(third, lat=22.4, lon=106.2),
        ),
    )

    found = neighbours(placed)
    assert found[first.code] == {second.code}
    assert found[third.code] == frozenset()
