"""What others fell into: phantoms behind a cause, old news, wrong parents, waves of updates, blind or deaf vantages."""

from itertools import groupby
from random import Random

import msgspec
import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis import together
from sansang_collector.diagnosis.beliefs import unlearned
from sansang_collector.diagnosis.engine import Engine
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.verdict import Assessment, Held, Level
from sansang_collector.evaluation import trial
from sansang_collector.evaluation.rows import ROWS
from sansang_collector.evaluation.watching import watchers
from sansang_collector.inventory.model import Inventory, Province
from sansang_collector.simulation.quick_scene import Options
from tests.support.looking import FAULT_S, LOOK_S, MORNING, Looks, Place, down, learned, look, place, play


@pytest.fixture(scope="module")
def here() -> Place:
    return place(4, communes=10)


def ring_of(where: Place, least: int = 2) -> str:
    rings = [part.id for part in where.graph.parts if part.kind == "ring" and len(where.communes_of(part.id)) >= least]
    return rings[0]


def node_of_two(where: Place) -> tuple[str, list[str]]:
    for part in where.graph.parts:
        if part.kind == "access_node" and len(homes := where.communes_of(part.id)) == 2:
            return part.id, sorted(homes)
    raise LookupError


def failing(one: Sighting) -> Sighting:
    return msgspec.structs.replace(
        one, results=tuple(seen._replace(failed=seen.tried, ms=None) for seen in one.results)
    )


def broken(looks: Looks) -> set[str]:
    return {one.part for said in looks.assessments for one in said.verdicts if one.level is Level.DOWN}


@pytest.mark.parametrize("kind", ["site_power", "access_node", "ring", "core", "wan", "dns", "pdc", "svc_tcp"])
def test_what_is_down_for_half_an_hour_is_one_incident_to_the_end(kind: str) -> None:
    here = place(4, communes=5)
    parts = [part.id for part in here.graph.parts if part.kind == kind]
    part = max(parts, key=lambda one: len(here.communes_of(one)))

    (one,) = look(here.graph, play(here, down(part), lasts=1950), until=1950).said
    assert part in one.causes
    assert one.is_open


def test_what_is_well_again_is_over_and_leaves_nothing_behind(here: Place) -> None:
    part = ring_of(here)

    looks = look(here.graph, play(here, down(part, lasts=200), lasts=700), until=700)
    (one,) = looks.said
    assert one.ended_at is not None
    assert one.ended_at - MORNING - FAULT_S - 200 <= 75


def test_a_part_below_a_broken_one_is_found_when_that_is_well_again(here: Place) -> None:
    ring = ring_of(here)
    commune = min(here.communes_of(ring))

    looks = look(here.graph, play(here, down(ring, lasts=150), down(f"site_power:{commune}"), lasts=600), until=600)
    assert looks.standing() == {f"site_power:{commune}"}
    assert {one.part for one in looks.said} == {ring, f"site_power:{commune}"}


def test_order_and_repetition_change_nothing(here: Place) -> None:
    straight = list(play(here, down(ring_of(here)), lasts=240))
    dice, shuffled = Random(3), list[Sighting]()
    for _, them in groupby(straight, key=lambda one: (one.received - MORNING) // LOOK_S):
        dice.shuffle(again := [*(some := list(them)), *some])
        shuffled += sorted(again, key=lambda one: (one.received - MORNING) // LOOK_S)

    def said(arriving: list[Sighting]) -> list[Assessment]:
        return look(here.graph, iter(arriving), until=235).assessments

    assert said(straight) == said(shuffled)


def test_what_arrives_late_is_never_a_live_verdict(here: Place) -> None:
    def late(one: Sighting) -> Sighting:
        old = tuple(seen._replace(live=False) for seen in failing(one).results)
        return msgspec.structs.replace(one, live=False, results=old)

    looks = look(here.graph, play(here, down(ring_of(here))), change=late)
    assert not any(one.verdicts or one.suspects or one.cut_off for one in looks.assessments)


def test_a_commune_under_a_wrong_parent_does_not_hide_the_ring(here: Place) -> None:
    ring = ring_of(here, 3)
    wrong = min(here.communes_of(ring))
    lines = [line for line in here.made.inventory.lines if line.commune not in here.communes_of(ring)]
    elsewhere = lines[0].access_node
    inventory = msgspec.structs.replace(
        here.made.inventory,
        lines=tuple(
            msgspec.structs.replace(line, access_node=elsewhere) if line.commune == wrong else line
            for line in here.made.inventory.lines
        ),
    )
    believed = build(topology.build(inventory), [AgentAt(*one) for one in here.made.machines])

    looks = look(believed, play(here, down(ring)))
    assert ring in looks.standing()
    assert len(looks.said) <= 2


def test_a_wave_of_updates_is_no_incident(here: Place) -> None:
    begins, ends = MORNING + FAULT_S, MORNING + FAULT_S + 75

    def updating(one: Sighting) -> Sighting | None:
        if one.agent == here.vantage or not begins <= one.received < ends:
            return one
        if one.received < begins + 15:
            return msgspec.structs.replace(one, goodbye=GoodbyeReason.UPDATE, back=ends)
        return None

    assert look(here.graph, play(here), change=updating).said == []


@pytest.mark.parametrize(("away_s", "is_told"), [(40, False), (90, False), (180, True)])
def test_machines_of_many_communes_that_restart_at_once_without_a_word_are_no_networks_that_broke(
    here: Place, away_s: int, is_told: bool
) -> None:
    begins, dice = MORNING + FAULT_S, Random(1)
    back = {one.id: begins + away_s + dice.uniform(0, 20) for one in here.graph.agents if one.id != here.vantage}

    def restarting(one: Sighting) -> Sighting | None:
        return None if begins <= one.received < back.get(one.agent, 0) else one

    assert bool(look(here.graph, play(here), change=restarting).said) is is_told


def test_two_communes_under_one_node_are_two_where_the_node_answers(here: Place) -> None:
    _, homes = node_of_two(here)

    looks = look(here.graph, play(here, *(down(f"access_link:{home}-a") for home in homes)))
    assert len(looks.said) == 2
    assert {cause for one in looks.said for cause in one.causes} >= {f"access_link:{home}-a" for home in homes}


def test_without_a_vantage_the_node_is_named(here: Place) -> None:
    node, _ = node_of_two(here)
    quiet = Options(noise=Options().noise._replace(restarts_per_day=0, away_per_day=0), vantage=False)

    looks = look(here.graph, play(here, down(node), options=quiet))
    assert any(node in one.causes for one in looks.said)


def test_a_collector_that_is_cut_off_says_so_and_nothing_else(here: Place) -> None:
    at = MORNING + FAULT_S

    def cut(one: Sighting) -> Sighting | None:
        if one.received < at:
            return one
        return failing(one) if one.agent == here.vantage else None

    looks = look(here.graph, play(here), change=cut)
    assert looks.last().cut_off
    assert looks.said == []


def test_a_blind_vantage_is_not_believed_while_machines_report(here: Place) -> None:
    at = MORNING + FAULT_S

    def blind(one: Sighting) -> Sighting:
        return failing(one) if one.agent == here.vantage and one.received >= at else one

    looks = look(here.graph, play(here), change=blind)
    assert looks.said == []
    assert not looks.last().cut_off


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_a_vantage_that_loses_its_own_echoes_begins_no_incident(here: Place, share: float) -> None:
    dice = Random(7)

    def losing(one: Sighting) -> Sighting:
        if one.agent != here.vantage or one.received < MORNING + FAULT_S:
            return one
        seen = [
            found._replace(failed=found.failed + sum(dice.random() < share for _ in range(found.tried - found.failed)))
            for found in one.results
        ]
        return msgspec.structs.replace(one, results=tuple(seen))

    assert look(here.graph, play(here, lasts=900), until=900, change=losing).said == []


def test_a_terminal_that_stops_answering_is_not_believed_while_its_commune_reports(here: Place) -> None:
    commune = next(code for code in here.graph.communes if len(here.machines_of(code)) == 1)

    def deaf(one: Sighting) -> Sighting:
        if one.agent != here.vantage or one.received < MORNING + FAULT_S:
            return one
        seen = [
            found._replace(failed=found.tried) if found.check == f"terminal:{commune}-a" else found
            for found in one.results
        ]
        return msgspec.structs.replace(one, results=tuple(seen))

    assert broken(look(here.graph, play(here), change=deaf)) == set()


def test_machines_that_may_not_ping_are_no_broken_line(here: Place) -> None:
    mute = set(here.machines_of(here.graph.communes[0]))

    def blocked(one: Sighting) -> Sighting:
        return failing(one) if one.agent in mute else one

    assert broken(look(here.graph, play(here), change=blocked)) == set()


def test_a_service_that_one_machine_alone_finds_failing_is_not_named(here: Place) -> None:
    machine = next(one for one in here.graph.agents if len(here.machines_of(one.commune)) > 1)

    def spoilt(one: Sighting) -> Sighting:
        if one.agent != machine.id:
            return one
        seen = [found._replace(failed=found.tried) if "-http" in found.check else found for found in one.results]
        return msgspec.structs.replace(one, results=tuple(seen))

    assert look(here.graph, play(here, lasts=900), until=900, change=spoilt).said == []


def test_whoever_goes_last_and_throws_the_breaker_is_expected_off(here: Place) -> None:
    commune = next(code for code in here.graph.communes if len(here.machines_of(code)) > 1)
    goes = MORNING + FAULT_S - 30

    def leaving(one: Sighting) -> Sighting | None:
        if one.agent not in here.machines_of(commune) or one.received < goes:
            return one
        if one.received < goes + 16:
            return msgspec.structs.replace(one, goodbye=GoodbyeReason.SHUTDOWN)
        return None

    looks = look(here.graph, play(here, down(f"site_power:{commune}")), change=leaving)
    assert looks.said == []
    assert any(one.expected_off for said in looks.assessments for one in said.verdicts + said.suspects)


def nothing(graph: Graph) -> Assessment:
    evidence = Evidence(graph, MORNING)
    for number, one in enumerate(graph.agents):
        seen = (Seen("core", MORNING, 5, 5), Seen("khong-biet", MORNING, 1, 1))
        evidence.apply(
            Sighting(agent=one.id, stream="a", seq=number, received=MORNING, at=MORNING, live=True, results=seen)
        )
    engine = Engine(graph)
    engine.believe(unlearned(graph))
    for seconds in range(0, 120, 5):
        said = engine.localise(evidence, (), MORNING + seconds)
    return said


def test_an_empty_inventory_and_lonely_or_lost_machines_break_nothing(here: Place) -> None:
    empty = topology.build(Inventory(province=Province(name="Trống", code="99")))
    vantage = AgentAt(*here.made.machines[-1])
    full = topology.build(here.made.inventory)

    for built, agents in ((empty, []), (empty, [vantage]), (full, []), (full, [AgentAt(7, "99999", "lac")])):
        assert nothing(build(built, agents)).verdicts == ()
    assert nothing(build(full, [AgentAt(*here.made.machines[0])])).verdicts == ()


def test_a_collector_that_has_just_begun_knows_nobody_as_silent(here: Place) -> None:
    evidence, engine = Evidence(here.graph, MORNING), Engine(here.graph)
    evidence.spoke[:] = MORNING - 20

    for seconds in range(5, 300, 5):
        assert engine.localise(evidence, (), MORNING + seconds).verdicts == ()


def test_where_a_ring_fails_the_power_area_that_covers_more_of_what_is_silent_is_no_better_explanation() -> None:
    """A commune declared under another ring is silent too, and an area that has it and the ring's communes covers all
    machines by itself; but the ring's nodes fail as well, and then the two are less likely than ring and commune.
    """
    drawn = trial.draw(ROWS["stale ring"], 1201, 1, 65)
    assert drawn is not None
    (fault,) = drawn.faults
    begins = drawn.begins
    sent = [one for one in drawn.quick.play() if one.received < drawn.fault_at + 60]
    engine, evidence, said = Engine(drawn.on.graph), Evidence(drawn.on.graph, begins), set[str]()
    engine.believe(learned(drawn.on.graph))
    due = begins + LOOK_S
    for one in sent:
        while one.received > due:
            found = engine.localise(evidence, [], due)
            said |= {verdict.part for verdict in found.verdicts if due > drawn.fault_at}
            due += LOOK_S
        evidence.apply(one)
    assert fault.component in said
    assert not {part for part in said if part.startswith("power_area")}


def test_one_part_more_is_no_better_explanation_for_the_sake_of_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rings, the second 13 s later: at one look an arc and a node explain a machine more than the first ring."""
    drawn = trial.draw(ROWS["double 2 rings"], 42, 3, 65)
    assert drawn is not None

    monkeypatch.setattr(trial, "watchers", lambda *of: [one for one in watchers(*of) if one.engine is not None])
    (outcome,) = trial.play(ROWS["double 2 rings"], drawn, 3)
    assert set(outcome.truths) == {"ring:vong-3", "ring:vong-4"}
    assert outcome.exact, outcome.said
    assert outcome.alerts == 2


def test_a_report_of_the_vantage_that_is_late_lets_nothing_young_be_forgotten(here: Place) -> None:
    node, _ = node_of_two(here)
    begins, ends = MORNING + FAULT_S + 25, MORNING + FAULT_S + 55

    def late(one: Sighting) -> Sighting | None:
        return None if one.agent == here.vantage and begins <= one.received < ends else one

    looks = look(here.graph, play(here, down("dns:tinh"), down(node, at=FAULT_S + 7)), change=late)
    assert [one.is_open for one in looks.said] == [True, True]
    assert any(node in one.causes for one in looks.said)


def test_machines_of_a_part_that_is_held_no_more_but_never_was_well_are_still_silent(here: Place) -> None:
    ring = ring_of(here)
    engine, evidence = Engine(here.graph), Evidence(here.graph, MORNING)
    engine.believe(learned(here.graph))
    for one in play(here, down(ring), lasts=FAULT_S + 60):
        evidence.apply(one)
    at = MORNING + FAULT_S + 60
    held = Held(part=ring, level=Level.DOWN, onset=MORNING + FAULT_S, opened_at=at - 40)

    assert ring not in {one.part for one in engine.localise(evidence, [held], at).verdicts}
    assert ring in {one.part for one in engine.localise(evidence, [], at + 5).verdicts}


def test_a_network_inside_is_found_soon_after_a_power_cut_was_over(here: Place) -> None:
    commune = next(one for one in here.graph.communes if len(here.machines_of(one)) >= 4)
    faults = down(f"site_power:{commune}", lasts=90), down(f"lan:{commune}", at=FAULT_S + 500)

    looks = look(here.graph, play(here, *faults, lasts=900), until=900)
    assert looks.standing() == {f"lan:{commune}"}


def test_leaving_out_first_what_cannot_be_it_changes_nothing_of_what_is_found(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = next(one.id for one in here.graph.parts if one.kind == "svc_tcp")
    noisy = list(play(here, down(ring_of(here)), down(service, at=FAULT_S + 30), options=Options(), lasts=260))

    quick = look(here.graph, noisy, until=260)
    monkeypatch.setattr(together, "_narrowed", lambda scene, *_: scene)
    assert look(here.graph, noisy, until=260).assessments == quick.assessments
    assert broken(quick) >= {ring_of(here), service}


@pytest.mark.parametrize("kind", ["ring", "svc_tcp", "site_power"])
def test_it_is_known_when_something_ended(here: Place, kind: str) -> None:
    part = ring_of(here) if kind == "ring" else next(one.id for one in here.graph.parts if one.kind == kind)
    ends = MORNING + FAULT_S + 200

    looks = look(here.graph, play(here, down(part, lasts=200), lasts=700), until=700)
    first = next(one for one in looks.assessments if any(key[0] in _class(looks) for key in one.recovered))
    (at,) = first.ended.values()
    terminals_come_at_once = 15.0
    service_is_asked_in_turn = 60.0
    assert abs(at - ends) <= (service_is_asked_in_turn if kind == "svc_tcp" else terminals_come_at_once)
    assert at < first.at


def _class(looks: Looks) -> set[str]:
    return {cause.part for said in looks.assessments for one in said.verdicts for cause in one.causes}


def test_a_province_that_has_no_commune_left_is_looked_at_all_the_same() -> None:
    made = place(4, communes=5).made
    empty = msgspec.structs.replace(made.inventory, communes=(), lines=())
    graph = build(topology.build(empty), [AgentAt(*one) for one in made.machines])
    held = [Held(part="core", level=level, onset=MORNING, opened_at=MORNING + 20) for level in Level]

    said = Engine(graph).localise(Evidence(graph, MORNING), held, MORNING + 200)

    assert (said.verdicts, said.recovered) == ((), frozenset())


def test_a_page_that_two_communes_have_once_in_a_quarter_of_an_hour_is_over_when_both_had_it(here: Place) -> None:
    service = next(part.id for part in here.graph.parts if part.kind == "svc_app")
    homes = sorted(here.communes_of("core"))[:2]
    held = Held(
        part=service, level=Level.DOWN, onset=MORNING + 60, opened_at=MORNING + 90, communes=tuple(homes)
    )  # fmt: skip
    engine, evidence, over = Engine(here.graph), Evidence(here.graph, MORNING), list[float]()
    engine.believe(learned(here.graph))
    due = MORNING + 100.0
    for one in play(here, lasts=1100):
        while due < one.received:
            evidence.advance(due)
            over += [due] if engine.localise(evidence, [held], due).recovered else []
            due += 15
        evidence.apply(one)

    assert over
    assert over[-1] > due - 60, "and it stays so"
    assert over[0] > MORNING + 240, "of one of them alone it is not believed"
