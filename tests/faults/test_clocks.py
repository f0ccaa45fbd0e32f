"""Clocks that are wrong, jump, or stand still while the machine sleeps: a running agent and a real collector."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path
from typing import Self

import pytest

from sansang_agent.agent import Agent
from sansang_agent.clock import SystemClock
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.check import Check
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import GoodbyeReason, Result
from tests.agent.test_agent_loop import PROFILE
from tests.support.books import compare, is_caught_up, open_books, rows
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.fake_collector import FakeCollector, stored
from tests.support.fake_machine import FakeMachine

DAY_S = 86_400.0
SLEPT_S = 5 * 3600.0


class OddMachine(FakeMachine):
    """A machine whose clocks a test moves."""

    wall_off = 0.0
    slept = 0.0

    def mono(self) -> float:
        return super().mono() + self.slept

    def wall(self) -> float:
        return time.time() + self.wall_off


class Life:
    """A running agent on such a machine; its only check is always good."""

    def __init__(self, folder: Path, url: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("FIRST_WITHIN_S", "FIRST_RESULTS_S"):
            monkeypatch.setattr(f"sansang_agent.agent.{name}", 0.1)
        file = folder / "token"
        file.write_text(token)
        collector = CollectorConfig(url=url, token_file=str(file))
        self._config = AgentConfig(collector=collector, data_dir=str(folder / "data"), report_period=0.3)
        self.machine = OddMachine()
        self.asked = 0
        self._stop = asyncio.Event()
        self._asked = asyncio.Event()

    async def __aenter__(self) -> Self:
        agent = await Agent.prepare(self._config, PROFILE, self.machine, SystemClock(self.machine))
        self._running = asyncio.create_task(agent.run(self._ask, self._stop, None, lambda: GoodbyeReason.STOP))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._running

    async def _ask(self, check: Check) -> Result:
        self.asked += 1
        self._asked.set()
        return Result(check=check.id, outcome=Outcome.OK)

    async def asked_again(self, times: int) -> None:
        """Wait for more questions."""
        async with asyncio.timeout(20):
            for _ in range(times):
                self._asked.clear()
                await self._asked.wait()


async def caught_up(collector: CollectorProcess) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(is_caught_up, collector.data):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)


async def test_a_clock_days_off_that_steps_on_the_way_dates_nothing_wrongly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_collector(tmp_path / "collector") as collector:
        began = time.time()
        token = collector.token("agent", "05983", "pc-1")
        async with Life(tmp_path, collector.url, token, monkeypatch) as life:
            for wall_off in (-3 * DAY_S, 3 * DAY_S, 0.0, -3 * DAY_S):
                life.machine.wall_off = wall_off
                await life.asked_again(6)
        await caught_up(collector)
        ended = time.time()

    ledger = collector.data / "ledger.db"
    intervals = rows(ledger, "SELECT first_ms, last_ms, outcome, late FROM interval WHERE revised_at IS NULL")
    assert {(outcome, late) for *_, outcome, late in intervals} == {("ok", 0)}
    assert began * 1000 <= min(row[0] for row in intervals)
    assert max(row[1] for row in intervals) <= ended * 1000
    assert compare(open_books(collector.data), set()).none


async def test_hours_of_sleep_are_followed_by_one_question_each_not_by_all_that_were_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeCollector(stored) as collector:
        async with Life(tmp_path, collector.url, "secret", monkeypatch) as life:
            await life.asked_again(5)
            before, at = life.asked, time.monotonic()
            life.machine.slept = SLEPT_S
            await life.asked_again(10)
            asked, seconds = life.asked - before, time.monotonic() - at
        reports = sorted((one for request in collector.requests for one in request.reports), key=lambda one: one.seq)

    gaps = [later.mono - earlier.mono for earlier, later in pairwise(reports)]
    assert asked <= seconds / PROFILE.checks[0].period + 2
    assert [one.seq for one in reports] == list(range(1, len(reports) + 1))
    assert sum(gap > SLEPT_S / 2 for gap in gaps) == 1
