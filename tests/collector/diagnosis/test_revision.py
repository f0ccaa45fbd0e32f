"""Once what was stored meanwhile has arrived, power, terminal, line and local network are told apart and dated."""

from collections import defaultdict
from random import Random

import msgspec
import pytest

from sansang_agent.contract.rung import Owner
from sansang_collector import topology
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.revision import Told, may_be_revised, revise
from sansang_collector.diagnosis.sighting import Seen
from sansang_collector.diagnosis.stored import Stored
from sansang_collector.diagnosis.verdict import Cause, Fact, Level, Verdict
from sansang_collector.simulation import provinces
from sansang_collector.simulation.faults import DOWN, Fault, parse_time
from sansang_collector.simulation.quick import Quick

BEGINS = parse_time("2026-06-26T09:00", 0)
MADE = provinces.make(1, communes=4)
COMMUNE = MADE.inventory.communes[1].code
LINE = next(line for line in MADE.inventory.lines if line.commune == COMMUNE)
PARTS = {
    "power": f"site_power:{COMMUNE}",
    "lan": f"lan:{COMMUNE}",
    "terminal": f"terminal:{LINE.id}",
    "link": f"access_link:{LINE.id}",
}
NAMED = ("machine", "gateway", "line", "core")


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])


def over(onset: float, ended: float, agents: tuple[int, ...] = (1, 2)) -> Incident:
    """One commune cut off, with the class that is known while it lasts."""
    causes = tuple(Cause(PARTS[kind], share) for kind, share in (("power", 0.6), ("terminal", 0.2), ("link", 0.2)))
    verdict = Verdict(
        part=PARTS["power"], score=20, onset=onset, causes=causes, communes=(COMMUNE,), agents=agents
    )  # fmt: skip
    return Incident(
        phase=Phase.RESOLVED, verdict=verdict, onset=onset, detected_at=onset + 20, ended_at=ended,
        resolved_at=ended + 30, owner=Owner.POWER,
    )  # fmt: skip


def played(kind: str, lasts: float, seed: int) -> tuple[Incident, Told, float, float]:
    """A cut in the fast world, all that arrived of it, and when it truly was."""
    dice = Random(seed)
    onset = BEGINS + 120 + dice.uniform(0, 15)
    ended = onset + lasts
    mine = tuple(one.id for one in MADE.machines if one.commune == COMMUNE)
    boots: defaultdict[int, set[float]] = defaultdict(set)
    results: defaultdict[int, list[Seen]] = defaultdict(list)
    probes: defaultdict[str, list[Seen]] = defaultdict(list)
    probed = {f"terminal:{LINE.id}", f"access_node:{LINE.access_node}"}
    for one in Quick(MADE, [Fault(PARTS[kind], DOWN, onset, ended)], BEGINS, ended + 400, seed=seed).play():
        if one.agent in mine:
            boots[one.agent].update(() if one.booted_at is None else (one.booted_at,))
            results[one.agent] += [seen for seen in one.results if seen.check in NAMED]
        elif one.agent == MADE.machines[-1].id:
            for seen in one.results:
                if seen.check in probed:
                    probes[seen.check].append(seen)
    machines = [Stored(agent, tuple(boots[agent]), tuple(results[agent])) for agent in mine]
    seen_as = over(onset + dice.uniform(-10, 15), ended + dice.uniform(5, 60), mine)
    return seen_as, Told(machines, len(mine), probes), onset, ended


@pytest.mark.parametrize("lasts", [30.0, 240.0])
@pytest.mark.parametrize("kind", PARTS)
def test_a_cut_is_told_apart_and_dated_by_what_was_stored(graph: Graph, kind: str, lasts: float) -> None:
    for seed in (1, 2):
        incident, told, onset, ended = played(kind, lasts, seed)
        revision = revise(incident, graph, told, ended + 400)

        assert revision is not None
        assert revision.causes[0].part == PARTS[kind]
        assert sum(cause.probability for cause in revision.causes) == pytest.approx(1)
        assert abs(revision.onset - onset) < 16
        assert abs(revision.ended_at - ended) < 20


def train(check: str, at: float, *, failed: bool) -> Seen:
    return Seen(check, at, 5 if failed else 0, 5, live=False)


def kept(
    agent: int, gateway: bool, line: bool, nic: bool = True, boot: float = BEGINS - 9000, lasts: float = 300.0
) -> Stored:
    """A machine that stayed on through a cut, and whether each of its checks went well meanwhile."""
    found, runs = [], round(lasts / 15)
    for number in range(-4, runs + 5):
        at, inside = BEGINS + 15.0 * number, 0 <= number < runs
        wells = {"gateway": gateway, "line": line, "core": line, "machine": nic}
        found += [train(check, at, failed=inside and not well) for check, well in wells.items()]
    return Stored(agent, (boot,), tuple(found))


def echoes(answers: bool, lasts: float = 300.0) -> dict[str, list[Seen]]:
    runs = round(lasts / 5)
    return {
        f"terminal:{LINE.id}": [
            train("terminal", BEGINS + 5.0 * number, failed=0 <= number < runs and not answers)
            for number in range(-9, runs + 12)
        ]
    }


def test_the_grounds_say_how_many_machines_told_what(graph: Graph) -> None:
    machines = [kept(1, gateway=False, line=False), kept(2, gateway=False, line=False)]
    revision = revise(over(BEGINS, BEGINS + 300), graph, Told(machines, 3, echoes(answers=False)), BEGINS + 900)

    assert revision is not None
    assert revision.causes[0].part == PARTS["terminal"]
    grounds = {ground.fact: (ground.count, ground.of) for ground in revision.grounds}
    assert grounds[Fact.SILENT] == (2, 3)
    assert grounds[Fact.STORED_GATEWAY_FAILED] == (2, 2)
    assert Fact.PROBE_FAILS in grounds
    assert Fact.BOOTED_INSIDE not in grounds


def test_a_terminal_that_answered_all_the_while_leaves_the_local_network(graph: Graph) -> None:
    machines = [kept(1, gateway=False, line=False, nic=False), kept(2, gateway=False, line=False)]
    revision = revise(over(BEGINS, BEGINS + 300), graph, Told(machines, 2, echoes(answers=True)), BEGINS + 900)

    assert revision is not None
    assert [cause.part for cause in revision.causes] == [PARTS["lan"]]
    assert Fact.NIC_DOWN in {ground.fact for ground in revision.grounds}


@pytest.mark.parametrize(("answers", "truth"), [(True, "lan"), (False, "terminal")])
def test_an_hour_of_echoes_tells_no_less_than_some_minutes(graph: Graph, answers: bool, truth: str) -> None:
    machines = [kept(agent, gateway=False, line=False, lasts=3600) for agent in (1, 2)]
    told = Told(machines, 2, echoes(answers=answers, lasts=3600))
    revision = revise(over(BEGINS, BEGINS + 3600), graph, told, BEGINS + 4500)

    assert revision is not None
    assert [cause.part for cause in revision.causes] == [PARTS[truth]]


def test_one_switch_that_keeps_all_links_up_speaks_once_and_not_for_each_machine(graph: Graph) -> None:
    machines = [kept(agent, gateway=False, line=False) for agent in range(1, 11)]
    cut = over(BEGINS, BEGINS + 300, tuple(range(1, 11)))
    revision = revise(cut, graph, Told(machines, 10, echoes(answers=True)), BEGINS + 900)

    assert revision is not None
    assert [cause.part for cause in revision.causes] == [PARTS["lan"]]


def test_a_machine_that_ran_on_battery_speaks_for_a_power_cut(graph: Graph) -> None:
    said = kept(1, gateway=False, line=False, nic=False)
    cut = over(BEGINS, BEGINS + 300, (1,))

    def named(on_battery: bool | None) -> list[str]:
        told = Told([said._replace(on_battery=on_battery)], 1, echoes(answers=False))
        revision = revise(cut, graph, told, BEGINS + 900)
        assert revision is not None
        return [cause.part for cause in revision.causes]

    assert named(on_battery=True) == [PARTS["power"]]
    assert named(on_battery=False) == [PARTS["terminal"]]
    assert set(named(on_battery=None)) == {PARTS["power"], PARTS["terminal"]}


def test_a_battery_that_ran_out_is_no_restart_by_somebody(graph: Graph) -> None:
    lasted = kept(1, gateway=False, line=False, nic=False, boot=BEGINS + 350)
    ran_out = lasted._replace(results=tuple(seen for seen in lasted.results if not 100 < seen.at - BEGINS < 350))
    revision = revise(over(BEGINS, BEGINS + 300, (1,)), graph, Told([ran_out], 1, echoes(answers=False)), BEGINS + 900)

    assert revision is not None
    assert revision.causes[0].part == PARTS["power"]


def test_a_machine_that_slept_through_it_says_nothing(graph: Graph) -> None:
    slept = kept(2, gateway=True, line=True)
    slept = slept._replace(results=tuple(seen for seen in slept.results if not 0 <= seen.at - BEGINS <= 300))
    booted = Stored(1, (BEGINS + 340,), kept(1, gateway=True, line=True).results[:16])
    cut = over(BEGINS, BEGINS + 300)
    one = revise(cut, graph, Told([booted], 2, echoes(answers=False)), BEGINS + 900)
    both = revise(cut, graph, Told([booted, slept], 2, echoes(answers=False)), BEGINS + 900)

    assert one is not None
    assert both is not None
    assert [cause.part for cause in one.causes] == [PARTS["power"]]
    assert both.causes == one.causes


def test_a_restart_long_after_the_cut_is_no_power_cut(graph: Graph) -> None:
    restarted = kept(1, gateway=False, line=False, boot=BEGINS + 500)
    revision = revise(over(BEGINS, BEGINS + 300), graph, Told([restarted], 1, echoes(answers=False)), BEGINS + 900)

    assert revision is not None
    assert revision.causes[0].part == PARTS["terminal"]


def test_without_the_vantage_a_terminal_and_a_local_network_stay_one_class(graph: Graph) -> None:
    machines = [kept(1, gateway=False, line=False), kept(2, gateway=False, line=False)]
    revision = revise(over(BEGINS, BEGINS + 300), graph, Told(machines, 2, {}), BEGINS + 900)

    assert revision is not None
    assert {cause.part for cause in revision.causes} == {PARTS["terminal"], PARTS["lan"]}


def test_nothing_arrived_means_no_revision(graph: Graph) -> None:
    incident = over(BEGINS, BEGINS + 300)

    assert revise(incident, graph, Told([], 2, echoes(answers=False)), BEGINS + 900) is None
    assert revise(incident, graph, Told([Stored(1)], 2, {}), BEGINS + 900) is None


def test_only_what_is_over_and_cut_somebody_off_is_revised() -> None:
    incident = over(BEGINS, BEGINS + 300)
    lossy = msgspec.structs.replace(incident.verdict, level=Level.LOSSY)

    assert may_be_revised(incident)
    assert not may_be_revised(msgspec.structs.replace(incident, ended_at=None))
    assert not may_be_revised(msgspec.structs.replace(incident, verdict=lossy))
    assert not may_be_revised(over(BEGINS, BEGINS + 300, agents=()))
