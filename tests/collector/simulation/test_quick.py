"""The fast world: what it yields is repeatable, keeps the fleet's budgets, and shows each fault where it lies."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pytest

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.report import GoodbyeReason
from sansang_collector.diagnosis.sighting import Sighting
from sansang_collector.profiles.templates import templates
from sansang_collector.simulation import provinces
from sansang_collector.simulation.bursts import Bursts
from sansang_collector.simulation.faults import DOWN, Fault, parse_time
from sansang_collector.simulation.noise import QUIET, Noise
from sansang_collector.simulation.provinces import Made
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options

NINE = parse_time("2026-06-26T09:00", 0)
CALM = Options(noise=QUIET)
FAULT_AT = NINE + 60


@pytest.fixture(scope="module")
def made() -> Made:
    return provinces.make(3, communes=12)


def played(
    made: Made, *faults: Fault, lasts: float = 300.0, seed: int = 1, options: Options = CALM, begins: float = NINE
) -> list[Sighting]:
    return list(Quick(made, faults, begins, begins + lasts, seed=seed, options=options).play())


def down(part: str, lasts: float = math.inf) -> Fault:
    return Fault(part, DOWN, FAULT_AT, FAULT_AT + lasts)


def homes(made: Made) -> dict[int, str]:
    return {one.id: one.commune for one in made.machines}


def vantage(made: Made) -> int:
    return next(one.id for one in made.machines if one.role is Role.VANTAGE)


def behind(made: Made, ring: str) -> set[str]:
    nodes = next(one.nodes for one in made.inventory.topology.rings if one.id == ring)
    return {line.commune for line in made.inventory.lines if line.access_node in nodes}


def failures(seen: list[Sighting], check: str) -> Iterator[tuple[Sighting, float]]:
    for one in seen:
        for result in one.results:
            if result.check == check and result.failed == result.tried:
                yield one, result.at


def test_the_same_seed_plays_the_same_and_another_one_does_not(made: Made) -> None:
    rough = Options(noise=Noise())

    assert played(made, options=rough) == played(made, options=rough)
    assert played(made, options=rough) != played(made, options=rough, seed=2)


def test_reports_come_in_order_of_arrival_every_fifteen_seconds(made: Made) -> None:
    seen = played(made)
    by_machine = Counter(one.agent for one in seen)

    assert [one.received for one in seen] == sorted(one.received for one in seen)
    assert set(by_machine.values()) <= {19, 20, 21}


def test_no_service_is_asked_more_often_than_the_fleet_may(made: Made) -> None:
    asked: defaultdict[str, list[float]] = defaultdict(list)
    for one in played(made, down("svc_tcp:dich-vu-0"), lasts=900):
        for result in one.results:
            if result.check.startswith("dich-vu-0"):
                asked["http" if result.check.endswith("http") else "tcp"].append(result.at)

    assert len(asked["tcp"]) >= 12
    for kind, most_per_second in (("tcp", 1.0), ("http", 0.1)):
        assert len(asked[kind]) <= 900 * most_per_second
    for earlier, later in pairwise(sorted(asked["tcp"])):
        assert later - earlier >= 0.99


def test_only_one_machine_of_a_commune_asks_the_services(made: Made) -> None:
    asking: defaultdict[str, set[int]] = defaultdict(set)
    for one in played(made, lasts=600):
        if any(result.check.startswith("dich-vu") for result in one.results):
            asking[homes(made)[one.agent]].add(one.agent)

    assert len(asking) > 8
    assert {len(them) for them in asking.values()} == {1}


def test_a_cut_ring_is_seen_behind_that_ring_only(made: Made) -> None:
    ring = made.inventory.topology.rings[0].id
    inside = behind(made, ring)
    after = [one for one in played(made, down(f"ring:{ring}")) if one.received > FAULT_AT + 20]
    spoke = {homes(made)[one.agent] for one in after}
    silent = [f"terminal:{line.id}" for line in made.inventory.lines if line.commune in inside]

    assert not spoke & inside
    assert {check for check in silent if any(failures(after, check))} == set(silent)
    others = {result.check for one in after for result in one.results if result.failed == result.tried}
    assert others <= {*silent, *(f"access_node:{node}" for node in made.inventory.topology.rings[0].nodes)}


def test_a_dead_target_is_known_when_three_tries_are_through_and_told_at_once(made: Made) -> None:
    node = made.inventory.access_nodes[0].id
    told, measured = next(failures(played(made, down(f"access_node:{node}")), f"access_node:{node}"))

    check = next(one for one in templates()[Role.VANTAGE].checks if one.id == "access_node")
    tries_s = 3 * check.timeout + 2
    assert FAULT_AT <= measured < FAULT_AT + check.period + 0.5
    assert tries_s <= told.received - measured <= tries_s + 2.5


def test_a_refused_connection_is_known_at_once(made: Made) -> None:
    told, measured = next(failures(played(made, down("svc_tcp:dich-vu-1")), "dich-vu-1-tcp"))

    assert told.received - measured < 2.5


def test_what_was_stored_while_the_line_was_cut_arrives_once_newest_first_and_as_history(made: Made) -> None:
    code = made.inventory.communes[0].code
    seen = played(made, down(f"access_link:{code}-a", lasts=240), lasts=600)
    inside = [one for one in seen if homes(made)[one.agent] == code]
    old = [one for one in inside if not one.live]
    numbers = [(one.agent, one.seq) for one in inside]

    assert len(numbers) == len(set(numbers))
    assert old
    assert all(not result.live for one in old for result in one.results if one.received - result.at > 1800)
    first = [one.seq for one in old if one.agent == old[0].agent]
    assert first == sorted(first, reverse=True)
    stored = {result.check for one in old for result in one.results if result.failed == result.tried}
    assert {"line", "core"} <= stored
    assert "gateway" not in stored


def test_services_behind_a_dead_line_of_ones_own_are_no_evidence(made: Made) -> None:
    code = made.inventory.communes[0].code
    inside = [
        one
        for one in played(made, down(f"access_link:{code}-a", lasts=600), lasts=1200)
        if homes(made)[one.agent] == code
    ]
    asked = [
        result for one in inside for result in one.results
        if result.check.startswith("dich-vu") and FAULT_AT + 60 < result.at < FAULT_AT + 600
    ]  # fmt: skip

    assert not [result for result in asked if result.failed]


def test_a_silent_name_server_makes_services_unknown_and_no_failures(made: Made) -> None:
    seen = played(made, down("dns:tinh", lasts=240), lasts=240)
    asked = [result for one in seen for result in one.results if result.at > FAULT_AT]

    assert [one for one in asked if one.check == "names" and one.failed]
    assert not [one for one in asked if one.check.startswith("dich-vu") and one.failed]


def test_a_silent_data_centre_fails_once_the_machines_own_way_has_spoken(made: Made) -> None:
    seen = played(made, down("pdc"))
    pairs = [
        (one.received - result.at, result) for one in seen for result in one.results if result.failed == result.tried
    ]

    assert {result.check.rpartition("-")[0].rpartition("-")[0] for _, result in pairs} == {"dich-vu"}
    assert min(waited for waited, _ in pairs) >= 4.0
    assert max(waited for waited, _ in pairs) <= 4.0 + 15 + 15 + 2


def test_machines_without_power_boot_when_it_is_back(made: Made) -> None:
    code = made.inventory.communes[0].code
    seen = played(made, down(f"site_power:{code}", lasts=120), lasts=600)
    inside = [one for one in seen if homes(made)[one.agent] == code]

    assert not [one for one in inside if FAULT_AT + 5 < one.received < FAULT_AT + 120]
    back = [one for one in inside if one.received > FAULT_AT + 120]
    assert {one.booted_at is not None and one.booted_at > FAULT_AT + 120 for one in back} == {True}


def test_people_say_goodbye_in_the_evening_and_some_do_not(made: Made) -> None:
    evening = parse_time("2026-06-26T16:30", 0)
    seen = played(made, lasts=3600, options=CALM, begins=evening)
    byes = {one.agent for one in seen if one.goodbye is GoodbyeReason.SHUTDOWN}
    last = {one.agent: one for one in seen}
    gone = {agent for agent, one in last.items() if one.received < evening + 3500}

    assert byes
    assert gone - byes
    without = played(made, lasts=3600, options=Options(noise=QUIET, goodbyes=False), begins=evening)
    assert not [one for one in without if one.goodbye]


def test_losses_in_bursts_are_as_many_and_stand_together() -> None:
    bursts = Bursts("1", 0.2, NINE, NINE + 36_000)
    losses = [bursts.loss(NINE + second) for second in range(36_000)]

    assert sum(losses) / len(losses) == pytest.approx(0.2, abs=0.02)
    assert set(losses) == {0.0, 0.8}
    turns = sum(one != other for one, other in pairwise(losses))
    assert turns < 0.25 * len(losses)


def test_echoes_of_all_tries_count_so_that_a_burst_is_seen_as_it_is(made: Made) -> None:
    code = made.inventory.communes[0].code
    lossy = Fault(f"access_link:{code}-a", 0.2, NINE, math.inf)
    seen = played(made, lossy, lasts=1200, options=Options(noise=QUIET, correlated=True))
    trains = [one for each in seen for one in each.results if one.check == f"terminal:{code}-a"]

    assert {one.tried for one in trains} <= {3, 6, 9}
    assert [one for one in trains if one.tried > 3]
    assert sum(one.failed for one in trains) / sum(one.tried for one in trains) == pytest.approx(0.2, abs=0.08)


def test_without_power_a_machine_goes_on_by_its_battery_and_stores_what_it_sees(made: Made) -> None:
    code = next(one.commune for one in made.machines)
    mine = {one.id for one in made.machines if one.commune == code}
    everybody = Options(noise=QUIET, batteries=1.0)
    seen = [one for one in played(made, down(f"site_power:{code}", 120.0), options=everybody) if one.agent in mine]
    dark = [one for one in seen if one.at is not None and FAULT_AT <= one.at < FAULT_AT + 120]

    assert {one.agent for one in dark} == mine
    assert all(one.battery is not None and one.received > FAULT_AT + 120 for one in dark)
    assert all(one.battery is None for one in seen if one not in dark)
    assert len({one.boot for one in seen}) == len(mine)
    assert any(failures(dark, "gateway"))


@pytest.mark.parametrize(("kind", "loses_link"), [("lan", True), ("access_link", False)])
def test_a_dead_switch_takes_the_link_of_all_its_machines_and_a_cut_line_of_none(
    made: Made, kind: str, loses_link: bool
) -> None:
    codes = [one.code for one in made.inventory.communes]
    parts = [f"{kind}:{code}{'-a' if kind == 'access_link' else ''}" for code in codes]
    seen = played(made, *(down(part, 60.0) for part in parts))
    loose: defaultdict[str, set[int]] = defaultdict(set)
    for one, at in failures(seen, "machine"):
        assert FAULT_AT <= at < FAULT_AT + 60
        loose[homes(made)[one.agent]].add(one.agent)

    assert (0 < len(loose) < len(codes)) is loses_link
    for code, agents in loose.items():
        assert agents == {one.id for one in made.machines if one.commune == code}


def test_what_is_slow_takes_longer_and_loses_nothing(made: Made) -> None:
    code = made.inventory.communes[0].code
    slow = Fault(f"access_link:{code}-a", 0.0, NINE, math.inf, slow_ms=80.0)
    times: defaultdict[str, list[float]] = defaultdict(list)
    for one in played(made, slow):
        for seen in one.results:
            if homes(made)[one.agent] == code and seen.ms is not None:
                times[seen.check].append(seen.ms)
            assert seen.failed == 0

    assert max(times["gateway"]) < 1
    assert sum(times["core"]) / len(times["core"]) == pytest.approx(90, abs=25)


def test_without_a_vantage_nobody_looks_into_the_communes(made: Made) -> None:
    assert vantage(made) not in {one.agent for one in played(made, options=Options(noise=QUIET, vantage=False))}


def test_software_of_one_machine_fails_while_the_vantage_sees_nothing_of_it(made: Made) -> None:
    one = made.machines[0]

    seen = played(made, down(f"pc_app:{one.commune}/{one.name}"))
    failing = {sighting.agent for sighting in seen for result in sighting.results if result.failed == result.tried}
    assert failing == {one.id}
    assert any(sighting.agent == vantage(made) for sighting in seen)
