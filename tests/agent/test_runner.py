"""The runner's promises: a result whatever a probe does, confirmation, and slots that no delay moves."""

import asyncio
import logging
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from sansang_agent.contract.check import Check, IcmpCheck, TcpCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.names import SystemNames
from sansang_agent.probes import Tools
from sansang_agent.runner import Runner, Slots, longest, run_once, splay
from tests.support.fake_clock import FakeClock, settled
from tests.support.fake_machine import FakeMachine

TOOLS = Tools(FakeMachine(), SystemNames(), "sansang/test")
OK = Result(check="c", outcome=Outcome.OK)
TIMEOUT = Result(check="c", outcome=Outcome.FAILED, reason=Reason.TIMEOUT)
REFUSED = Result(check="c", outcome=Outcome.FAILED, reason=Reason.REFUSED, detail="port closed")
NOT_ALLOWED = Result(check="c", outcome=Outcome.UNKNOWN, reason=Reason.NO_PERMISSION)


def a_check(id_: str = "c", **more: Any) -> Check:
    return TcpCheck(id=id_, rung=Rung.GATEWAY, target="127.0.0.1:1", **more)


class Probe:
    """Answers as told, the last answer for ever."""

    def __init__(self, *answers: Result | Exception) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, check: Check, tools: Tools) -> Result:  # noqa: ARG002
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Sleeper(Probe):
    """A probe during which the machine sleeps."""

    def __init__(self, answer: Result, clock: FakeClock, hours: float) -> None:
        super().__init__(answer)
        self._clock, self._seconds = clock, hours * 3600

    async def __call__(self, check: Check, tools: Tools) -> Result:
        await self._clock.advance(self._seconds)
        return await super().__call__(check, tools)


@pytest.mark.parametrize("confirm", [True, False])
async def test_a_failure_during_which_the_machine_slept_says_nothing(confirm: bool) -> None:
    clock = FakeClock()
    slept = await run_once(a_check(confirm=confirm), TOOLS, clock, spacing=0, probe=Sleeper(REFUSED, clock, hours=8))
    woke_in_time = await run_once(a_check(), TOOLS, clock, spacing=0, probe=Sleeper(OK, clock, hours=8))

    assert (slept.outcome, slept.reason) == (Outcome.UNKNOWN, Reason.INTERNAL)
    assert (slept.detail or "").startswith("this machine slept while it asked (refused; port closed")
    assert woke_in_time == OK


async def test_a_probe_that_lacks_what_it_needs_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sansang_agent.probes.tcp", None)
    result = await run_once(a_check(confirm=False), TOOLS, FakeClock())

    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.INTERNAL)


async def asked(check: Check, probe: Probe) -> Result:
    return await run_once(check, TOOLS, FakeClock(), spacing=0, probe=probe)


async def test_a_good_answer_is_passed_on_as_it_is() -> None:
    probe = Probe(OK)

    assert await asked(a_check(), probe) == OK
    assert probe.asked == 1


async def test_a_failure_is_asked_again_and_says_how_often() -> None:
    probe = Probe(TIMEOUT, REFUSED)

    result = await asked(a_check(), probe)

    assert (result.reason, result.detail) == (Reason.REFUSED, "port closed; 3 tries")
    assert probe.asked == 3


async def test_success_in_any_try_is_success_and_says_which() -> None:
    result = await asked(a_check(), Probe(TIMEOUT, TIMEOUT, OK))

    assert (result.outcome, result.detail) == (Outcome.OK, "answered at try 3 of 3")


async def test_echoes_lost_before_one_came_back_count_as_lost() -> None:
    silent = msgspec.structs.replace(TIMEOUT, sent=5, lost=5)

    result = await asked(a_check(), Probe(silent, silent, msgspec.structs.replace(OK, sent=5, lost=1)))

    assert (result.outcome, result.sent, result.lost) == (Outcome.OK, 15, 11)


async def test_a_silent_line_has_lost_the_echoes_of_all_its_tries() -> None:
    result = await asked(a_check(), Probe(msgspec.structs.replace(TIMEOUT, sent=5, lost=5)))

    assert (result.outcome, result.sent, result.lost) == (Outcome.FAILED, 15, 15)


async def test_tries_are_apart_by_the_spacing() -> None:
    clock = FakeClock()
    running = asyncio.create_task(run_once(a_check(), TOOLS, clock, spacing=1.0, probe=Probe(TIMEOUT)))
    await clock.advance(1.5)
    assert not running.done()

    await clock.advance(0.5)

    assert (await running).reason is Reason.TIMEOUT
    assert clock.slept == [1.0, 1.0]


async def test_shared_services_are_never_asked_again() -> None:
    probe = Probe(REFUSED)

    assert await asked(a_check(confirm=False), probe) == REFUSED
    assert probe.asked == 1


async def test_not_knowing_is_not_asked_again() -> None:
    probe = Probe(NOT_ALLOWED)

    assert await asked(a_check(), probe) == NOT_ALLOWED
    assert probe.asked == 1


async def test_not_knowing_in_a_later_try_does_not_hide_the_failure() -> None:
    assert await asked(a_check(), Probe(REFUSED, NOT_ALLOWED)) == REFUSED


async def test_an_error_of_ours_is_unknown_with_its_type_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        result = await asked(a_check(), Probe(ValueError("odd")))

    assert (result.outcome, result.reason, result.detail) == (Outcome.UNKNOWN, Reason.INTERNAL, "ValueError: odd")
    assert caplog.records[0].exc_info is not None


async def test_a_timeout_that_a_probe_let_slip_is_an_error_of_ours() -> None:
    result = await asked(a_check(), Probe(TimeoutError("mine")))

    assert (result.reason, result.detail) == (Reason.INTERNAL, "TimeoutError: mine")


async def test_a_probe_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sansang_agent.runner.GRACE", 0.0)

    async def hang(check: Check, tools: Tools) -> Result:
        await asyncio.Event().wait()
        raise AssertionError

    result = await run_once(a_check(timeout=0.01, confirm=False), TOOLS, FakeClock(), probe=hang)

    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no end within 0.01 s")


async def test_a_servers_long_words_are_cut() -> None:
    wordy = Result(check="c", outcome=Outcome.OK, detail="x" * 5000)

    assert len((await asked(a_check(), Probe(wordy))).detail or "") == 1000


def test_a_train_may_take_as_long_as_its_sending() -> None:
    train = IcmpCheck(id="c", rung=Rung.LINE, target="192.0.2.1", count=10, gap=0.5, timeout=4)

    assert longest(train) == 10.0
    assert longest(a_check(timeout=4)) == 5.0


def test_the_splay_is_fixed_and_even() -> None:
    shares = [splay("b1946ac92492d2347c6235b4d2611184", f"check-{n}") for n in range(1000)]

    assert shares[0] == splay("b1946ac92492d2347c6235b4d2611184", "check-0")
    assert shares[0] != splay("00000000000000000000000000000000", "check-0")
    assert all(0 <= share < 1 for share in shares)
    assert 0.45 < sum(shares) / 1000 < 0.55


def test_slots_do_not_drift_with_what_a_run_takes() -> None:
    slots = Slots(start=100.0, period=15.0, share=0.5, first_within=15.0)
    due = []
    for late in (0.3, 2.0, 14.0, 0.0):
        due.append(slots.due)
        slots.advance(slots.due + late)

    assert due == [107.5, 122.5, 137.5, 152.5]


def test_a_run_longer_than_its_period_skips_slots() -> None:
    slots = Slots(start=100.0, period=15.0, share=0.0, first_within=15.0)
    slots.advance(141.0)

    assert slots.due == 145.0


def test_after_sleep_of_the_machine_the_grid_is_where_it_was() -> None:
    slots = Slots(start=100.0, period=15.0, share=0.2, first_within=15.0)
    slots.advance(100.0 + 86400)

    assert (slots.due - 103.0) % 15.0 == 0
    assert 0 < slots.due - 86500.0 <= 15.0


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.99])
def test_an_early_first_run_is_followed_no_sooner_than_a_period_later(share: float) -> None:
    slots = Slots(start=0.0, period=300.0, share=share, first_within=5.0)
    first = slots.due
    slots.advance(first + 1)

    assert first <= 5.0
    assert 299 < slots.due - first < 600
    assert (slots.due - share * 300) % 300 == pytest.approx(0, abs=1e-6)


async def running(checks: list[Check], ask: Callable[[Check], Any], clock: FakeClock) -> list[tuple[str, float]]:
    got: list[tuple[str, float]] = []
    runner = Runner(checks, ask, clock, "0" * 32, lambda result, mono: got.append((result.check, mono)))
    task = asyncio.create_task(runner.run(5.0))
    await clock.advance(61)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return got


async def test_every_check_runs_once_a_period_at_its_own_moment() -> None:
    async def ask(check: Check) -> Result:
        return Result(check=check.id, outcome=Outcome.OK)

    got = await running([a_check("a"), a_check("b", period=30)], ask, FakeClock())

    a, b = ([mono for check, mono in got if check == name] for name in "ab")
    assert len(a) in (4, 5)
    assert len(b) in (2, 3)
    assert a[0] <= 1005
    assert {round(later - earlier, 6) for earlier, later in pairwise(a[1:])} == {15.0}
    assert a[0] != b[0]


async def test_a_check_never_runs_twice_at_once() -> None:
    clock = FakeClock()
    active = most = 0

    async def slow(check: Check) -> Result:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await clock.sleep(20)
        active -= 1
        return OK

    got = await running([a_check()], slow, clock)

    assert most == 1
    assert len(got) in (1, 2)
    await settled()
