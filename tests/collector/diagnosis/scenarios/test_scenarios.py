"""A province from the first failure to the last recovery, in sentences; the whole diagnosis is at work.

Communes, nodes and rings are those of ``provinces.make(104, 13)``: ring 1 has the nodes 2 (communes 00013 and 00016,
five machines each), 3 (three communes) and 4; ring 2 the nodes 5 (00031 and 00034 with one machine each) and 6; 00010
with five machines is alone on node 1. Power area 0 has the communes up to 00025, power area 1 the others.
"""

from functools import partial

import pytest

from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Happening
from sansang_collector.diagnosis.verdict import Level
from sansang_collector.incidents.situations import Kind
from tests.collector.diagnosis.scenarios.minds import Whole, closing, learned
from tests.collector.diagnosis.scenarios.play import (
    Play,
    contradicting_itself,
    duplicated_and_disordered,
    out_of_the_future,
)

RING, NODE = "ring:vong-1", "access_node:tram-2"
POWER, BOX, LINK, LAN = "site_power:00010", "terminal:00010-a", "access_link:00010-a", "lan:00010"
QUARTER_S = 960.0
"""Of losses nothing is said before a quarter of an hour was listened to."""
Experienced = partial(Whole, beliefs=learned)


@pytest.fixture
def play() -> Play:
    return Play(mind=Experienced)


# One fault at each layer.


def test_a_ring_is_one_incident_and_one_recovery(play: Play) -> None:
    play.cut(RING, at=10)
    play.mend(RING, at=40)
    play.go_on(until=100)

    play.expect_one_incident(RING, by=30)
    play.expect_recovered(RING, by=80)


def test_an_access_node_with_two_communes_is_one_incident(play: Play) -> None:
    play.cut(NODE, at=10, until=200)
    play.go_on(until=280)

    play.expect_one_incident(NODE, by=35)
    play.expect_recovered(NODE, by=270)


def test_an_arc_of_a_ring_is_named_and_not_the_ring(play: Play) -> None:
    play.cut("arc:vong-1/tram-2..tram-3", at=10)
    play.go_on(until=120)

    play.expect_one_incident("arc:vong-1/tram-2..tram-3", by=35)


def test_the_core_is_one_incident_and_not_one_for_each_ring(play: Play) -> None:
    play.cut("core", at=10, until=150)
    play.go_on(until=260)

    play.expect_one_incident("core", by=35)
    play.expect_recovered("core", by=250)


def test_the_wide_area_is_one_incident(play: Play) -> None:
    play.cut("wan", at=10)
    play.go_on(until=200)

    play.expect_one_incident("wan", by=35)


def test_the_name_service_is_one_incident_and_not_ten_services(play: Play) -> None:
    play.cut("dns:tinh", at=10)
    play.go_on(until=240)

    play.expect_one_incident("dns:tinh", by=35)


def test_a_service_that_takes_no_connections_is_one_incident(play: Play) -> None:
    play.cut("svc_tcp:dich-vu-2", at=10)
    play.go_on(until=300)

    play.expect_one_incident("svc_tcp:dich-vu-2", by=90)


def test_a_service_whose_pages_fail_is_one_incident(play: Play) -> None:
    play.cut("svc_app:dich-vu-7", at=10)
    play.go_on(until=300)

    play.expect_one_incident("svc_app:dich-vu-7", by=200)


def test_the_provinces_data_centre_is_one_incident(play: Play) -> None:
    play.cut("pdc", at=10)
    play.go_on(until=300)

    play.expect_one_incident("pdc", by=60)


@pytest.mark.parametrize("part", [POWER, BOX, LINK])
def test_a_commune_that_is_cut_off_is_one_incident_with_all_three_causes(play: Play, part: str) -> None:
    play.cut(part, at=10, until=120)
    play.go_on(until=330)

    incident = play.expect_one_incident(part, by=45)
    assert {cause.part for cause in incident.verdict.causes} >= {POWER, BOX, LINK}
    over = play.expect_recovered(part, by=320)
    assert over.ended_at is not None
    assert abs(over.ended_at - play.zero - 120) <= 75


def test_a_commune_whose_network_is_down_while_its_terminal_answers(play: Play) -> None:
    play.cut(LAN, at=10)
    play.go_on(until=200)

    incident = play.expect_one_incident(LAN, by=70)
    assert POWER not in {cause.part for cause in incident.verdict.causes}


def test_a_commune_with_one_machine_is_an_incident_when_its_terminal_is_silent_too(play: Play) -> None:
    play.cut("access_link:00031-a", at=10)
    play.go_on(until=200)

    play.expect_one_incident("access_link:00031-a", by=60)


def test_one_machine_that_goes_off_is_no_incident(play: Play) -> None:
    play.switch_off(play.machines("00010")[0], at=10)
    play.go_on(until=400)

    play.expect_no_incident()


def test_the_only_machine_of_a_commune_is_no_incident_while_the_terminal_answers(play: Play) -> None:
    play.switch_off(*play.machines("00031"), at=10)
    play.go_on(until=400)

    play.expect_no_incident()


def test_a_line_that_loses_a_third_is_one_incident(play: Play) -> None:
    play.listen_before(QUARTER_S)
    play.cut(LINK, at=10, loss=0.3, until=330)
    play.go_on(until=720)

    incident = play.expect_one_incident(LINK, by=260)
    assert incident.verdict.level is Level.LOSSY
    play.expect_recovered(LINK, by=720)


def test_a_service_that_fails_every_other_time_is_one_incident(play: Play) -> None:
    play.listen_before(QUARTER_S)
    play.cut("svc_tcp:dich-vu-2", at=10, loss=0.5)
    play.go_on(until=420)

    play.expect_one_incident("svc_tcp:dich-vu-2", by=400)


def test_a_service_that_turns_many_away_is_not_told_to_be_over_while_it_goes_on() -> None:
    play = Play(mind=Experienced, seed=105, communes=26)
    play.cut("svc_tcp:dich-vu-2", at=10, loss=0.6)
    play.go_on(until=560)

    incident = play.expect_one_incident("svc_tcp:dich-vu-2", by=200)
    assert incident.verdict.level is Level.LOSSY
    assert 0.4 < (incident.verdict.loss or (0, 0, 0))[1] < 0.8
    assert not [one for one in play.told if one.happened in (Happening.RESOLVED, Happening.REOPENED)], play.story


def test_a_service_that_was_down_and_is_well_again_never_turned_away_a_share() -> None:
    play = Play(mind=Experienced, seed=105, communes=26)
    play.cut("svc_tcp:dich-vu-2", at=10, until=200)
    play.go_on(until=420)

    play.expect_one_incident("svc_tcp:dich-vu-2", by=90)
    play.expect_recovered("svc_tcp:dich-vu-2", by=400)
    assert {one.incident.verdict.level for one in play.told} == {Level.DOWN}, play.story


def test_a_ring_that_loses_and_what_somebody_split_off_it_stay_two_incidents_to_the_end(play: Play) -> None:
    play.listen_before(QUARTER_S)
    play.cut(RING, at=10, loss=0.4, until=420)
    play.split(RING, "00013", at=330)
    play.go_on(until=720)

    assert sorted(one.hit == ("00013",) for one in play.open_at(415)) == [False, True], play.story
    assert [one.happened for one in play.told if one.at > 330].count(Happening.RESOLVED) == 2, play.story


# Views that change, faults that overlap.


def test_what_belongs_to_a_ring_is_held_and_makes_no_incidents(play: Play) -> None:
    play.cut(RING, at=10)
    play.go_on(until=400)

    play.expect_one_incident(RING, by=30)
    assert len(play.expect_still_open(RING, at=390).hit) == 6


def test_a_ring_and_a_service_are_two_incidents(play: Play) -> None:
    play.cut(RING, at=10)
    play.cut("svc_tcp:dich-vu-8", at=12)
    play.go_on(until=300)

    play.expect_incidents(RING, "svc_tcp:dich-vu-8", by=120)


def test_two_rings_are_two_incidents(play: Play) -> None:
    play.cut(RING, at=10)
    play.cut("ring:vong-2", at=10)
    play.go_on(until=200)

    play.expect_incidents(RING, "ring:vong-2", by=40)


def test_both_communes_of_a_node_are_two_incidents_while_the_node_answers(play: Play) -> None:
    play.cut("site_power:00013", at=10)
    play.cut("access_link:00016-a", at=10)
    play.go_on(until=300)

    play.expect_incidents("site_power:00013", "access_link:00016-a", by=60)


def test_a_fault_under_a_fault_appears_when_the_upper_one_recovers(play: Play) -> None:
    play.cut(RING, at=10, until=200)
    play.cut("site_power:00013", at=60)
    play.go_on(until=420)

    play.expect_recovered(RING, by=300)
    play.expect_still_open("site_power:00013", at=400)
    assert [one.happened for one in play.told].count(Happening.OPENED) == 2, play.story


def test_a_network_inside_that_broke_under_a_ring_appears_soon_after_the_ring_is_well(play: Play) -> None:
    play.cut(RING, at=10, until=200)
    play.cut("lan:00013", at=60)
    play.go_on(until=420)

    play.expect_recovered(RING, by=300)
    play.expect_still_open("lan:00013", at=390)
    assert [one.happened for one in play.told].count(Happening.OPENED) == 2, play.story


def test_a_commune_that_broke_long_before_its_ring_keeps_its_own_incident(play: Play) -> None:
    play.cut("site_power:00013", at=10)
    play.cut(RING, at=400)
    play.go_on(until=600)

    play.expect_incidents("site_power:00013", RING, by=440)


def test_a_line_that_comes_and_goes_is_one_incident_that_is_called_unstable(play: Play) -> None:
    for turn in range(4):
        play.cut(NODE, at=10 + 240 * turn, until=110 + 240 * turn)
    play.go_on(until=1000)

    play.expect_told(NODE, Happening.OPENED, by=40)
    play.expect_told(NODE, Happening.REOPENED, by=300, times=3)
    play.expect_told(NODE, Happening.UNSTABLE, by=800)


# What is nobody's fault.


def test_an_ordinary_quarter_of_an_hour_is_no_incident(play: Play) -> None:
    play.go_on(until=600)

    play.expect_no_incident()


def test_an_update_that_everybody_announces_is_no_incident(play: Play) -> None:
    play.say_goodbye(*play.machines(), at=10, back=50)
    play.go_on(until=200)

    play.expect_no_incident()


def test_all_agents_restarting_at_once_without_a_word_are_no_incident(play: Play) -> None:
    play.switch_off(*play.machines(), at=10, back=30)
    play.go_on(until=200)

    play.expect_no_incident()


def test_closing_time_with_breakers_is_no_incident() -> None:
    play = Play(starts="2026-06-26T16:50", mind=partial(Whole, beliefs=closing))
    play.go_on(until=1500)

    play.expect_no_incident()


def test_a_machine_that_contradicts_itself_twenty_times_a_report_is_no_incident(play: Play) -> None:
    play.change_reports(contradicting_itself(play.machines("00010")[0], play.zero + 10))
    play.go_on(until=300)

    play.expect_no_incident()


def test_results_out_of_the_future_are_no_incident(play: Play) -> None:
    play.change_reports(out_of_the_future(play.machines("00010")[0]))
    play.go_on(until=300)

    play.expect_no_incident()


def test_a_collector_that_is_cut_off_says_nothing_of_others(play: Play) -> None:
    play.cut_off_collector(at=10, until=250)
    play.go_on(until=500)

    play.expect_no_incident()
    assert play.cut_off_at


def test_a_cut_off_collector_leaves_an_open_incident_as_it_is(play: Play) -> None:
    play.cut(RING, at=10)
    play.cut_off_collector(at=120, until=300)
    play.go_on(until=500)

    play.expect_one_incident(RING, by=30)
    play.expect_still_open(RING, at=490)


# Data that is not as it should be.


def test_duplicates_and_disorder_change_nothing(play: Play) -> None:
    play.change_reports(duplicated_and_disordered())
    play.cut(NODE, at=10, until=150)
    play.go_on(until=260)

    play.expect_one_incident(NODE, by=40)
    play.expect_recovered(NODE, by=250)


def test_late_reports_make_no_incidents_and_hide_none() -> None:
    play = Play(noise=Play.NOISE._replace(late=0.1), mind=Whole)
    play.cut(RING, at=300)
    play.go_on(until=500)

    play.expect_one_incident(RING, by=330)


def test_a_stale_topology_still_names_the_ring(play: Play) -> None:
    play.move_commune("00028", "tram-6", at=-85)
    play.cut(RING, at=10)
    play.go_on(until=200)

    play.expect_still_open(RING, at=60)
    assert len([one for one in play.told if one.happened is Happening.OPENED]) <= 2


def test_without_any_topology_a_ring_is_noticed_all_the_same(play: Play) -> None:
    play.forget_topology(at=-85)
    play.cut(RING, at=10)
    play.go_on(until=200)

    assert play.opened_by(120), play.story


def test_without_a_vantage_a_ring_is_found_all_the_same() -> None:
    play = Play(vantage=False, mind=Experienced)
    play.cut(RING, at=10)
    play.go_on(until=200)

    play.expect_one_incident(RING, by=60)


def test_an_incident_outlives_a_change_of_the_inventory_around_it(play: Play) -> None:
    play.cut(RING, at=10, until=300)
    play.move_commune("00010", "tram-5", at=100)
    play.go_on(until=400)

    play.expect_one_incident(RING, by=30)
    play.expect_recovered(RING, by=390)


def test_an_incident_whose_part_gets_another_id_is_closed_with_that_said(play: Play) -> None:
    play.cut(RING, at=10)
    play.rename_ring("vong-1", "vong-bac", at=100)
    play.go_on(until=200)

    play.expect_told(RING, Happening.RESOLVED, by=110)
    (told,) = [one for one in play.told if one.happened is Happening.RESOLVED]
    assert told.detail == f"part_gone={RING}"


def test_a_restart_in_the_middle_keeps_the_incident_and_tells_nothing_again(play: Play) -> None:
    play.cut(RING, at=10, until=300)
    play.restart_collector(at=60)
    play.restart_collector(at=200)
    play.go_on(until=430)

    play.expect_one_incident(RING, by=30)
    play.expect_recovered(RING, by=420)


# Planned work and situations.


def test_planned_work_explains_and_is_told_when_it_overruns(play: Play) -> None:
    play.plan_work(RING, begins=0, ends=300)
    play.cut(RING, at=20)
    play.go_on(until=400)

    assert play.expect_still_open(RING, at=290).held_back == "maintenance:1"
    play.expect_told(RING, Happening.OVERRUN, by=310)


def test_planned_work_that_ends_in_time_is_told_to_nobody(play: Play) -> None:
    play.plan_work(RING, begins=0, ends=300)
    play.cut(RING, at=20, until=150)
    play.go_on(until=400)

    over = play.expect_recovered(RING, by=280)
    assert over.held_back == "maintenance:1"
    assert not [one for one in play.told if one.happened is Happening.OVERRUN]


FEEDER = ("00028", "00034", "00037", "00040")


def test_one_commune_after_the_other_going_dark_is_one_situation(play: Play) -> None:
    for turn, code in enumerate(FEEDER):
        play.cut(f"site_power:{code}", at=10 + 90 * turn, until=600)
    play.go_on(until=760)

    play.expect_incidents(*(f"site_power:{code}" for code in FEEDER), by=360)
    ((opened, happened, situation), *rest) = play.situations_told
    assert (happened, situation.kind, situation.area) == (Happening.OPENED, Kind.POWER_AREA, "power_area:khu-vuc-1")
    assert opened <= 360
    assert [one[1] for one in rest] == [Happening.RESOLVED]
    assert {one.held_back for one in play.open_at(500)} == {"situation:1"}


def test_a_planned_power_cut_is_no_situation(play: Play) -> None:
    play.plan_work("power_area:khu-vuc-1", begins=0, ends=800, communes=FEEDER)
    for turn, code in enumerate(FEEDER):
        play.cut(f"site_power:{code}", at=10 + 90 * turn, until=600)
    play.go_on(until=760)

    play.expect_incidents(*(f"site_power:{code}" for code in FEEDER), by=360)
    assert play.situations_told == []


def test_one_commune_dark_at_night_waits_for_the_morning() -> None:
    play = Play(starts="2026-06-26T06:15", mind=Experienced)
    play.cut("access_link:00010-a", at=10)
    play.go_on(until=60)

    assert play.expect_still_open("access_link:00010-a", at=60).held_back == "hours:00010"


def test_the_severity_follows_who_cannot_serve(play: Play) -> None:
    play.cut(POWER, at=10)
    play.go_on(until=100)

    incident = play.expect_one_incident(POWER, by=45)
    assert (incident.severity, incident.counters) == (Severity.CRITICAL, 4)
