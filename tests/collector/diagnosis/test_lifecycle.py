"""How incidents go on from look to look, with assessments made by hand."""

import pytest

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis import lifecycle
from sansang_collector.diagnosis.context import Judged
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.diagnosis.verdict import Assessment, Level, Verdict
from tests.support.following import Follower, a_verdict, province

T = 1_782_450_000.0
NODE, OTHER_NODE, RING = "access_node:tram-0", "access_node:tram-1", "ring:vong-0"
OF_NODE, OF_RING = ("00004", "00007"), ("00004", "00007", "00010")
POWER, BOX, LINK = "site_power:00004", "terminal:00004-a", "access_link:00004-a"
DOWN, LOSSY = Level.DOWN, Level.LOSSY
OPENED, UPDATED, MATURED, CLOSING = Happening.OPENED, Happening.UPDATED, Happening.MATURED, Happening.CLOSING
RESOLVED, REOPENED, MERGED = Happening.RESOLVED, Happening.REOPENED, Happening.MERGED
SUSPECTED, DROPPED, HELD_BACK = Happening.SUSPECTED, Happening.DROPPED, Happening.HELD_BACK


@pytest.fixture(scope="module")
def graph() -> Graph:
    return province()


@pytest.fixture
def follower(graph: Graph) -> Follower:
    return Follower(graph)


def phase(follower: Follower, number: int = 1) -> str:
    return follower.incidents[number].phase


def node(onset: float = T - 10) -> Verdict:
    return a_verdict(NODE, onset=onset, communes=OF_NODE, agents=(1, 2, 3, 4))


def ring(onset: float = T - 10, agents: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)) -> Verdict:
    return a_verdict(RING, onset=onset, communes=OF_RING, agents=agents)


def dark(onset: float = T - 20, **more: object) -> Verdict:
    """One commune's silence."""
    named = {"communes": ("00004",), "agents": (1, 2), "needs_confirmation": True}
    return a_verdict(POWER, BOX, LINK, onset=onset, **{**named, **more})


def lossy(part: str = LINK, onset: float = T - 300, loss: float = 0.2) -> Verdict:
    return a_verdict(part, onset=onset, level=LOSSY, loss=(loss - 0.05, loss, loss + 0.05), communes=("00004",))


def service(onset: float = T - 10) -> Verdict:
    return a_verdict("svc_app:dich-vu-0", onset=onset, communes=OF_RING, services=("dich-vu-0",))


def test_a_shared_part_is_told_at_once_and_a_silent_commune_once_two_looks_have_found_it(follower: Follower) -> None:
    assert follower.look(T, node(), dark()) == [OPENED, SUSPECTED]
    assert follower.look(T + 5, node(), dark()) == [OPENED]

    assert [one.verdict.part for one in follower.under_way] == [NODE, POWER]


def test_a_look_right_after_another_confirms_nothing(follower: Follower) -> None:
    follower.look(T, dark())

    assert follower.look(T + 1, dark()) == []
    assert follower.look(T + 5, dark()) == [OPENED]


def test_two_looks_with_a_gap_between_them_are_not_two_in_a_row(follower: Follower) -> None:
    follower.look(T, dark())
    follower.look(T + 5)

    assert follower.look(T + 10, dark()) == []
    assert follower.look(T + 15, dark()) == [OPENED]


def test_looks_before_and_after_a_cut_off_are_not_two_in_a_row(follower: Follower) -> None:
    follower.look(T, dark())
    for at in range(5, 60, 5):
        follower.look(T + at, cut_off=True)

    assert follower.look(T + 60, dark()) == []


def test_a_suspicion_that_nothing_supports_is_dropped_and_was_never_told(follower: Follower) -> None:
    follower.look(T, suspects=[dark()])
    follower.looks(T + 5, T + 40)

    assert [one[0] for one in follower.told] == [SUSPECTED, DROPPED]


def test_a_suspicion_that_goes_on_stays_one_row(follower: Follower) -> None:
    for at in range(0, 200, 5):
        follower.look(T + at, suspects=[dark()])

    assert follower.told == [(SUSPECTED, 1, "")]


def test_a_suspected_part_of_what_is_known_is_no_row(follower: Follower) -> None:
    assert follower.look(T, ring(), suspects=[node(), dark()]) == [OPENED]


def test_what_looked_like_an_access_node_becomes_the_ring_in_the_same_incident(follower: Follower) -> None:
    follower.look(T, node())
    follower.look(T + 5, ring())

    (one,) = follower.under_way
    assert (one.id, one.verdict.part, one.hit) == (1, RING, OF_RING)


def test_two_access_nodes_that_turn_out_to_be_the_ring_merge_into_the_older_one(follower: Follower) -> None:
    follower.look(T, node())
    follower.look(T + 5, node(), a_verdict(OTHER_NODE, onset=T - 5, communes=("00010",), agents=(5, 6, 7)))
    follower.look(T + 10, ring())
    follower.look(T + 15, ring())

    assert [(one.id, one.verdict.part) for one in follower.under_way] == [(1, RING)]
    assert follower.told[-1] == (MERGED, 2, "1")
    assert phase(follower, 2) == Phase.DROPPED


def test_the_name_service_takes_up_no_node_behind_which_machines_fell_silent(follower: Follower) -> None:
    names = a_verdict("dns:tinh", onset=T - 10, communes=OF_RING)
    follower.look(T, names, node())
    follower.looks(T + 5, T + 20, names)

    assert MERGED not in [one[0] for one in follower.told]


def test_what_was_merged_and_is_found_again_belongs_to_the_one_it_was_merged_into(follower: Follower) -> None:
    other = a_verdict(OTHER_NODE, onset=T - 5, communes=("00010",), agents=(5, 6, 7))
    follower.look(T, node(), other)
    follower.look(T + 5, ring())
    follower.look(T + 10, ring())

    assert follower.look(T + 15, ring(), other) == []


def test_what_looked_like_the_ring_becomes_the_node_in_the_same_incident(follower: Follower) -> None:
    follower.look(T, ring(agents=(1, 2, 3, 4)))
    follower.look(T + 5, node())

    assert [(one.id, one.verdict.part, one.hit) for one in follower.under_way] == [(1, NODE, OF_NODE)]


def test_what_is_left_of_a_young_ring_while_it_recovers_is_no_incident_of_its_own(follower: Follower) -> None:
    follower.looks(T, T + 25, ring())
    left = a_verdict(NODE, onset=T - 10, communes=OF_NODE, agents=(1, 2, 3))
    follower.look(T + 30, left, a_verdict(OTHER_NODE, onset=T - 10, communes=("00010",), agents=(7,)))
    assert follower.held(T + 35) == {RING}

    follower.looks(T + 35, T + 65, well={(RING, DOWN)})
    assert [one[0] for one in follower.told] == [OPENED, CLOSING, MATURED, RESOLVED]


def test_what_was_named_stays_named_while_it_explains_as_much(follower: Follower) -> None:
    follower.look(T, ring())
    same_scope = {"communes": OF_RING, "agents": (1, 2, 3, 4, 5, 6, 7)}
    follower.look(T + 5, a_verdict("power_area:khu-vuc-0", RING, onset=T - 10, **same_scope))

    assert follower.under_way[0].verdict.part == RING


def test_a_settled_node_is_taken_up_by_the_ring_of_the_same_event(follower: Follower) -> None:
    follower.looks(T, T + 70, node())

    assert MATURED in [one[0] for one in follower.told]
    follower.look(T + 75, ring(onset=T + 40))
    assert [(one.id, one.verdict.part, one.onset) for one in follower.under_way] == [(1, RING, T - 10)]


def test_a_settled_commune_keeps_its_incident_when_its_ring_breaks_much_later(follower: Follower) -> None:
    follower.looks(T, T + 300, dark())
    follower.look(T + 305, ring(onset=T + 295))

    assert [one.verdict.part for one in follower.under_way] == [POWER, RING]


def test_a_commune_is_not_taken_up_by_the_wan_that_only_its_services_cross(follower: Follower) -> None:
    follower.looks(T, T + 60, dark())
    follower.look(T + 65, a_verdict("wan", "ndc", onset=T + 50, communes=OF_RING, services=("dich-vu-0",)))

    assert [one.verdict.part for one in follower.under_way] == [POWER, "wan"]


def test_two_faults_in_one_look_are_two_incidents_and_stay_so(follower: Follower) -> None:
    follower.looks(T, T + 50, ring(), service())

    assert {one.verdict.part for one in follower.under_way} == {RING, "svc_app:dich-vu-0"}
    assert len(follower.incidents) == 2


def test_changes_of_little_weight_are_told_once_a_minute(follower: Follower) -> None:
    follower.look(T, node())
    for at in range(5, 61, 5):
        follower.look(T + at, ring() if at % 10 else node())

    assert [one for one in follower.told if one[0] is UPDATED] == [
        (UPDATED, 1, f"cause={NODE} class={NODE} communes=2")
    ]
    assert follower.told[-2][0] is MATURED


def test_a_change_of_urgency_is_told_at_once_and_calming_down_waits(graph: Graph) -> None:
    urgent = {"is": False}

    def judge(verdict: Verdict, hit: object, now: float) -> Judged:
        return Judged(Owner.TELECOM, Severity.CRITICAL if urgent["is"] else Severity.WARNING)

    follower = Follower(graph)
    follower.context = follower.context._replace(judge=judge)
    follower.looks(T, T + 5, dark())
    urgent["is"] = True
    assert follower.look(T + 10, dark()) == [UPDATED]
    assert follower.told[-1][2] == "severity=warning"
    urgent["is"] = False
    assert follower.look(T + 15, dark()) == []
    follower.looks(T + 20, T + 75, dark())
    assert (UPDATED, 1, "severity=critical") in follower.told


def test_a_young_incident_that_is_found_again_is_not_held_and_a_settled_one_is(follower: Follower) -> None:
    follower.look(T, ring())
    assert follower.held(T + 5) == set()

    follower.look(T + 5)
    assert follower.held(T + 10) == {RING}
    follower.looks(T + 10, T + 60)
    assert follower.incidents[1].matured


def test_nothing_closes_while_nothing_says_that_it_is_well(follower: Follower) -> None:
    follower.look(T, ring())
    follower.looks(T + 5, T + 1800)

    assert [(one.id, one.phase) for one in follower.under_way] == [(1, Phase.OPEN)]
    assert [one[0] for one in follower.told] == [OPENED, MATURED]


def test_what_is_well_for_half_a_minute_is_resolved_with_its_true_end(follower: Follower) -> None:
    follower.looks(T, T + 70, ring())
    well = {(RING, DOWN)}
    follower.look(T + 75, well=well, ended={(RING, DOWN): T + 63})
    follower.looks(T + 80, T + 100, well=well)
    assert phase(follower, 1) == Phase.CLOSING

    follower.look(T + 105, well=well)
    one = follower.incidents[1]
    assert (one.phase, one.ended_at, one.resolved_at) == (Phase.RESOLVED, T + 63, T + 105)
    assert follower.held(T + 110) == set()


def test_a_degraded_line_has_to_be_well_for_two_minutes(follower: Follower) -> None:
    follower.looks(T, T + 70, lossy())
    follower.looks(T + 75, T + 190, well={(LINK, LOSSY)})
    assert phase(follower, 1) == Phase.CLOSING

    follower.look(T + 195, well={(LINK, LOSSY)})
    assert phase(follower, 1) == Phase.RESOLVED


def test_being_well_begins_anew_after_a_look_that_does_not_say_so(follower: Follower) -> None:
    follower.looks(T, T + 70, ring())
    follower.looks(T + 75, T + 90, well={(RING, DOWN)})
    follower.look(T + 95)
    follower.looks(T + 100, T + 125, well={(RING, DOWN)})
    assert phase(follower, 1) == Phase.CLOSING

    follower.look(T + 130, well={(RING, DOWN)})
    assert phase(follower, 1) == Phase.RESOLVED
    assert [one[0] for one in follower.told].count(CLOSING) == 1


def test_what_only_seemed_well_is_open_again(follower: Follower) -> None:
    follower.looks(T, T + 70, ring())
    follower.look(T + 75, well={(RING, DOWN)})
    follower.looks(T + 80, T + 110)

    one = follower.incidents[1]
    assert (one.phase, one.ended_at) == (Phase.OPEN, None)
    assert follower.told[-1] == (UPDATED, 1, "ended=")


def resolve(follower: Follower, verdict: Verdict, at: float) -> float:
    """From a first look on; when it is over."""
    follower.looks(at, at + 65, verdict)
    follower.looks(at + 70, at + 105, well={(verdict.part, verdict.level)})
    return at + 105


def test_what_comes_back_within_ten_minutes_is_the_same_incident(follower: Follower) -> None:
    over = resolve(follower, ring(), T)

    assert follower.look(over + 120, a_verdict(RING, onset=over + 110, communes=OF_RING)) == [REOPENED]
    one = follower.incidents[1]
    assert (one.phase, one.onset, one.flaps) == (Phase.OPEN, T - 10, (over + 120,))


def test_what_comes_back_later_is_another_one(follower: Follower) -> None:
    over = resolve(follower, ring(), T)

    assert follower.look(over + 700, a_verdict(RING, onset=over + 690)) == [OPENED]
    assert len(follower.incidents) == 2


def test_a_silent_commune_that_comes_back_has_to_be_confirmed_too(follower: Follower) -> None:
    follower.looks(T - 5, T + 65, dark())
    follower.looks(T + 70, T + 105, well={(POWER, DOWN)})
    again = a_verdict(BOX, POWER, onset=T + 200, needs_confirmation=True, communes=("00004",))

    assert follower.look(T + 210, again) == [SUSPECTED]
    assert follower.look(T + 215, again) == [REOPENED, MERGED]
    assert [one.id for one in follower.under_way] == [1]


def test_what_comes_and_goes_three_times_an_hour_is_unstable_and_waits_longer(follower: Follower) -> None:
    over = resolve(follower, ring(), T)
    for _ in range(3):
        over = resolve(follower, ring(onset=over + 50), over + 60)

    assert [one[0] for one in follower.told].count(REOPENED) == 3
    assert [one[0] for one in follower.told].count(Happening.UNSTABLE) == 1
    assert phase(follower, 1) == Phase.CLOSING
    follower.looks(over + 5, over + 580, well={(RING, DOWN)})
    assert phase(follower, 1) == Phase.RESOLVED


def test_a_loss_that_comes_back_within_the_hour_is_the_same_one_and_unstable(follower: Follower) -> None:
    well = {(LINK, LOSSY)}
    for begins in (T, T + 3000):
        follower.looks(begins, begins + 100, lossy(onset=begins - 200))
        follower.looks(begins + 105, begins + 300, well=well)

    assert [what for what, _, _ in follower.told].count(OPENED) == 1
    assert [what for what, _, _ in follower.told].count(Happening.UNSTABLE) == 1
    assert phase(follower, 1) == Phase.CLOSING
    follower.looks(T + 3305, T + 3105 + 1795, well=well)
    assert phase(follower, 1) == Phase.CLOSING
    follower.looks(T + 3105 + 1800, T + 3105 + 1805, well=well)
    assert phase(follower, 1) == Phase.RESOLVED


def test_a_loss_that_comes_back_by_another_name_of_the_same_checks_is_the_same_one(follower: Follower) -> None:
    follower.looks(T, T + 100, lossy())
    follower.looks(T + 105, T + 300, well={(LINK, LOSSY)})

    assert REOPENED in follower.look(T + 2000, lossy("lan:00004", onset=T + 1900))


def test_a_loss_of_what_others_share_is_no_return_of_one_lines(follower: Follower) -> None:
    follower.looks(T, T + 100, lossy())
    follower.looks(T + 105, T + 300, well={(LINK, LOSSY)})

    assert OPENED in follower.look(T + 2000, lossy(RING, onset=T + 1900))


def test_a_line_that_goes_down_long_after_it_lost_some_is_another_trouble(follower: Follower) -> None:
    follower.looks(T, T + 100, lossy())
    follower.looks(T + 105, T + 300, well={(LINK, LOSSY)})

    assert OPENED in follower.look(T + 1500, a_verdict(LINK, onset=T + 1490, communes=("00004",), agents=(1, 2)))


def test_after_a_recovery_what_lies_behind_it_is_believed_only_by_what_came_after(follower: Follower) -> None:
    follower.looks(T, T + 100, ring())
    well = {(RING, DOWN)}
    follower.look(T + 105, well=well, ended={(RING, DOWN): T + 100})
    old = dark(onset=T + 60, needs_confirmation=False)
    fresh = a_verdict("lan:00007", onset=T + 110, communes=("00007",))

    for at in range(110, 160, 5):
        follower.look(T + at, old, *([fresh] if at >= 120 else []), well=well)
    assert [one.verdict.part for one in follower.under_way] == ["lan:00007"]
    follower.look(T + 160, old, fresh)
    assert sorted(one.verdict.part for one in follower.under_way) == ["lan:00007", POWER]


def test_a_cut_off_collector_changes_nothing(follower: Follower) -> None:
    follower.looks(T, T + 65, ring())
    before = dict(follower.incidents)
    follower.look(T + 70, dark(), well={(RING, DOWN)}, cut_off=True)

    assert follower.incidents == before


def test_a_look_that_knows_nothing_new_takes_no_step(follower: Follower) -> None:
    follower.looks(T, T + 65, ring())
    follower.look(T + 70)

    assert lifecycle.step(list(follower.incidents.values()), Assessment(T + 75), T + 75, follower.context) == []


def test_who_has_gone_home_is_held_and_never_told(follower: Follower) -> None:
    follower.looks(T, T + 60, dark(expected_off=True))
    assert follower.held(T + 65) == {POWER}
    follower.looks(T + 65, T + 3600)
    follower.look(T + 3605, well={(POWER, DOWN)})

    assert [one[0] for one in follower.told] == [SUSPECTED, DROPPED]


def test_who_has_not_come_back_twenty_minutes_late_is_told(graph: Graph) -> None:
    follower = Follower(graph)
    opens = T + 7200
    follower.context = follower.context._replace(expected_on=lambda _commune, since: opens if since < opens else None)
    follower.look(T, dark(expected_off=True))
    follower.looks(T + 5, opens + 1195)
    assert [one[0] for one in follower.told] == [SUSPECTED]

    follower.look(opens + 1200)
    assert follower.told[-1] == (OPENED, 1, "did_not_come_back")
    assert follower.incidents[1].onset == opens
    assert follower.held(opens + 1205) == {POWER}


def test_planned_work_explains_and_an_overrun_is_told(follower: Follower) -> None:
    at_work = follower.context._replace(parts_at_work={RING: 7})
    follower.context, plain = at_work, follower.context
    assert follower.look(T, node()) == [OPENED]
    assert follower.incidents[1].held_back == "maintenance:7"
    follower.looks(T + 5, T + 600, node())

    follower.context = plain
    follower.look(T + 605)
    assert follower.told[-1] == (Happening.OVERRUN, 1, "maintenance:7")
    assert follower.incidents[1].held_back == ""


def test_planned_work_on_a_node_does_not_explain_the_ring(follower: Follower) -> None:
    follower.context = follower.context._replace(parts_at_work={OTHER_NODE: 7}, communes_at_work={"00010": 7})

    follower.look(T, ring())
    assert follower.incidents[1].held_back == ""


def test_a_planned_power_cut_explains_the_silence_of_its_communes_and_no_service(follower: Follower) -> None:
    follower.context = follower.context._replace(communes_at_work=dict.fromkeys(OF_RING, 9))
    follower.looks(T, T + 5, dark(), service())

    holders = {one.verdict.part: one.held_back for one in follower.under_way}
    assert holders == {POWER: "maintenance:9", "svc_app:dich-vu-0": ""}


def test_work_that_begins_later_holds_an_incident_back_from_then_on(follower: Follower) -> None:
    follower.look(T, ring())
    follower.context = follower.context._replace(parts_at_work={RING: 7})

    assert follower.look(T + 5, ring()) == [HELD_BACK]
    assert follower.told[-1] == (HELD_BACK, 1, "maintenance:7")


def test_a_member_of_a_situation_is_held_back_by_it(follower: Follower) -> None:
    follower.looks(T, T + 5, dark())
    follower.context = follower.context._replace(situations={1: 3})
    follower.look(T + 10, dark())

    assert follower.incidents[1].held_back == "situation:3"


def test_what_was_merged_by_hand_goes_on_untold_and_keeps_the_other_open(follower: Follower) -> None:
    follower.looks(T, T + 65, ring(), service())
    ring_id, other = sorted(follower.incidents, key=lambda number: follower.incidents[number].verdict.part != RING)
    follower.change(other, held_back=f"incident:{ring_id}")
    follower.looks(T + 70, T + 150, well={(RING, DOWN)})
    assert phase(follower, ring_id) == Phase.CLOSING
    assert follower.incidents[other].held_back == f"incident:{ring_id}"

    follower.looks(T + 155, T + 190, well={(RING, DOWN), ("svc_app:dich-vu-0", DOWN)})
    assert follower.under_way == []


def test_announced_work_does_not_undo_what_was_merged_by_hand(follower: Follower) -> None:
    follower.looks(T, T + 65, ring(), service())
    ring_id, other = sorted(follower.incidents, key=lambda number: follower.incidents[number].verdict.part != RING)
    follower.change(ring_id, held_back=f"incident:{other}")
    follower.context = follower.context._replace(parts_at_work={RING: 7})
    follower.looks(T + 70, T + 80, ring(), service())

    assert follower.incidents[ring_id].held_back == f"incident:{other}"


def test_what_was_resolved_by_hand_stays_away_until_it_was_well_and_broke_again(follower: Follower) -> None:
    follower.looks(T, T + 65, ring())
    follower.change(1, phase=Phase.RESOLVED, resolved_at=T + 66)
    assert follower.held(T + 70) == {RING}
    follower.looks(T + 70, T + 300, ring())
    assert follower.under_way == []

    follower.look(T + 305, well={(RING, DOWN)})
    assert follower.incidents[1].ended_at == T + 305
    assert follower.look(T + 400, ring(onset=T + 390)) == [REOPENED]


def test_an_incident_whose_part_is_gone_goes_on_under_what_remains_of_its_class(follower: Follower) -> None:
    follower.looks(T, T + 65, dark())
    follower.context = follower.context._replace(parts={BOX, LINK, RING})
    follower.look(T + 70)

    (one,) = follower.under_way
    assert one.verdict.part == BOX
    assert sum(cause.probability for cause in one.verdict.causes) == pytest.approx(1)
    assert follower.told[-1] == (UPDATED, 1, f"part_gone={POWER}")


def test_an_incident_of_which_nothing_remains_is_closed_with_that_said(follower: Follower) -> None:
    follower.looks(T, T + 65, dark())
    follower.context = follower.context._replace(parts={RING})

    assert lifecycle.held(list(follower.incidents.values()), T + 70, {RING}) == []
    follower.look(T + 70)
    assert follower.told[-1] == (RESOLVED, 1, f"part_gone={POWER}")


def test_a_line_that_loses_less_near_by_is_the_ring_and_one_incident(follower: Follower) -> None:
    follower.looks(T, T + 90, lossy())
    follower.look(T + 95, lossy(RING, onset=T - 900))
    follower.look(T + 125, lossy(loss=0.06))

    assert [(one.id, one.verdict.part) for one in follower.under_way] == [(1, RING)]


def test_a_degraded_part_is_held_from_the_first_look_on(follower: Follower) -> None:
    follower.look(T, lossy())

    (held,) = lifecycle.held(list(follower.incidents.values()), T + 5)
    assert (held.part, held.level, held.loss) == (LINK, LOSSY, 0.2)


def test_a_degraded_line_that_breaks_is_the_same_incident(follower: Follower) -> None:
    follower.looks(T, T + 65, lossy())
    follower.look(T + 100, a_verdict(LINK, POWER, onset=T + 90, communes=("00004",), agents=(1, 2)))

    (one,) = follower.under_way
    assert (one.verdict.level, one.onset) == (DOWN, T - 300)


def test_a_degraded_line_is_looked_at_every_half_minute_and_closes_all_the_same(follower: Follower) -> None:
    follower.looks(T, T + 70, lossy())
    for at in range(75, 200, 5):
        follower.look(T + at, well={(LINK, LOSSY)} if at % 30 == 15 else set())

    assert phase(follower) == Phase.RESOLVED
    assert [one[0] for one in follower.told].count(CLOSING) == 1


def test_a_verdict_that_is_named_as_seen_better_is_the_same_incident(follower: Follower) -> None:
    follower.looks(T, T + 90, lossy(), lossy("lan:00010"))
    better = a_verdict("core", onset=T, level=LOSSY, instead_of=(LINK, "lan:00010"))

    follower.look(T + 120, better)
    assert [one.verdict.part for one in follower.under_way] == ["core"]


def test_failures_of_rare_checks_from_before_a_recovery_are_no_news_for_minutes(follower: Follower) -> None:
    follower.looks(T, T + 100, a_verdict("core", onset=T - 10, communes=OF_RING, agents=(1, 2, 3)))
    core = ("core", DOWN)
    follower.look(T + 105, well={core}, ended={core: T + 100})
    follower.looks(T + 110, T + 335, service(onset=T + 60), well={core})
    assert follower.under_way == []

    follower.look(T + 345, service(onset=T + 60))
    assert [one.verdict.part for one in follower.under_way] == ["svc_app:dich-vu-0"]
