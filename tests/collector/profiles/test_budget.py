"""No target is asked more often than it may be, by all machines together, in any second: summed up, not believed."""

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_agent.contract.rung import Rung
from sansang_collector.profiles.timetable import ADDRESS_S, LONGEST_S, Timetable
from tests.collector.profiles.fleets import (
    MAIL,
    PORTAL,
    SERVICES,
    SIGNING,
    Run,
    an_inventory,
    codes,
    compiled,
    host,
    machines,
    most_within,
    runs,
)  # fmt: skip

HOSTS = {
    "dvc.example": min(PORTAL.max_per_second, SIGNING.max_per_second),
    "mail.example": MAIL.max_per_second,
}


def fleet_runs(communes: int, seconds: float, *, services: bool) -> dict[str, list[Run]]:
    them = compiled(an_inventory(communes), machines(communes))
    return runs(them, seconds, lambda check: (check.rung is Rung.SERVICE) is services)


@pytest.mark.parametrize(("communes", "seconds"), [(65, 9_000.0), (3321, 6_000.0)])
def test_no_service_is_asked_more_often_in_any_second_than_its_budget(communes: int, seconds: float) -> None:
    found = fleet_runs(communes, seconds, services=True)

    for target, budget in HOSTS.items():
        times = [run.at for run in found[target]]
        pages = [run.at for run in found[target] if run.page]
        assert most_within(times, 1 / budget) == 1
        assert most_within(times, 60) <= 60 * budget
        assert most_within(pages, 10 / budget) <= 1
        assert len(times) > seconds * budget / 4


@pytest.mark.parametrize(("communes", "seconds"), [(65, 200.0), (3321, 100.0)])
def test_what_everyone_asks_beside_services_is_asked_at_most_fifty_times_in_any_second(
    communes: int, seconds: float
) -> None:
    found = fleet_runs(communes, seconds, services=False)

    shared = {target for target in found if target not in HOSTS}
    assert {"10.255.0.1", "192.0.2.1", "{dns}"} <= shared
    assert max(most_within([run.at for run in found[target]], 1.0) for target in shared) <= 50


def test_one_commune_asks_a_host_once_a_minute_and_one_machine_a_target_every_five_seconds() -> None:
    them = machines(65)
    commune = {one.id: one.commune for one in them}
    found = runs(compiled(an_inventory(65), them), 3_000.0)

    for target, asked in found.items():
        by_machine, by_commune = defaultdict(list), defaultdict(list)
        for run in asked:
            by_machine[run.machine].append(run.at)
            by_commune[commune[run.machine]].append(run.at)
        gaps = [after - before for times in by_machine.values() for before, after in pairwise(times)]
        assert min(gaps) >= 5 - 1e-6
        if target in HOSTS:
            gaps = [after - before for times in by_commune.values() for before, after in pairwise(times)]
            assert min(gaps) >= ADDRESS_S - 1e-6


@given(
    budget=st.floats(0.01, 50),
    pages=st.integers(0, 4),
    connections=st.integers(0, 12),
    communes=st.integers(1, 400),
    start=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=50, deadline=None)
def test_whatever_the_budget_checks_and_communes_a_timetable_keeps_to_it(
    budget: float, pages: int, connections: int, communes: int, start: float
) -> None:
    page_ids, ids = [f"p{n}" for n in range(pages)], [f"c{n}" for n in range(connections)]
    table = Timetable(budget, page_ids, ids, codes(communes), start)

    slots = [(id_, slot, code) for code in codes(communes) for id_, slot in table.slots(code).items()]
    assert all(5 <= slot.period <= LONGEST_S and 0 <= slot.phase < slot.period for _, slot, _ in slots)
    until = min(LONGEST_S * 2, 3 * max((slot.period for _, slot, _ in slots), default=0.0), 4_000 / budget)
    times = sorted(
        (slot.phase + n * slot.period, id_, code)
        for id_, slot, code in slots
        for n in range(int((until - slot.phase) / slot.period) + 1)
        if slot.phase < until
    )
    assert all(after[0] - before[0] >= 1 / budget - 1e-6 for before, after in pairwise(times))
    on_pages = [at for at, id_, _ in times if id_ in page_ids]
    assert all(after - before >= 10 / budget - 1e-6 for before, after in pairwise(on_pages))
    of_commune: defaultdict[str, list[float]] = defaultdict(list)
    for at, _, code in times:
        of_commune[code].append(at)
    assert all(after - before >= ADDRESS_S - 1e-6 for them in of_commune.values() for before, after in pairwise(them))


def test_a_commune_more_moves_few() -> None:
    def phases(count: int) -> dict[tuple[str, str], tuple[float, float | None]]:
        them = machines(count)
        place = {one.id: f"{one.commune}/{one.name}" for one in them}
        return {
            (place[id_], check.id): (check.period, check.phase)
            for id_, assignment in compiled(an_inventory(count), them).items()
            for check in assignment.profile.checks
            if host(check) in HOSTS
        }

    before, after = phases(65), phases(66)

    moved = [key for key in before if before[key] != after[key]]
    assert len(moved) <= len(before) / 10


def test_neighbours_are_asked_far_apart() -> None:
    """Communes with codes next to each other never come one after the other."""
    table = Timetable(1.0, [], ["tls"], codes(65))
    order = sorted(codes(65), key=lambda code: table.slots(code)["tls"].phase)

    assert all(abs(int(one) - int(other)) > 3 for one, other in pairwise(order))


def test_a_budget_too_small_for_a_day_lets_some_communes_ask_and_not_others() -> None:
    table = Timetable(0.02, ["page"], [], codes(400))
    asking = [code for code in codes(400) if table.slots(code)]

    assert 0 < len(asking) < 400
    assert all(table.slots(code)["page"].period <= LONGEST_S for code in asking)


def test_the_shorter_budget_of_two_services_on_one_host_holds() -> None:
    assert {one.host for one in SERVICES[:2]} == {"dvc.example"}
    times = [run.at for run in fleet_runs(5, 5000.0, services=True)["dvc.example"]]

    assert most_within(times, 1 / 0.7) == 1
