"""A collector that is slow in every way: nothing is lost, nobody waits for ever, and the agent measures on meanwhile.

Half a minute of patience is shortened to less than a second; the ways to be slow are real, on sockets.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from certificates import Authority
from sansang_agent import link, wire_http
from sansang_agent.agent import Agent
from sansang_agent.clock import SystemClock
from sansang_agent.config import AgentConfig, CollectorConfig
from sansang_agent.contract.check import Check, IcmpCheck, Profile
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import GoodbyeReason, Result
from sansang_agent.contract.rung import Rung
from tests.support.fake_collector import FakeCollector, Reply, Request, stored
from tests.support.fake_machine import FakeMachine

PATIENCE = 0.6
"""Stands for the 30 seconds an exchange may take."""
PERIOD = 0.1
PROFILE = Profile(checks=(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1", period=PERIOD),))


@pytest.fixture(autouse=True)
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "EXCHANGE_S", PATIENCE)
    monkeypatch.setattr(link, "CONNECT_S", PATIENCE / 2)
    for name in ("FIRST_WITHIN_S", "FIRST_RESULTS_S"):
        monkeypatch.setattr(f"sansang_agent.agent.{name}", 0.05)
    for name in ("LEAST_BACKOFF", "MOST_BACKOFF"):
        monkeypatch.setattr(f"sansang_agent.pace.{name}", 0.1)


class Asked:
    """Counts the questions of the one check."""

    def __init__(self, words: str = "") -> None:
        self.count = 0
        self._words = words

    async def __call__(self, check: Check) -> Result:
        self.count += 1
        return Result(check=check.id, outcome=Outcome.OK, detail=self._words)


@asynccontextmanager
async def running(folder: Path, url: str, asked: Asked, ca: str = "") -> AsyncIterator[Agent]:
    token = folder / "token"
    token.write_text("secret")
    config = AgentConfig(
        collector=CollectorConfig(url=url, token_file=str(token), ca=ca),
        data_dir=str(folder / "data"),
        report_period=PERIOD,
    )
    machine, stop = FakeMachine(), asyncio.Event()
    agent = await Agent.prepare(config, PROFILE, machine, SystemClock(machine))
    task = asyncio.create_task(agent.run(asked, stop, None, lambda: GoodbyeReason.STOP))
    try:
        async with asyncio.timeout(20):
            yield agent
    finally:
        stop.set()
        await task


def error_of(agent: Agent) -> str | None:
    """Why the collector could not be told, as the status says it."""
    return agent._contact.error


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  # an agent has no event for every state
        await asyncio.sleep(0.01)


def seqs(requests: list[Request]) -> set[int]:
    return {seq for request in requests for seq in request.seqs}


def at_once(request: Request) -> Reply:
    return stored(request, pace={"live_s": 0, "backlog_per_s": 100})


def late(share: float) -> Callable[[Request], Awaitable[Reply]]:
    async def script(request: Request) -> Reply:
        await asyncio.sleep(share * PATIENCE)
        return at_once(request)

    return script


async def test_answers_that_are_late_but_in_time_are_taken_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    asked = Asked()
    async with FakeCollector(late(2 / 3)) as collector, running(tmp_path, collector.url, asked):
        await until(lambda: len(collector.requests) >= 3)
        before = asked.count
        await until(lambda: len(collector.requests) >= 5)
        # what is on its way when the agent is stopped may go again
        sent = [seq for request in collector.requests[:5] for seq in request.seqs]

    assert asked.count - before >= 3
    assert len(sent) == len(set(sent))


@pytest.mark.parametrize("script", [late(2.0), late(50.0)], ids=["too late", "never"])
async def test_answers_that_come_too_late_cost_nothing_but_a_second_try(
    tmp_path: Path, script: Callable[[Request], Awaitable[Reply]]
) -> None:
    asked = Asked()
    async with FakeCollector(script) as collector, running(tmp_path, collector.url, asked) as agent:
        await until(lambda: len(collector.requests) >= 2)
        assert error_of(agent) == f"no answer from 127.0.0.1 within {PATIENCE:g} s"
        before = asked.count
        await until(lambda: asked.count >= before + 3)
        missed = seqs(collector.requests)
        first = len(collector.requests)
        collector.script(at_once)
        await until(lambda: missed <= seqs(collector.requests[first:]))


class ByteByByte:
    """Between agent and collector: passes what the collector says on one byte at a time."""

    def __init__(self, port: int) -> None:
        self.pause = 0.0
        self._port = port
        self._tasks: set[asyncio.Task[None] | None] = set()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for task in self._tasks:
                if task:
                    task.cancel()
            await asyncio.gather(*(task for task in self._tasks if task), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass(reader, far_writer, 65536), self._pass(far_reader, writer, 1))
        writer.close()
        far_writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
        while data := await reader.read(size):
            writer.write(data)
            await writer.drain()
            if size == 1:
                await asyncio.sleep(self.pause)
        writer.close()


async def test_an_answer_that_comes_byte_by_byte_is_taken_in_time_or_given_up(tmp_path: Path) -> None:
    async with FakeCollector(at_once) as collector:
        line = ByteByByte(collector.port)
        async with line() as url, running(tmp_path, url, Asked()) as agent:
            await until(lambda: len(collector.requests) >= 2)
            assert error_of(agent) is None

            line.pause = PATIENCE / 20
            await until(lambda: error_of(agent) is not None)
            assert error_of(agent) == f"no answer from 127.0.0.1 within {PATIENCE:g} s"

            line.pause = 0.0
            await until(lambda: error_of(agent) is None)


async def test_a_collector_that_accepts_and_never_reads_is_given_up(tmp_path: Path) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    asked = Asked()
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with running(tmp_path, url, asked) as agent:
            await until(lambda: error_of(agent) is not None)
            before = asked.count
            await until(lambda: asked.count >= before + 3)

    assert error_of(agent) == f"no answer from 127.0.0.1 within {PATIENCE:g} s"


async def test_a_body_larger_than_the_line_takes_is_given_up_in_time(tmp_path: Path) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    with listener:
        port = listener.getsockname()[1]
        connection = await wire_http.Connection.open("127.0.0.1", port, None, "localhost")
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await connection.request("POST", "/", {"Host": "localhost"}, bytes(20_000_000), 1000)
        finally:
            await connection.close()


async def test_a_collector_that_accepts_and_never_shakes_hands_is_given_up(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        async with running(tmp_path, url, Asked(), str(authority.ca_file)) as agent:
            await until(lambda: error_of(agent) is not None)

    assert "no connection to 127.0.0.1" in (error_of(agent) or "")
