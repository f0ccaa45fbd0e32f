"""Nothing is said of others while it may be the collector's own ears."""

import pytest

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector import topology
from sansang_collector.diagnosis.evidence import REPORT_S, Evidence
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.hearing import GRACE_S, LISTEN_S, Ears, Hearing, quiet_s
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.simulation import provinces

NOON = 1_782_450_000.0
MADE = provinces.make(2, communes=4)
MACHINES = [one.id for one in MADE.machines[:-1]]
VANTAGE = MADE.machines[-1].id
SOON = 600.0


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])


class Collector:
    """It hears, from :data:`NOON` on, and is asked how well."""

    def __init__(self, graph: Graph) -> None:
        self.evidence = Evidence(graph, NOON)
        self.ears = Ears(NOON)
        self._seq = 0

    def hear(self, at: float, *agents: int, goodbye: GoodbyeReason | None = None) -> None:
        for agent in agents:
            self._take(Sighting(agent=agent, stream="a", seq=self._next(), received=NOON + at, at=NOON + at, live=True,
                                goodbye=goodbye))  # fmt: skip

    def vantage(self, at: float, gateway: bool | None, core: bool = False) -> None:
        """What the vantage finds of its own gateway (None: it does not ask it) and of the core."""
        found = {"core": core} | ({} if gateway is None else {"gateway": gateway})
        seen = tuple(Seen(check, NOON + at - 1, 0 if good else 3, 3) for check, good in found.items())
        one = Sighting(agent=VANTAGE, stream="v", seq=self._next(), received=NOON + at, at=NOON + at, live=True,
                       results=seen)  # fmt: skip
        self._take(one)
        self.ears.take(one)

    def says(self, at: float) -> Hearing:
        self.evidence.advance(NOON + at)
        return self.ears.judge(self.evidence, NOON + at)

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _take(self, one: Sighting) -> None:
        self.evidence.apply(one)


@pytest.fixture
def collector(graph: Graph) -> Collector:
    """Everyone was heard a moment before :data:`SOON`."""
    made = Collector(graph)
    made.vantage(SOON - 5, gateway=True, core=True)
    made.hear(SOON - 1, *MACHINES)
    assert made.says(SOON) is Hearing.WELL
    return made


def test_a_few_machines_that_happen_to_report_close_together_are_no_cut(graph: Graph) -> None:
    """Without a vantage to ask: between their reports nobody is heard for ten seconds, again and again."""
    few, collector = MACHINES[:6], Collector(graph)
    for turn in range(20):
        for place, agent in enumerate(few):
            collector.hear(15 * turn + 0.7 * place, agent)
        heard = {collector.says(15 * turn + after) for after in (4, 9, 14)}
    assert heard == {Hearing.WELL}


def test_of_ten_thousand_places_one_at_most_has_all_its_reports_so_close_together() -> None:
    gaps = {machines: min((quiet_s(machines) - GRACE_S) / REPORT_S, 1.0) for machines in range(3, 300)}
    chances = {machines: machines * (1 - gap) ** (machines - 1) for machines, gap in gaps.items()}
    assert {machines: chance for machines, chance in chances.items() if chance > 1.01e-4} == {}


def test_who_has_just_begun_listens_first(graph: Graph) -> None:
    collector = Collector(graph)
    collector.hear(5, *MACHINES)
    assert collector.says(LISTEN_S - 1) is Hearing.LISTENING
    collector.hear(LISTEN_S - 1, *MACHINES)
    assert collector.says(LISTEN_S) is Hearing.WELL


def test_while_nobody_at_all_was_heard_since_the_start_it_goes_on_listening(graph: Graph) -> None:
    collector = Collector(graph)
    assert collector.says(3600) is Hearing.LISTENING
    collector.vantage(3601, gateway=True)
    assert collector.says(3602) is Hearing.WELL


def test_after_a_pause_it_listens_until_everyone_who_was_there_was_heard(collector: Collector) -> None:
    collector.ears.listen(collector.evidence, NOON + SOON + 10)
    collector.hear(SOON + 15, *MACHINES[:-1])
    assert collector.says(SOON + 20) is Hearing.LISTENING
    collector.hear(SOON + 21, MACHINES[-1])
    assert collector.says(SOON + 22) is Hearing.WELL


def test_who_was_gone_before_a_pause_is_not_waited_for(collector: Collector) -> None:
    collector.hear(SOON + 60, *MACHINES[2:])
    collector.hear(SOON + 61, MACHINES[2], goodbye=GoodbyeReason.SHUTDOWN)
    collector.ears.listen(collector.evidence, NOON + SOON + 70)
    collector.hear(SOON + 75, *MACHINES[3:])
    assert collector.says(SOON + 76) is Hearing.WELL


def test_silent_together_and_no_vantage_to_ask_means_cut_off(graph: Graph) -> None:
    collector = Collector(graph)
    collector.hear(SOON - 1, *MACHINES)
    last = SOON - 1

    assert collector.says(last + quiet_s(len(MACHINES)) - 0.1) is Hearing.WELL
    assert collector.says(last + quiet_s(len(MACHINES)) + 1) is Hearing.CUT_OFF
    assert collector.ears.cut_off_since == NOON + last


def test_a_vantage_whose_own_gateway_is_gone_says_cut_off(collector: Collector) -> None:
    collector.vantage(SOON + 10, gateway=True)
    collector.vantage(SOON + 25, gateway=False)
    assert collector.says(SOON + 26) is Hearing.WELL  # its gateway answered after the last machine was heard

    other = Collector(collector.evidence.graph)
    other.vantage(SOON - 5, gateway=True, core=True)
    other.hear(SOON - 1, *MACHINES)
    assert other.says(SOON + 15) is Hearing.DOUBTFUL
    other.vantage(SOON + 16, gateway=False)
    assert other.says(SOON + 17) is Hearing.CUT_OFF


def test_a_vantage_that_gets_out_says_that_it_is_the_others(collector: Collector) -> None:
    assert collector.says(SOON + 15) is Hearing.DOUBTFUL
    collector.vantage(SOON + 16, gateway=True)
    assert collector.says(SOON + 17) is Hearing.WELL


def test_what_a_vantage_says_of_a_time_to_come_proves_nothing(collector: Collector) -> None:
    seen = Seen("core", NOON + 10 * SOON, 0, 3)
    collector.ears.take(
        Sighting(agent=VANTAGE, stream="w", seq=1, received=NOON + SOON, at=NOON + SOON, live=True, results=(seen,))
    )
    for at in range(5, 40, 5):
        collector.vantage(SOON + at, gateway=False)
    assert collector.says(SOON + 36) is Hearing.CUT_OFF


def test_a_gateway_that_never_answers_proves_nothing(graph: Graph) -> None:
    collector = Collector(graph)
    collector.vantage(SOON - 5, gateway=False, core=True)
    collector.hear(SOON - 1, *MACHINES)
    collector.vantage(SOON + 16, gateway=False)
    assert collector.says(SOON + 17) is Hearing.DOUBTFUL
    collector.vantage(SOON + 31, gateway=False)
    assert collector.says(SOON + 31) is Hearing.WELL


def test_heard_again_it_listens_before_it_says_anything(graph: Graph) -> None:
    collector = Collector(graph)
    collector.hear(SOON - 1, *MACHINES)
    assert collector.says(SOON + 60) is Hearing.CUT_OFF
    assert collector.says(SOON + 3600) is Hearing.CUT_OFF

    collector.hear(SOON + 3610, MACHINES[0])
    assert collector.says(SOON + 3611) is Hearing.LISTENING
    assert collector.ears.cut_off_since is None
    assert collector.says(SOON + 3611 + LISTEN_S) is Hearing.WELL


def test_everybody_going_home_with_a_goodbye_is_no_cut(collector: Collector) -> None:
    collector.hear(SOON + 5, *MACHINES, goodbye=GoodbyeReason.SHUTDOWN)
    assert collector.says(SOON + 600) is Hearing.WELL


def test_two_machines_that_fall_silent_are_no_cut(graph: Graph) -> None:
    collector = Collector(graph)
    collector.hear(SOON - 1, *MACHINES[:2])
    assert collector.says(SOON + 120) is Hearing.WELL


def test_a_vantage_that_gets_out_again_ends_a_cut_with_listening(collector: Collector) -> None:
    assert collector.says(SOON + 15) is Hearing.DOUBTFUL
    collector.vantage(SOON + 16, gateway=False)
    assert collector.says(SOON + 17) is Hearing.CUT_OFF

    collector.vantage(SOON + 40, gateway=True)
    assert collector.says(SOON + 41) is Hearing.LISTENING
    collector.hear(SOON + 50, *MACHINES)
    assert collector.says(SOON + 51) is Hearing.WELL
