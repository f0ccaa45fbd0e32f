"""What is usual is learned of each machine, check and commune, and nothing of times in which something was broken."""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

import numpy as np
import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis.beliefs import LATE_UNLEARNED, LEAVES_CLOSING, LEAVES_OFFICE, NO_BREAKER
from sansang_collector.diagnosis.believing import beliefs_at
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.learning import SETTLED_S, Learned
from sansang_collector.diagnosis.leaving import BREAKER, LEAVES_AFTER_HOURS, PERHAPS_BREAKER, SOMETIMES_BREAKER
from sansang_collector.diagnosis.manner import evenings_of, manner_of, packed
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.troubles import Trouble, crossing
from sansang_collector.expected import Usual
from sansang_collector.inventory.calendars import calendars
from sansang_collector.simulation import provinces

DAY, HOUR = 86400.0, 3600.0
MONDAY = datetime.fromisoformat("2026-06-22T00:00+07:00").timestamp()
MORNING = MONDAY + 9 * HOUR
MADE = provinces.make(1, communes=8)
USUAL = Usual(calendars(MADE.inventory), {})
COMMUNE = MADE.inventory.communes[0].code
OWN = [machine.id for machine in MADE.machines if machine.commune == COMMUNE]
LINE = next(line.id for line in MADE.inventory.lines if line.commune == COMMUNE)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])


class World:
    """Feeds evidence and what is learned alike, and folds every half minute."""

    def __init__(self, graph: Graph, begins: float, troubles: tuple[Trouble, ...] = ()) -> None:
        self.graph = graph
        self.learned = Learned(graph)
        self.evidence = Evidence(graph, begins)
        self.troubles = troubles
        self._seq = 0

    def said(
        self, agent: int, at: float, *seen: Seen, after: float = 0.2, goodbye: GoodbyeReason | None = None
    ) -> None:
        self._seq += 1
        one = Sighting(
            agent=agent, stream="a" * 32, seq=self._seq, received=at + after, at=at, live=True, goodbye=goodbye,
            results=seen,
        )  # fmt: skip
        self.evidence.apply(one)
        self.learned.take(one)

    def days(self, of: Callable[[float], None], count: int, begins: float, lasts: float, step: float = 15.0) -> None:
        """Call ``of`` with every moment of so many days, and fold."""
        for day in range(count):
            for number in range(int(lasts / step)):
                at = begins + day * DAY + number * step
                of(at)
                if number % 40 == 0:
                    self.fold()
            self.evidence.advance(begins + day * DAY + lasts + SETTLED_S + 60)
            self.fold()

    def is_rebuilt(self) -> None:
        """A machine is enrolled, or the inventory changes: another graph, here of the same."""
        before, self.learned = self.learned, Learned(self.graph)
        self.learned.restore({id_: before.manner(id_) for id_ in before.heard}, before.evenings)
        self.learned.go_on_from(before)

    def fold(self) -> None:
        self.learned.fold(self.evidence, USUAL, self.troubles)
        self.evidence.usual_ms = self.learned.usual_ms

    def number(self, check: str, agent: int = OWN[0]) -> int:
        return self.graph.check(self.graph.agent_numbers[agent], check)


def test_how_often_a_check_fails_is_learned_of_each(graph: Graph) -> None:
    world, dice = World(graph, MORNING), Random(1)

    def report(at: float) -> None:
        world.said(OWN[0], at, Seen("core", at - 1, sum(dice.random() < 0.03 for _ in range(5)), 5, ms=6.0))

    world.days(report, 1, MORNING, 4 * HOUR)
    found = beliefs_at(world.learned, graph, USUAL, MORNING).baseline

    assert found[world.number("core")] == pytest.approx(0.03, abs=0.006)
    assert found[world.number("gateway")] == pytest.approx(1 / 60)
    assert found.min() >= 0.006
    assert found.max() <= 0.06


def test_nothing_is_learned_of_a_check_while_a_part_that_it_crosses_is_broken(graph: Graph) -> None:
    trouble = Trouble((f"access_link:{LINE}",), frozenset({COMMUNE}), MORNING + HOUR, MORNING + 2 * HOUR)
    world = World(graph, MORNING, (trouble,))

    def report(at: float) -> None:
        lost = 4 if trouble.touches(at, at) else 0
        world.said(OWN[0], at, Seen("core", at - 1, lost, 5, ms=6.0), Seen("gateway", at - 1, 0, 5, ms=1.0))

    world.days(report, 1, MORNING, 3 * HOUR)

    assert world.learned.failed[world.number("core")] == 0
    assert world.learned.tried[world.number("gateway")] > world.learned.tried[world.number("core")] + 1000


def test_a_check_crosses_the_parts_of_its_path_and_no_others(graph: Graph) -> None:
    flags = crossing(graph, [f"lan:{COMMUNE}", "nobody:knows"])

    for check in range(graph.checks):
        ids = {graph.parts[part].id for part in graph.path(check)}
        assert flags[check] == (f"lan:{COMMUNE}" in ids)


def test_the_share_of_late_reports_is_learned_of_each_machine(graph: Graph) -> None:
    world, dice = World(graph, MORNING), Random(2)
    late, prompt = OWN[0], next(one.id for one in graph.agents if one.commune != COMMUNE)

    def report(at: float) -> None:
        world.said(late, at, after=8.0 if dice.random() < 0.12 else 0.3)
        world.said(prompt, at + 1)

    assert beliefs_at(world.learned, graph, USUAL, MORNING).late[0] == LATE_UNLEARNED
    world.days(report, 5, MORNING, 8 * HOUR)
    found = beliefs_at(world.learned, graph, USUAL, MORNING).late

    assert found[graph.agent_numbers[late]] == pytest.approx(0.12, abs=0.02)
    assert found[graph.agent_numbers[prompt]] < 0.02


def test_a_report_of_a_time_to_come_teaches_nothing_and_stops_nothing(graph: Graph) -> None:
    world = World(graph, MORNING)
    ahead = Sighting(agent=OWN[0], stream="f" * 32, seq=1, received=MORNING, at=MORNING + 9 * DAY, live=True)
    world.learned.take(ahead)
    world.days(lambda at: world.said(OWN[0], at), 1, MORNING, HOUR)

    assert world.learned.days[graph.agent_numbers[OWN[0]]] == 1
    assert world.learned.reports[graph.agent_numbers[OWN[0]]] == pytest.approx(240)


def test_a_restart_without_a_word_counts_and_one_that_was_told_does_not(graph: Graph) -> None:
    world = World(graph, MORNING)
    wild, tame = OWN[0], next(one.id for one in graph.agents if one.commune != COMMUNE)

    def report(at: float) -> None:
        if (at - MORNING) % 600 < 45:  # away for three reports
            return
        goodbye = GoodbyeReason.RESTART if (at - MORNING) % 600 == 585 else None
        world.said(wild, at)
        world.said(tame, at + 1, goodbye=goodbye)

    world.days(report, 3, MORNING, 6 * HOUR)
    found = beliefs_at(world.learned, graph, USUAL, MORNING).restart

    assert found[graph.agent_numbers[wild]] > 10 * found[graph.agent_numbers[tame]]
    assert found[graph.agent_numbers[tame]] < 1 / 2000


def test_a_silence_that_an_incident_explains_teaches_nothing_of_the_machine(graph: Graph) -> None:
    trouble = Trouble(("core",), frozenset({COMMUNE}), MORNING + HOUR, MORNING + HOUR + 120)
    world = World(graph, MORNING, (trouble,))
    world.days(lambda at: None if trouble.touches(at, at) else world.said(OWN[0], at), 1, MORNING, 2 * HOUR)

    assert world.learned.restarts[0] == 0
    assert world.learned.leaves[0].sum() == 0


def test_when_a_machine_goes_off_without_a_word_is_learned_by_weekday_and_quarter_of_an_hour(graph: Graph) -> None:
    world = World(graph, MONDAY + 8 * HOUR)

    def report(at: float) -> None:
        if at % DAY < (MONDAY + 10 * HOUR + 20 * 60) % DAY or at % DAY > (MONDAY + 11 * HOUR) % DAY:
            world.said(OWN[0], at)

    for week in range(3):
        world.days(report, 5, MONDAY + week * 7 * DAY + 8 * HOUR, 4 * HOUR)
    going = beliefs_at(world.learned, graph, USUAL, MONDAY + 21 * DAY + 10 * HOUR + 20 * 60).leaves[0]
    before = beliefs_at(world.learned, graph, USUAL, MONDAY + 21 * DAY + 9 * HOUR).leaves[0]

    assert going > 1 / 600
    assert before < LEAVES_OFFICE


def test_what_is_usual_is_what_99_of_100_answers_keep_to(graph: Graph) -> None:
    world, dice = World(graph, MORNING), Random(3)
    times: list[float] = []

    def report(at: float) -> None:
        times.append(dice.lognormvariate(3.0, 0.3))
        world.said(OWN[0], at, Seen("core", at - 1, 0, 5, ms=times[-1]))

    world.days(report, 5, MORNING, 8 * HOUR)
    usual = world.learned.usual_ms[world.number("core")]

    assert 0.003 < float(np.mean(np.array(times) > usual)) < 0.03
    assert np.isinf(world.learned.usual_ms[world.number("gateway")])


def test_before_anything_is_learned_hours_say_who_leaves_when(graph: Graph) -> None:
    learned = Learned(graph)

    def leaves(hour: float, day: int = 0) -> float:
        return float(beliefs_at(learned, graph, USUAL, MONDAY + day * DAY + hour * HOUR).leaves[0])

    assert leaves(9) == pytest.approx(LEAVES_OFFICE)
    assert leaves(11.25) == leaves(12.5) == leaves(16.75) == pytest.approx(LEAVES_CLOSING)
    assert leaves(17.1) == leaves(3) == leaves(10, day=6) == pytest.approx(LEAVES_AFTER_HOURS)


def test_a_machine_that_nobody_switches_off_is_missed_at_night_too(graph: Graph) -> None:
    mini = next(number for number, one in enumerate(graph.agents) if one.role == "mini")

    assert beliefs_at(Learned(graph), graph, USUAL, MONDAY + 3 * HOUR).leaves[mini] == pytest.approx(LEAVES_OFFICE)


def evening(world: World, day: int, thrown: float | None, terminal: bool = True, rebuilt: Sequence[float] = ()) -> None:
    """A day's last hour: machines until 17:00, the terminal until somebody throws the breaker; hours of the day."""
    vantage = MADE.machines[-1].id
    begins = MONDAY + day * DAY + 16.5 * HOUR
    for number in range(240):
        at = begins + number * 15
        if any(at - 15 < MONDAY + day * DAY + hour * HOUR <= at for hour in rebuilt):
            world.is_rebuilt()
        dark = thrown is not None and at > MONDAY + day * DAY + thrown * HOUR
        if at < MONDAY + day * DAY + 17 * HOUR:
            world.said(OWN[0], at)
        if terminal:
            world.said(vantage, at + 1, Seen(f"terminal:{LINE}", at, 3 if dark else 0, 3, ms=None if dark else 2.0))
        if number % 2:
            world.fold()


def breaker(world: World, day: int, hour: float) -> float:
    return float(beliefs_at(world.learned, world.graph, USUAL, MONDAY + day * DAY + hour * HOUR).breaker[0])


def test_a_commune_that_throws_its_breaker_in_the_evening_is_known_by_it(graph: Graph) -> None:
    world = World(graph, MONDAY)
    before = breaker(world, 0, 17.2)
    for day, thrown in enumerate((17.15, 17.3, 17.2, 17.25)):
        evening(world, day, thrown)

    assert before == PERHAPS_BREAKER
    assert breaker(world, 4, 17.2) == BREAKER
    assert breaker(world, 4, 9.0) == NO_BREAKER


def test_a_commune_that_was_watched_for_long_and_never_threw_it_has_no_such_habit(graph: Graph) -> None:
    world = World(graph, MONDAY)
    for day in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11):
        evening(world, day, 17.2 if day == 3 else None)

    assert breaker(world, 14, 17.2) == SOMETIMES_BREAKER


def test_a_terminal_without_power_every_evening_is_not_learned_to_be_one_that_loses(graph: Graph) -> None:
    world, vantage = World(graph, MONDAY), MADE.machines[-1].id
    for day in range(4):
        evening(world, day, 17.1)

    check = world.number(f"terminal:{LINE}", vantage)
    assert world.learned.failed[check] == 0
    assert world.learned.tried[check] > 4 * 100 * 3 * 0.8 * 6 / 7


def test_another_graph_goes_on_where_the_one_before_was(graph: Graph) -> None:
    one, other, vantage = World(graph, MONDAY), World(graph, MONDAY), MADE.machines[-1].id
    for day in range(3):
        evening(one, day, 17.1)
        evening(other, day, 17.1, rebuilt=(16.8, 17.11, 17.3, 17.45))

    check = one.number(f"terminal:{LINE}", vantage)
    assert other.learned.failed[check] == 0
    assert other.learned.tried[check] == pytest.approx(one.learned.tried[check], rel=0.01)
    assert breaker(other, 3, 17.2) == breaker(one, 3, 17.2) == BREAKER


def test_a_power_that_comes_and_goes_is_dark_each_time(graph: Graph) -> None:
    world, vantage = World(graph, MORNING), MADE.machines[-1].id

    def report(at: float) -> None:
        dark = MORNING + 900 <= at < MORNING + 1100 or MORNING + 1300 <= at < MORNING + 1500
        if not dark:
            world.said(OWN[0], at)
        world.said(vantage, at + 1, Seen(f"terminal:{LINE}", at, 3 if dark else 0, 3, ms=None if dark else 2.0))
        world.fold()

    world.days(report, 1, MORNING, HOUR)

    assert world.learned.failed[world.number(f"terminal:{LINE}", vantage)] == 0


def test_what_the_collector_could_not_hear_teaches_nothing_of_machines_or_of_checks(graph: Graph) -> None:
    world, vantage = World(graph, MORNING), MADE.machines[-1].id
    deaf = MORNING + 1800, MORNING + 2400

    def report(at: float) -> None:
        if not deaf[0] <= at < deaf[1]:
            world.said(OWN[0], at)
            world.said(vantage, at + 1, Seen(f"terminal:{LINE}", at, 0, 3, ms=2.0))
        elif at < deaf[0] + 120:
            world.said(vantage, at + 1, Seen(f"terminal:{LINE}", at, 3, 3))
        if at == deaf[1] + 60:
            world.learned.was_deaf(at)

    world.days(report, 1, MORNING, 2 * HOUR)

    assert world.learned.restarts.sum() == world.learned.leaves.sum() == 0
    assert world.learned.failed[world.number(f"terminal:{LINE}", vantage)] == 0


def test_a_terminal_that_answers_nobody_while_machines_speak_is_learned_to_be_so(graph: Graph) -> None:
    world, vantage = World(graph, MORNING), MADE.machines[-1].id

    def report(at: float) -> None:
        world.said(OWN[0], at)
        world.said(vantage, at + 1, Seen(f"terminal:{LINE}", at, 3, 3))

    world.days(report, 1, MORNING, HOUR)

    check = world.number(f"terminal:{LINE}", vantage)
    assert world.learned.failed[check] == world.learned.tried[check] > 500


def test_without_the_echoes_of_its_terminal_no_habit_is_learned(graph: Graph) -> None:
    world = World(graph, MONDAY)
    for day in range(4):
        evening(world, day, 17.2, terminal=False)

    assert world.learned.evenings == {}


def test_rates_are_the_provinces_own_after_ten_days_of_most_machines(graph: Graph) -> None:
    learned = Learned(graph)
    learned.days[:] = 10
    learned.days[0] = 3

    assert beliefs_at(learned, graph, USUAL, MORNING).learned
    learned.days[: len(graph.agents) // 2] = 9
    assert not beliefs_at(learned, graph, USUAL, MORNING).learned
    assert not beliefs_at(Learned(graph), graph, USUAL, MORNING).learned


def test_what_is_kept_comes_back_as_it_was_and_is_small(graph: Graph) -> None:
    world, dice = World(graph, MORNING), Random(4)
    names = ("core", "gateway", "line", "internet", "names")

    def report(at: float) -> None:
        if dice.random() > 0.005:
            seen = (Seen(name, at - 1, int(dice.random() < 0.05), 5, ms=dice.uniform(3, 9)) for name in names)
            world.said(OWN[0], at, *seen, after=dice.choice((0.3, 7.0)))

    world.days(report, 3, MORNING, 6 * HOUR)
    evening(world, 4, 17.2)
    kept = packed(world.learned.manner(OWN[0]))
    evenings = {code: packed(one) for code, one in world.learned.evenings.items()}
    again = Learned(graph)
    rows = {agent: manner_of(packed(world.learned.manner(agent))) for agent in world.learned.heard}
    again.restore(rows, {code: evenings_of(body) for code, body in evenings.items()})

    assert packed(again.manner(OWN[0])) == kept
    assert again.evenings == world.learned.evenings
    before, after = (beliefs_at(one, graph, USUAL, MORNING) for one in (world.learned, again))
    for one, other in zip(before[:5], after[:5], strict=True):
        assert np.allclose(one, other, rtol=0.02)
    assert len(kept) < 250
    assert manner_of(b"\xff of a later program").days == 0
