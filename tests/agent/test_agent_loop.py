"""The whole agent loop on a real spool and a real server on loopback; only the checks' answers are made up."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from sansang_agent import status
from sansang_agent.agent import Agent, run_agent
from sansang_agent.clock import SystemClock
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.check import Check, HostCheck, Profile, TcpCheck
from sansang_agent.contract.codec import profile_hash
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Goodbye, GoodbyeReason, Host, Result, Why
from sansang_agent.contract.rung import Rung
from sansang_agent.spool import FILE, Spool
from sansang_agent.status import Status
from tests.support.fake_collector import FakeCollector, Reply, Request, stored
from tests.support.fake_machine import FakeMachine

PROFILE = Profile(
    label="stand-in",
    checks=(TcpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1:80", period=0.1, confirm=False),),
)
PATIENCE = 20.0


class World:
    """What the one check answers, as a test changes it."""

    def __init__(self) -> None:
        self.answer = Result(check="gw", outcome=Outcome.OK)
        self._asked = asyncio.Event()

    async def ask(self, _check: Check) -> Result:
        self._asked.set()
        return self.answer

    async def asked_again(self) -> None:
        """Wait for three more questions."""
        for _ in range(3):
            self._asked.clear()
            await self._asked.wait()

    def fail(self) -> None:
        self.answer = Result(check="gw", outcome=Outcome.FAILED, reason=Reason.TIMEOUT)


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """First results and reports at once, not after the seconds that spread a fleet."""
    for name in ("FIRST_WITHIN_S", "FIRST_RESULTS_S"):
        monkeypatch.setattr(f"sansang_agent.agent.{name}", 0.1)
    monkeypatch.setattr("sansang_agent.reporter.CHANGE_DELAY", 0.1)


@pytest.fixture
def world() -> World:
    return World()


def a_config(folder: Path, url: str | None) -> AgentConfig:
    token = folder / "token"
    token.write_text("secret")
    collector = CollectorConfig(url=url, token_file=str(token)) if url else None
    return AgentConfig(collector=collector, data_dir=str(folder / "data"), report_period=0.3)


async def while_running(
    config: AgentConfig,
    world: World,
    body: Callable[[], Awaitable[None]],
    on_results: Callable[[Mapping[str, Result]], None] | None = None,
) -> None:
    machine = FakeMachine()
    stop = asyncio.Event()
    agent = await Agent.prepare(config, PROFILE, machine, SystemClock(machine))
    running = asyncio.create_task(agent.run(world.ask, stop, on_results, lambda: GoodbyeReason.STOP))
    try:
        async with asyncio.timeout(PATIENCE):
            await body()
    finally:
        stop.set()
        await running


def whys(requests: list[Request]) -> list[Why]:
    return [report.why for request in requests for report in reversed(request.reports)]


async def test_results_go_all_the_way_and_a_goodbye_ends_them(tmp_path: Path, world: World) -> None:
    async with FakeCollector(stored) as collector:
        config = a_config(tmp_path, collector.url)
        await while_running(config, world, lambda: collector.until(lambda requests: len(requests) >= 1))

    reports = [report for request in collector.requests for report in request.reports]
    assert {result.check for report in reports for result in report.results} == {"gw"}
    assert all(result.at <= 0 for report in reports for result in report.results)
    assert collector.requests[-1].reports[0].why is Why.GOODBYE
    assert (reports[0].boot, reports[0].start, reports[0].config) == ("boot-1", "process", profile_hash(PROFILE))
    assert reports[0].host is not None
    assert reports[0].host.gateways == ("192.0.2.1",)
    assert collector.requests[0].envelope.profiles == {profile_hash(PROFILE): PROFILE}


async def test_a_change_is_told_as_a_change(tmp_path: Path, world: World) -> None:
    async with FakeCollector(stored) as collector:

        async def body() -> None:
            await collector.until(lambda requests: len(requests) >= 1)
            world.fail()
            await collector.until(lambda requests: Why.CHANGE in whys(requests))

        await while_running(a_config(tmp_path, collector.url), world, body)

    change = next(r for request in collector.requests for r in request.reports if r.why is Why.CHANGE)
    assert Outcome.FAILED in {result.outcome for result in change.results}


async def test_without_a_line_everything_waits_in_the_spool_and_is_told_later(tmp_path: Path, world: World) -> None:
    async with FakeCollector(lambda _: Reply(503)) as collector:
        config = a_config(tmp_path, collector.url)
        await while_running(config, world, lambda: reported(tmp_path, 2))

        spool = Spool.open(tmp_path / "data" / FILE)
        waiting = [row.seq for row in spool.take(1000, 10**9)]
        spool.close()
        assert len(waiting) >= 3

        collector.script(stored)
        await while_running(
            config, world, lambda: collector.until(lambda requests: set(waiting) <= told(requests), limit=PATIENCE)
        )


def told(requests: list[Request]) -> set[int]:
    return {seq for request in requests for seq in request.seqs}


async def reported(folder: Path, rows: int) -> None:
    """Wait until the spool holds so many reports."""
    await said_when(folder, lambda said: said.spool.rows >= rows)


async def said_when(folder: Path, wanted: Callable[[Status], bool]) -> Status:
    """The agent's status as soon as it is as wanted."""
    while (said := status.read(folder / "data")) is None or not wanted(said):  # noqa: ASYNC110  # it is a file
        await asyncio.sleep(0.02)
    return said


async def test_the_status_says_how_it_stands(tmp_path: Path, world: World) -> None:
    world.fail()
    async with FakeCollector(stored) as collector:
        config = a_config(tmp_path, collector.url)

        async def body() -> None:
            await collector.until(lambda requests: len(requests) >= 1)
            await said_when(tmp_path, lambda said: said.last_contact is not None)

        await while_running(config, world, body)

    said = status.read(tmp_path / "data")
    assert said is not None
    assert said.collector == collector.url
    assert said.label == "stand-in"
    assert said.config == profile_hash(PROFILE)
    assert (said.last_error, said.spool_error, said.spool.rows) == (None, None, 0)
    assert said.clock_skew_s == pytest.approx(0, abs=2)
    gateway = said.results["gw"]
    assert gateway.result.reason is Reason.TIMEOUT
    assert said.started <= gateway.since <= gateway.wall <= said.written
    assert "secret" not in json.dumps((tmp_path / "data" / "status.json").read_text())


async def test_a_refused_token_is_in_the_status_and_measuring_goes_on(tmp_path: Path, world: World) -> None:
    async with FakeCollector(lambda _: Reply(401)) as collector:

        async def body() -> None:
            said = await said_when(tmp_path, lambda said: said.last_error is not None)
            assert "does not accept this agent's token" in (said.last_error or "")
            await world.asked_again()

        await while_running(a_config(tmp_path, collector.url), world, body)


async def test_the_results_are_shown_at_every_report(tmp_path: Path, world: World) -> None:
    shown: list[Mapping[str, Result]] = []
    seen = asyncio.Event()

    def show(results: Mapping[str, Result]) -> None:
        shown.append(results)
        seen.set()

    async def body() -> None:
        await seen.wait()

    world.fail()
    await while_running(a_config(tmp_path, None), world, body, show)

    assert shown[0]["gw"].reason is Reason.TIMEOUT


async def test_a_disk_that_fails_stops_nothing_and_what_it_missed_is_written_later(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Spool.append
    full = True

    def refuse(self: Spool, *args: object, **more: object) -> object:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        return append(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Spool, "append", refuse)

    async def body() -> None:
        nonlocal full
        said = await said_when(tmp_path, lambda said: said.spool_error is not None)
        assert "disk is full" in (said.spool_error or "")
        await world.asked_again()
        full = False
        await reported(tmp_path, 2)

    await while_running(a_config(tmp_path, None), world, body)

    said = status.read(tmp_path / "data")
    assert said is not None
    assert said.spool_error is None


async def test_a_place_that_cannot_be_written_leaves_the_spool_in_memory(
    tmp_path: Path, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    async with FakeCollector(stored) as collector:
        with caplog.at_level(logging.WARNING):
            await while_running(
                a_config(tmp_path, collector.url), world, lambda: collector.until(lambda requests: len(requests) >= 1)
            )

    assert "the spool is in memory" in caplog.text
    assert collector.requests[0].reports[0].results


async def test_a_part_that_breaks_begins_again(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sansang_agent.agent.RESTART_S", 0.01)
    broken = asyncio.Event()
    calls = 0

    async def breaks_once(check: Check) -> Result:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("our mistake")
        broken.set()
        return world.answer

    async def until_broken() -> None:
        await broken.wait()

    monkeypatch.setattr(world, "ask", breaks_once)
    await while_running(a_config(tmp_path, None), world, until_broken)

    assert "the runner broke and begins again" in caplog.text


async def test_run_agent_wires_the_real_parts(tmp_path: Path) -> None:
    profile = Profile(checks=(HostCheck(id="pc", rung=Rung.MACHINE, target="local"),))
    stop = asyncio.Event()
    results: dict[str, Result] = {}

    def show(latest: Mapping[str, Result]) -> None:
        results.update(latest)
        if results:
            stop.set()

    async with asyncio.timeout(PATIENCE):
        await run_agent(a_config(tmp_path, None), profile, FakeMachine(), stop, lambda: GoodbyeReason.STOP, show)

    assert results["pc"].outcome is Outcome.OK


async def test_a_service_is_not_failed_where_only_this_pcs_own_line_is_down(tmp_path: Path) -> None:
    line = TcpCheck(id="line", rung=Rung.LINE, target="192.0.2.1:80", period=0.2, confirm=False)
    portal = TcpCheck(id="portal", rung=Rung.SERVICE, target="192.0.2.2:443", period=0.1, confirm=False)

    async def ask(check: Check) -> Result:
        await asyncio.sleep(0.01)
        return Result(check=check.id, outcome=Outcome.FAILED, reason=Reason.TIMEOUT, address="192.0.2.2")

    def of_portal(requests: list[Request]) -> list[Result]:
        reports = (report for request in requests for report in request.reports)
        return [result for report in reports for result in report.results if result.check == "portal"]

    async with FakeCollector(stored) as collector:
        machine, stop = FakeMachine(), asyncio.Event()
        config, profile = a_config(tmp_path, collector.url), Profile(checks=(line, portal))
        agent = await Agent.prepare(config, profile, machine, SystemClock(machine))
        running = asyncio.create_task(agent.run(ask, stop, None, lambda: GoodbyeReason.STOP))
        async with asyncio.timeout(PATIENCE):
            await collector.until(lambda requests: len(of_portal(requests)) >= 1)
        stop.set()
        await running

    assert {result.reason for result in of_portal(collector.requests)} == {Reason.NO_INTERNET}


class Sleeper(FakeMachine):
    """A machine whose alarm is set."""

    def wakes_at(self) -> float | None:
        return 2_000_000_000.0


async def test_before_sleep_a_goodbye_is_the_last_word_and_afterwards_everything_goes_on(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sansang_agent.agent.ASLEEP_S", 1.0)
    machine, stop = Sleeper(), asyncio.Event()
    async with FakeCollector(stored) as collector, asyncio.timeout(PATIENCE):
        agent = await Agent.prepare(a_config(tmp_path, collector.url), PROFILE, machine, SystemClock(machine))
        running = asyncio.create_task(agent.run(world.ask, stop, None, lambda: GoodbyeReason.STOP))
        await collector.until(lambda requests: len(requests) >= 1)
        agent.falling_asleep.set()
        await collector.until(lambda requests: whys(requests)[-1] is Why.GOODBYE)
        world.fail()
        await collector.until(lambda requests: whys(requests)[-1] is Why.CHANGE)
        stop.set()
        await running

    reports = sorted((r for request in collector.requests for r in request.reports), key=lambda report: report.seq)
    asleep, stopped = (report for report in reports if report.goodbye)
    awake = next(report for report in reports if report.seq == asleep.seq + 1)
    assert asleep.goodbye == Goodbye(reason=GoodbyeReason.SLEEP, back=2_000_000_000.0)
    assert awake.mono - asleep.mono >= 1.0
    assert awake.goodbye is None
    assert stopped.goodbye == Goodbye(reason=GoodbyeReason.STOP)


async def test_a_machine_that_cannot_say_why_it_ends_has_stopped_its_agent(tmp_path: Path, world: World) -> None:
    def broken() -> GoodbyeReason:
        raise OSError("the bus is gone")

    machine, stop = FakeMachine(), asyncio.Event()
    async with FakeCollector(stored) as collector, asyncio.timeout(PATIENCE):
        agent = await Agent.prepare(a_config(tmp_path, collector.url), PROFILE, machine, SystemClock(machine))
        running = asyncio.create_task(agent.run(world.ask, stop, None, broken))
        await collector.until(lambda requests: len(requests) >= 1)
        stop.set()
        await running

    last = [report for request in collector.requests for report in request.reports if report.goodbye]
    assert [report.goodbye for report in last] == [Goodbye(reason=GoodbyeReason.STOP)]


async def test_the_first_look_at_the_processor_which_says_nothing_is_not_reported(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([0.0, *[0.25] * 1000])
    monkeypatch.setattr("sansang_agent.slow_facts.facts", lambda *_: Host(uptime_s=1.0, cpu=next(looks)))

    async with FakeCollector(stored) as collector:
        config = a_config(tmp_path, collector.url)
        await while_running(config, world, lambda: collector.until(lambda requests: len(requests) >= 1))

    assert collector.requests[0].reports[-1].host == Host(uptime_s=1.0, cpu=0.25)


async def test_reports_say_how_the_clock_stands_once_the_collector_has_said_so(tmp_path: Path, world: World) -> None:
    def skews(requests: list[Request]) -> list[float]:
        hosts = [report.host for request in requests for report in request.reports]
        return [host.clock_skew_s for host in hosts if host and host.clock_skew_s is not None]

    async with FakeCollector(stored) as collector:

        async def told_again() -> None:
            await collector.until(lambda requests: len(requests) >= 1)
            world.fail()  # which is told at once
            await collector.until(lambda requests: bool(skews(requests)))

        await while_running(a_config(tmp_path, collector.url), world, told_again)

    assert collector.requests[0].reports[-1].host is not None
    assert all(abs(skew) < 60 for skew in skews(collector.requests))
