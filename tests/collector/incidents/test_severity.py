"""How urgent an incident is, by the hour and by what it stops."""

from functools import partial

import pytest

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector import topology
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.incidents import severity
from sansang_collector.inventory.calendars import calendars
from sansang_collector.inventory.model import Inventory
from sansang_collector.serving import Serving, State
from sansang_collector.simulation import provinces
from sansang_collector.simulation.faults import parse_time
from tests.support.following import a_verdict

HERE, THERE = "00004", "00007"
POWER, LINE, BOX, APP = f"site_power:{HERE}", f"access_link:{HERE}-a", f"terminal:{HERE}-a", "svc_app:dich-vu-0"
OFFICE, LUNCH, EVENING = (parse_time(f"2026-06-26T{hour}", 0) for hour in ("09:00", "12:00", "20:00"))
BEFORE_OPENING, SATURDAY = parse_time("2026-06-26T06:35", 0), parse_time("2026-06-27T09:00", 0)


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return provinces.make(1, communes=12).inventory


@pytest.fixture
def setting(inventory: Inventory) -> severity.Setting:
    return severity.setting(inventory, topology.build(inventory).parts, calendars(inventory))


def judged(setting: severity.Setting, part: str, *hit: str, at: float, **more: object) -> tuple[str, int, str]:
    found = severity.judge(setting, a_verdict(part, onset=at - 20, **more), hit, at)
    return found.severity, found.counters, found.wait_for


def test_a_commune_that_cannot_serve_now_is_critical_and_its_counters_count(setting: severity.Setting) -> None:
    assert judged(setting, POWER, HERE, at=OFFICE) == ("critical", 4, "")


def test_one_commune_down_at_night_is_a_warning_that_waits_for_its_opening(setting: severity.Setting) -> None:
    assert judged(setting, POWER, HERE, at=EVENING) == ("warning", 0, HERE)
    assert judged(setting, POWER, HERE, at=SATURDAY) == ("warning", 0, HERE)


def test_an_hour_before_opening_it_is_critical(setting: severity.Setting) -> None:
    assert judged(setting, POWER, HERE, at=BEFORE_OPENING - 600) == ("warning", 0, HERE)
    assert judged(setting, POWER, HERE, at=BEFORE_OPENING) == ("critical", 0, "")


def test_at_lunch_an_opening_is_more_than_an_hour_away_until_half_past_twelve(setting: severity.Setting) -> None:
    assert judged(setting, POWER, HERE, at=LUNCH) == ("warning", 0, HERE)
    assert judged(setting, POWER, HERE, at=LUNCH + 1800)[0] == "critical"


def test_what_two_communes_share_is_critical_at_any_hour(setting: severity.Setting) -> None:
    assert judged(setting, "ring:vong-0", HERE, THERE, at=EVENING) == ("critical", 0, "")
    assert judged(setting, "ring:vong-0", HERE, THERE, at=OFFICE) == ("critical", 8, "")


def test_a_line_that_loses_is_a_warning(setting: severity.Setting) -> None:
    assert judged(setting, LINE, HERE, at=OFFICE, level=Level.LOSSY) == ("warning", 0, "")


def test_what_loses_nearly_all_stops_a_commune_as_what_is_down(setting: severity.Setting) -> None:
    lost = {"level": Level.LOSSY, "loss": (0.76, 0.98, 0.98)}

    assert judged(setting, APP, HERE, THERE, at=OFFICE, **lost) == judged(setting, APP, HERE, THERE, at=OFFICE)


def test_a_service_that_citizens_can_do_without_is_a_warning(setting: severity.Setting) -> None:
    assert judged(setting, APP, HERE, THERE, at=OFFICE)[0] == "critical"
    assert judged(setting._replace(mandatory=frozenset()), APP, HERE, THERE, at=OFFICE) == ("warning", 0, "")


def test_a_commune_that_is_seen_to_serve_all_the_same_is_not_critical(setting: severity.Setting) -> None:
    serves = setting._replace(serving={HERE: Serving(state=State.LIMITED)})

    assert judged(serves, LINE, HERE, at=OFFICE)[0] == "critical"
    long_since = a_verdict(LINE, onset=OFFICE - 300)
    assert severity.judge(serves, long_since, [HERE], OFFICE).severity is Severity.WARNING


def test_a_machine_alone_and_people_who_went_home_are_notes(setting: severity.Setting) -> None:
    assert judged(setting, f"pc:{HERE}/may-1", HERE, at=OFFICE)[0] == "info"
    assert judged(setting, POWER, HERE, at=OFFICE, expected_off=True)[0] == "info"


def test_a_commune_without_a_calendar_counts_as_open(setting: severity.Setting) -> None:
    assert judged(setting._replace(calendars={}), POWER, HERE, at=EVENING)[0] == "critical"


def test_a_terminal_is_whose_the_inventory_says(setting: severity.Setting, inventory: Inventory) -> None:
    part = setting.parts[BOX]._replace(owner=Owner.COMMUNE_IT)
    other = setting._replace(parts={**setting.parts, BOX: part})

    assert severity.judge(setting, a_verdict(BOX, onset=OFFICE), [HERE], OFFICE).owner is Owner.TELECOM
    assert severity.judge(other, a_verdict(BOX, onset=OFFICE), [HERE], OFFICE).owner is Owner.COMMUNE_IT


def test_a_part_that_is_gone_has_the_owner_of_its_kind(setting: severity.Setting) -> None:
    assert severity.judge(setting, a_verdict("dns:cu", onset=OFFICE), [HERE], OFFICE).owner is Owner.RESOLVER_OPERATOR


def test_people_who_left_before_closing_are_expected_at_the_next_opening(setting: severity.Setting) -> None:
    back = partial(severity.expected_on, setting.calendars, HERE)

    assert back(parse_time("2026-06-26T11:20", 0)) == parse_time("2026-06-26T13:30", 0)
    assert back(parse_time("2026-06-26T17:05", 0)) == parse_time("2026-06-29T07:30", 0)
