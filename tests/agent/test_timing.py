"""Planned checks run on the collector's clock; no clock, restart or outage makes them run in a burst."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_agent.centre import Centre
from sansang_agent.contract.check import Check, TcpCheck
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.runner import Runner
from sansang_agent.timing import LEAST_GAP_S, TOLERANCE_S, Timing
from tests.support.fake_clock import FakeClock, settled

AHEAD = 1_782_450_000.0 - 1000.0


def planned(period: float, phase: float, rung: Rung = Rung.CORE) -> Check:
    return TcpCheck(id="c", rung=rung, target="192.0.2.1:80", period=period, phase=phase)


class Fleet:
    """One machine's runs of one check."""

    def __init__(self, check: Check, centre: Centre | None = None, takes: float = 0.0) -> None:
        self.clock, self.centre, self.at = FakeClock(), centre or Centre(), []  # type: ignore[var-annotated]
        self._takes = takes
        self._runner = Runner((check,), self._ask, self.clock, "s", lambda *_: None, centre=self.centre)
        self.task = asyncio.create_task(self._runner.run(5.0))

    async def _ask(self, _check: Check) -> Result:
        self.at.append(self.clock.mono())
        if self._takes:
            await self.clock.sleep(self._takes)
        return Result(check="c", outcome=Outcome.OK)

    def heard(self) -> None:
        self.centre.contact.mono = self.clock.mono()

    async def advance(self, seconds: float, *, heard: bool = True) -> None:
        for _ in range(int(seconds / 10)):
            if heard:
                self.heard()
            await self.clock.advance(10)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await settled()

    @property
    def phases(self) -> set[float]:
        return {round((at + (self.centre.contact.ahead_s or 0)) % 60, 3) for at in self.at}


def on_time() -> Centre:
    centre = Centre()
    centre.contact.ahead_s = AHEAD
    return centre


async def test_a_planned_check_runs_at_its_phase_of_the_collector_s_clock() -> None:
    fleet = Fleet(planned(60, 7.5), on_time())
    await fleet.advance(600)
    await fleet.stop()

    assert fleet.phases == {7.5}
    assert len(fleet.at) == 10


async def test_without_the_collector_s_clock_it_keeps_to_its_own_share_and_moves_when_it_hears() -> None:
    fleet = Fleet(planned(60, 7.5))
    await fleet.advance(180)
    own = len(fleet.at)
    fleet.centre.contact.ahead_s = AHEAD
    await fleet.advance(300)
    await fleet.stop()

    assert own in (2, 3)
    assert {round((at + AHEAD) % 60, 3) for at in fleet.at[own:]} == {7.5}
    assert min(after - before for before, after in pairwise(fleet.at)) >= 30 - TOLERANCE_S


async def test_a_slow_answer_moves_no_slot() -> None:
    fleet = Fleet(planned(60, 7.5), on_time(), takes=50)
    await fleet.advance(600)
    await fleet.stop()

    assert fleet.phases == {7.5}


async def test_a_restart_of_the_checks_repeats_none() -> None:
    first = Fleet(planned(60, 7.5), on_time())
    await first.advance(120)
    await first.stop()
    again = Timing(planned(60, 7.6), first.clock.mono(), 0.5)

    due = again.due(first.clock.mono(), AHEAD, first.at[-1], alone=False)
    assert due - first.at[-1] > 30 - TOLERANCE_S


async def test_a_service_is_asked_every_five_minutes_at_most_while_nobody_answers_and_as_planned_after() -> None:
    fleet = Fleet(planned(60, 7.5, Rung.SERVICE), on_time())
    await fleet.advance(120)
    in_contact = len(fleet.at)
    await fleet.advance(1800, heard=False)
    alone = fleet.at[in_contact:]
    await fleet.advance(300)
    await fleet.stop()

    assert in_contact == 2
    assert 5 <= len(alone) <= 7
    assert all(after - before >= 300 - 1 for before, after in pairwise(alone[1:]))
    assert fleet.phases == {7.5}
    assert len(fleet.at) - in_contact - len(alone) >= 4


async def test_the_core_is_asked_as_ever_while_nobody_answers() -> None:
    fleet = Fleet(planned(60, 7.5), on_time())
    await fleet.advance(600, heard=False)
    await fleet.stop()

    assert len(fleet.at) == 10


async def test_a_service_of_the_machine_s_own_file_is_asked_as_rarely_while_nobody_answers() -> None:
    check = TcpCheck(id="c", rung=Rung.SERVICE, target="192.0.2.1:80", period=15)
    fleet = Fleet(check)
    await fleet.advance(60)
    in_contact = len(fleet.at)
    await fleet.advance(1200, heard=False)
    await fleet.stop()

    assert in_contact >= 4
    assert len(fleet.at) - in_contact <= 8


async def test_a_machine_that_slept_for_hours_runs_once_and_not_what_it_missed() -> None:
    timing = Timing(planned(60, 7.5), 1000.0, 0.5)
    woke = 1000.0 + 8 * 3600

    due = timing.due(woke, AHEAD, 1010.0, alone=False)
    assert 0 <= due - woke + 2 <= 62


@given(
    period=st.floats(5, 3600),
    share=st.floats(0, 1, exclude_max=True),
    steps=st.lists(st.tuples(st.floats(0, 4000), st.floats(-1e6, 1e6)), max_size=30),
)
@settings(max_examples=200, deadline=None)
def test_however_the_collector_s_clock_jumps_no_two_runs_are_closer_than_half_a_period(
    period: float, share: float, steps: list[tuple[float, float]]
) -> None:
    timing = Timing(planned(period, share * period), 1000.0, share)
    now, last, ran = 1000.0, None, []
    for wait, jump in [(0.0, 0.0), *steps]:
        now += wait
        due = timing.due(now, AHEAD + jump, last, alone=False)
        if due <= now:
            ran.append(due)
            last = due

    least = max(LEAST_GAP_S, period / 2) - TOLERANCE_S
    assert all(after - before >= least - 1e-3 for before, after in pairwise(ran))


@pytest.mark.parametrize("late", [0.0, 0.01, 1.9])
def test_a_machine_a_little_late_runs_in_its_slot(late: float) -> None:
    timing = Timing(planned(60, 7.5), 1000.0, 0.5)
    slot = timing.due(1000.0, AHEAD, None, alone=False)

    assert timing.due(slot + late, AHEAD, None, alone=False) == pytest.approx(slot)


@pytest.mark.parametrize("ahead", [1.78e18, -1.78e18, 1e300, -1e300])
def test_a_collector_whose_clock_counts_ages_neither_stops_a_check_nor_makes_it_run_without_end(ahead: float) -> None:
    timing, now, last = Timing(planned(15, 3.0), 1000.0, 0.5), 1000.0, None
    ran = []
    for _ in range(1200):
        now += 0.1
        if timing.due(now, ahead, last, alone=False) <= now:
            ran.append(now)
            last = now

    assert 7 <= len(ran) <= 9


async def test_a_run_that_was_late_is_not_followed_at_once_by_the_next() -> None:
    fleet = Fleet(planned(5, 0), on_time())
    await fleet.clock.advance(5)
    fleet.clock.hang(6.2)
    await fleet.advance(60)
    await fleet.stop()

    assert len(fleet.at) >= 12
    assert min(after - before for before, after in pairwise(fleet.at)) >= LEAST_GAP_S - TOLERANCE_S
