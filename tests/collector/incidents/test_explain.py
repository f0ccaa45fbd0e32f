"""What an explanation says, case by case; how it reads as a whole is held by the golden incidents."""

import msgspec
import pytest

from sansang_agent.contract.rung import Component, Owner
from sansang_collector.diagnosis.incident import Incident, Phase, Revision
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Level
from sansang_collector.incidents.case import NOTHING_AROUND, Around, Plan
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.explanation import Explanation
from sansang_collector.incidents.naming import Naming
from sansang_collector.inventory.model import Inventory
from sansang_collector.web.phrases import Phrases
from tests.support.incidents import (
    ALL,
    AREA,
    DESKS,
    KHANH_KHE,
    NOW,
    ON_RING,
    PORTAL,
    TAM_THANH,
    at,
    causes,
    dark_commune,
    incident,
    lang_son,
    lossy_line,
    page_down,
    ring_cut,
    verdict,
)

BINH_GIA = "06112"


def told(
    one: Incident, around: Around = NOTHING_AROUND, inventory: Inventory | None = None, now: float = NOW
) -> Explanation:
    return explain(one, Naming(inventory or lang_son()), Phrases("en"), now, around)


def test_a_ring_is_told_as_one_thing_with_all_that_it_hits() -> None:
    assert told(ring_cut()).headline == (
        "Ring Văn Quan – Bình Gia disconnected since 08:14: 7 communes, 21 counters cannot serve."
    )


def test_one_commune_and_one_counter_are_no_plural() -> None:
    one = incident(verdict("access_node:khanh-khe", communes=(KHANH_KHE,)), counters=1)

    assert told(one).headline.endswith("1 commune, 1 counter cannot serve.")


def test_outside_opening_hours_communes_are_affected_and_no_counter_is_counted() -> None:
    assert told(ring_cut(counters=0)).headline.endswith(": 7 communes affected.")


def test_what_is_over_tells_from_when_to_when_and_in_the_past() -> None:
    found = told(ring_cut(phase=Phase.RESOLVED, ended_at=at("09:02"), resolved_at=at("09:03")))

    assert "disconnected from 08:14 to 09:02 (48 minutes): 7 communes, 21 counters could not serve." in found.headline
    assert (found.ended_at, found.lasted) == (at("09:02"), "48 minutes")
    assert found.still_works == ()


def test_what_people_ended_ends_when_they_did() -> None:
    found = told(ring_cut(phase=Phase.RESOLVED, resolved_at=at("08:50")))

    assert found.ended_at == at("08:50")


def test_a_day_that_is_not_today_stands_beside_the_time() -> None:
    assert told(ring_cut(), now=at("07:00", day=27)).since == "08:14:00 2026-06-26 (± 15 seconds)"


def test_beyond_ten_communes_the_rest_is_counted() -> None:
    found = told(page_down())

    assert found.where.endswith(" and 3 more communes")
    assert len(found.communes) == len(ALL) == 13


def test_eleven_communes_leave_one_more() -> None:
    one = incident(verdict("core", communes=ALL[:11]))

    assert told(one).where.endswith(" and 1 more commune")


@pytest.mark.parametrize(
    ("machines", "terminals", "why"),
    [
        (1, True, "there is only one machine"),
        (1, False, "there is only one machine"),
        (3, False, "the centre has no address of the terminal to ask"),
        (3, True, "all machines fell silent at once, and what they stored has not arrived"),
    ],
)
def test_why_causes_cannot_be_told_apart_is_said_as_it_is(machines: int, terminals: bool, why: str) -> None:
    found = told(dark_commune(), Around(machines={KHANH_KHE: machines}), lang_son(terminals=terminals))

    assert f"cannot be told apart yet (because {why})" in found.headline


def test_how_often_things_break_in_general_is_no_probability() -> None:
    found = told(dark_commune())

    assert [cause.probability for cause in found.causes] == [None, None, None]
    assert [cause.chance for cause in found.causes] == [
        "the most frequent in general",
        "also possible",
        "also possible",
    ]
    assert "%" not in "".join(cause.chance for cause in found.causes)


def test_what_evidence_tells_apart_has_its_figures() -> None:
    one = incident(verdict("wan", causes=causes(ndc=0.04, wan=0.96), communes=ALL))

    found = told(one)

    assert [(cause.component, cause.chance) for cause in found.causes] == [
        (Component.WAN, "very probable, about 96 %"),
        (Component.NDC, "hardly probable"),
    ]


def test_equal_frequencies_are_called_equal() -> None:
    one = incident(verdict("wan", causes=causes(wan=0.5, ndc=0.5), communes=ALL))

    assert {cause.chance for cause in told(one).causes} == {"as probable as the others"}


def test_nobody_to_call_is_said_and_no_number_made_up() -> None:
    found = told(ring_cut(), inventory=lang_son(contacts=()))

    assert found.calls[0].contact == ""
    assert found.calls[0].sentence == "Call the province's VNPT duty desk (telephone number not configured)."


def test_a_service_with_a_desk_of_its_own_is_called_there() -> None:
    assert told(page_down()).calls[0].contact == "Tổng đài <số tổng đài dịch vụ công>"


def test_every_owner_of_the_class_can_be_called_the_incidents_own_first() -> None:
    assert [call.owner for call in told(dark_commune()).calls] == [Owner.POWER, Owner.TELECOM]
    assert [call.owner for call in told(dark_commune(owner=Owner.TELECOM)).calls] == [Owner.TELECOM, Owner.POWER]


def test_a_terminal_that_answers_rules_out_what_lies_before_it() -> None:
    probe = Ground(Fact.PROBE_ANSWERS, 1, 12, f"terminal:{TAM_THANH}-tslcd2")
    one = incident(verdict(f"lan:{TAM_THANH}", communes=(TAM_THANH,), grounds=(probe,)))

    assert told(one).is_not == (
        "not power, terminal or line: terminal of Phường Tam Thanh answers the centre, 1 of 12 echoes were lost",
    )


def test_what_answers_is_never_ruled_out_where_it_is_a_cause_itself() -> None:
    probe = Ground(Fact.PROBE_ANSWERS, 2, 12, f"terminal:{TAM_THANH}-tslcd2")
    one = incident(verdict(f"terminal:{TAM_THANH}-tslcd2", level=Level.LOSSY, communes=(TAM_THANH,), grounds=(probe,)))

    assert told(one).is_not == ()


def test_what_answers_through_the_cause_itself_speaks_against_it() -> None:
    probe = Ground(Fact.PROBE_ANSWERS, 1, 6, "terminal:06112-tslcd2")
    found = told(incident(verdict("ring:vq-bg", communes=ON_RING, grounds=(probe,))))

    assert found.is_not == ()
    assert found.speaks_against == ("terminal of Xã Bình Gia answers the centre, 1 of 6 echoes were lost",)


def test_a_server_that_takes_no_connections_clears_nothing() -> None:
    grounds = (Ground(Fact.TCP_WELL, 1, 40),)
    one = page_down()

    assert told(page_down(verdict=msgspec.structs.replace(one.verdict, grounds=grounds))).is_not == ()


def test_echoes_that_many_did_not_answer_make_one_line() -> None:
    probes = tuple(Ground(Fact.PROBE_FAILS, 6, 6, f"terminal:{code}-tslcd2") for code in ON_RING[:5])

    (line,) = told(incident(verdict("ring:vq-bg", communes=ON_RING, grounds=probes))).speaks_for

    assert line == (
        "30 of 30 echoes the centre sent to terminal of Xã Hoa Thám, terminal of Xã Bình Gia, terminal of Xã Tân Văn"
        " and 2 others were lost"
    )


def test_that_others_report_says_nothing_of_a_service() -> None:
    one = incident(verdict(f"svc_tcp:{PORTAL}", communes=ON_RING, grounds=(Ground(Fact.ELSEWHERE_WELL, 6, 6),)))

    assert not any("other communes" in line for line in told(one).still_works)


def test_a_few_well_communes_among_many_rule_nothing_out() -> None:
    one = incident(verdict("ring:vq-bg", communes=ON_RING, grounds=(Ground(Fact.ELSEWHERE_WELL, 2, 6),)))

    assert told(one).is_not == ()


def test_services_that_do_not_cross_what_broke_still_work() -> None:
    found = told(incident(verdict("wan", communes=ALL)))

    assert found.still_works[0] == "services that are not reached across it: Hệ thống một cửa"


def test_many_services_are_not_all_named() -> None:
    inventory = lang_son()
    more = tuple(msgspec.structs.replace(inventory.services[1], id=f"s{n}", name=f"Dịch vụ {n}") for n in range(9))
    many = msgspec.structs.replace(inventory, services=(*inventory.services, *more))

    found = told(incident(verdict("wan", communes=ALL)), inventory=many)

    assert found.still_works[0].endswith("Hệ thống một cửa, Dịch vụ 0, Dịch vụ 1, Dịch vụ 2, Dịch vụ 3 and 5 others")


def test_a_service_is_called_by_its_whole_name() -> None:
    inventory = lang_son()
    named = msgspec.structs.replace(inventory.services[0], name="Dịch vụ công liên thông")
    found = explain(page_down(), Naming(msgspec.structs.replace(inventory, services=(named,))), Phrases("vi"), NOW)

    assert found.causes[0].title == "dịch vụ công (Dịch vụ công liên thông)"
    assert found.headline.startswith("Dịch vụ công liên thông: trang không hoạt động")


def test_of_a_commune_that_is_dark_no_service_is_said_to_work() -> None:
    assert not any("services" in line for line in told(dark_commune()).still_works)


def test_a_second_machine_is_asked_for_only_where_there_is_one() -> None:
    wish = "a second machine in Xã Khánh Khê that reports"

    assert wish in told(dark_commune(), Around(machines={KHANH_KHE: 1})).would_split
    assert wish not in told(dark_commune(), Around(machines={KHANH_KHE: 2})).would_split


def test_a_single_cause_needs_nothing_to_split_it() -> None:
    assert told(ring_cut()).would_split == ()


def test_a_node_with_one_commune_wants_echoes_where_nobody_sends_any() -> None:
    one = incident(
        verdict(
            "access_node:khanh-khe",
            causes=(Cause("access_node:khanh-khe", 0.4), Cause(f"access_link:{KHANH_KHE}-tslcd2", 0.6)),
            communes=(KHANH_KHE,),
        )
    )
    unasked = lang_son()
    nodes = tuple(msgspec.structs.replace(node, address="") for node in unasked.access_nodes)
    wish = "echoes from the centre to the access node: enter its address in access_nodes.csv"

    assert wish in told(one, inventory=msgspec.structs.replace(unasked, access_nodes=nodes)).would_split
    assert wish not in told(one, inventory=unasked).would_split


@pytest.mark.parametrize(
    ("held_back", "around", "said"),
    [
        ("maintenance:7", Around(plan=Plan("Thay cáp", at("08:00"), at("11:00"))),
         "Nobody was told: announced work “Thay cáp” explains it."),
        ("maintenance:7", Around(plan=Plan("Lộ 471", at("08:00"), at("11:00"), is_power_cut=True)),
         "Nobody was told: planned power cut “Lộ 471” explains it."),
        ("maintenance:7", NOTHING_AROUND, "Nobody was told: announced work explains it."),
        ("situation:3", NOTHING_AROUND, "Not told by itself: it is part of a situation."),
        ("incident:12", Around(other="AB12CD"), "Not told by itself: it belongs to incident AB12CD."),
        ("hours:06112", NOTHING_AROUND,
         "Nobody was told yet: the centre is closed; it is told 60 minutes before it opens."),
        ("moon:full", NOTHING_AROUND, "Nobody was told (moon:full)."),
        ("", NOTHING_AROUND, ""),
    ],
)  # fmt: skip
def test_what_keeps_people_from_being_told_is_named(held_back: str, around: Around, said: str) -> None:
    assert told(ring_cut(held_back=held_back), around).held_back == said


def test_work_that_goes_on_as_announced_is_no_overrun() -> None:
    going_on = Around(plan=Plan("Thay cáp", at("08:00"), at("11:00")))

    assert told(ring_cut(), going_on).planned == "Announced work “Thay cáp”, from 08:00 to 11:00."
    assert len(told(ring_cut(), going_on).next_steps) == 1


def test_work_that_should_be_over_is_asked_about_first() -> None:
    late = Around(plan=Plan("Thay cáp", at("05:00"), at("07:00")))

    found = told(ring_cut(), late)

    assert found.planned.startswith("Announced work “Thay cáp” should have ended at 07:00")
    assert found.next_steps[0] == "Ask whoever does the announced work when it will end, and have the end entered."


def later(*parts: str) -> Incident:
    """Khánh Khê once its stored results have arrived."""
    share = 1 / len(parts)
    revision = Revision(
        at=at("09:10"), causes=tuple(Cause(part, share) for part in parts), onset=at("08:12"), ended_at=at("09:00")
    )
    return dark_commune(phase=Phase.RESOLVED, resolved_at=at("09:05"), ended_at=at("09:04"), revision=revision)


def test_what_came_out_later_goes_for_what_was_thought_before() -> None:
    found = told(later(f"access_link:{KHANH_KHE}-tslcd2"))

    assert [cause.component for cause in found.causes] == [Component.ACCESS_LINK]
    assert (found.onset, found.ended_at) == (at("08:12"), at("09:00"))
    assert found.headline.startswith("Xã Khánh Khê: line disconnected from 08:12 to 09:00 (48 minutes)")
    assert found.revised == "After the stored data arrived: line, not power out or terminal."


def test_stored_data_that_change_nothing_say_so() -> None:
    parts = (f"site_power:{KHANH_KHE}", f"terminal:{KHANH_KHE}-tslcd2", f"access_link:{KHANH_KHE}-tslcd2")

    assert told(later(*parts)).revised.endswith("as was thought.")


def test_a_loss_is_told_with_its_interval() -> None:
    found = told(lossy_line())

    assert found.headline == "Line of Phường Tam Thanh losing about 8 % of packets since 08:14."
    assert found.speaks_for[0] == "the share is about 8 %, with 90 % certainty between 6 % and 11 %"


def test_a_page_that_few_ask_and_all_in_vain_is_told_as_not_working() -> None:
    """Where two communes ask a page once in a quarter of an hour, an outage of it is found as a loss of everything."""
    one = page_down()
    seen = (Ground(Fact.FAILS, 5, 5),)
    lost = msgspec.structs.replace(one.verdict, level=Level.LOSSY, loss=(0.76, 0.98, 0.98), grounds=seen)
    found = told(page_down(verdict=lost))

    assert found.headline == told(one).headline
    assert found.next_steps == told(one).next_steps
    assert not any("%" in said for said in found.speaks_for)


def test_a_loss_of_one_of_several_parts_says_that_it_may_be_either() -> None:
    found = lossy_line().verdict
    either = (Cause(found.part, 0.6), Cause("access_node:tam-thanh", 0.4))
    one = incident(msgspec.structs.replace(found, causes=either))

    assert told(one).headline == (
        "Line of Phường Tam Thanh or access node Tam Thanh losing about 8 % of packets since 08:14 — which of them"
        " cannot be told yet (because only one commune seen hangs from the access node)."
    )


def test_an_area_without_power_beside_other_causes_is_named() -> None:
    both = causes(power_area__huyenlocbinh=0.7, ring__lb=0.3)
    one = incident(verdict(both[0].part, causes=both, communes=AREA))

    assert told(one).headline.startswith("Power out over huyenlocbinh or ring Lộc Bình disconnected since 08:14 — ")


def test_a_slow_part_is_told_as_slow() -> None:
    one = incident(verdict("core", level=Level.SLOW, loss=(0.2, 0.3, 0.4), communes=ALL))

    assert told(one).headline.startswith("Provincial core Lạng Sơn slower than usual since 08:14, in 30 % of")


def test_a_part_that_the_inventory_no_longer_has_is_told_by_its_id() -> None:
    found = told(incident(verdict("ring:gone", communes=("09999",))))

    assert found.headline.startswith("Ring gone disconnected since 08:14")
    assert found.where == "09999"


def test_a_commune_with_two_lines_has_its_terminals_told_apart() -> None:
    inventory = lang_son()
    second = msgspec.structs.replace(inventory.lines[0], id="06019-ftth", commune=TAM_THANH, provider="Viettel")
    two = msgspec.structs.replace(inventory, lines=(*inventory.lines, second))

    assert told(lossy_line(), inventory=two).causes[0].title == "line (VNPT) of Phường Tam Thanh"


def test_every_kind_of_part_can_be_explained_at_every_level_and_stage() -> None:
    keys = {
        Component.PC: f"{BINH_GIA}/may-1", Component.PC_APP: f"{BINH_GIA}/may-1",
        Component.TERMINAL: f"{BINH_GIA}-tslcd2",
        Component.ACCESS_LINK: f"{BINH_GIA}-tslcd2", Component.LAN: BINH_GIA, Component.SITE_POWER: BINH_GIA,
        Component.ACCESS_NODE: "binh-gia", Component.RING: "vq-bg", Component.ARC: "vq-bg/van-quan..diem-he",
        Component.SVC_TCP: PORTAL, Component.SVC_APP: PORTAL, Component.DNS: "tinh", Component.SHARED_RISK: "cot-dien",
        Component.POWER_AREA: "huyen-loc-binh",
    }  # fmt: skip
    for kind in Component:
        part = f"{kind}:{keys[kind]}" if kind in keys else str(kind)
        for level in Level:
            for phase in Phase:
                one = incident(verdict(part, level=level, loss=(0.1, 0.2, 0.3), communes=(BINH_GIA,)), phase=phase)
                found = told(one)
                assert found.headline
                assert found.next_steps
                assert "{" not in msgspec.json.encode(found).decode()[1:].replace('{"', "")


def test_a_desk_of_one_commune_is_called_for_its_own_incident() -> None:
    own = msgspec.structs.replace(DESKS[0], commune=KHANH_KHE, phone="<trực Khánh Khê>")
    found = told(dark_commune(), inventory=lang_son(contacts=(*DESKS, own)))

    assert "<trực Khánh Khê>" in next(call.contact for call in found.calls if call.owner is Owner.TELECOM)


def test_gone_home_is_no_suspicion() -> None:
    one = incident(verdict(f"site_power:{KHANH_KHE}", communes=(KHANH_KHE,), expected_off=True), phase=Phase.SUSPECT)

    assert told(one).headline.startswith("Xã Khánh Khê: everything probably switched off since 08:14")
