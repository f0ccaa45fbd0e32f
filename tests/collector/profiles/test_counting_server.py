"""260 machines with compiled profiles and real probes before a real server that counts, while it is well and while not.

Only the clock is the test's: it goes on when every probe that has begun has arrived; a busy machine spoils nothing.
"""

import asyncio
import heapq
import random
from typing import Self

import msgspec
import pytest

from sansang_agent.centre import Centre
from sansang_agent.contract.check import Check
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung
from sansang_agent.names import SystemNames
from sansang_agent.probes import Tools
from sansang_agent.runner import Runner, run_once
from sansang_collector.inventory.model import Service, ServiceCheck, ServiceCheckKind
from tests.collector.profiles.fleets import an_inventory, compiled, machines, most_within
from tests.support.fake_clock import FakeClock, settled
from tests.support.fake_machine import FakeMachine

COMMUNES, HONEST_S, TOO_SLOW_S = 65, 0.1, 5.0
"""``HONEST_S``: how far machines are wrong about the collector's clock."""
AHEAD = 1_782_450_000.0
WEATHER = ("fair", "500", "silent", "reset")


class CountingServer:
    """Notes when connections come, by the test's clock, and answers as ``mode`` says."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.mode = "fair"
        self.arrivals: list[float] = []
        self.came = asyncio.Event()
        self.pages = 0
        self._silent: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._silent:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.arrivals.append(self._clock.mono())
        self.came.set()
        if self.mode == "reset":
            writer.transport.abort()
        elif self.mode == "silent":
            self._silent.append(writer)
        else:
            head = await reader.read(4096)
            if head.startswith(b"GET"):
                self.pages += 1
                status = b"200 OK" if self.mode == "fair" else b"500 No"
                writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            writer.close()


class PatientClock(FakeClock):
    """Goes on only when everything asked has arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.server: CountingServer | None = None

    async def advance(self, seconds: float) -> None:
        end = self.mono() + seconds
        await settled()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, event = heapq.heappop(self._sleepers)
            self._mono = max(self._mono, due)
            event.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await self._arrived()
        self._mono = end

    async def _arrived(self) -> None:
        assert self.server is not None
        async with asyncio.timeout(TOO_SLOW_S):
            while len(self.server.arrivals) < self.asked:
                self.server.came.clear()
                await self.server.came.wait()


@pytest.mark.needs("linux")
async def test_260_machines_keep_to_a_budget_in_fair_weather_and_while_the_server_fails() -> None:
    clock = PatientClock()
    chance = random.Random(3)
    async with CountingServer(clock) as server:
        clock.server = server
        checks = tuple(
            ServiceCheck(kind=kind, port=server.port, plain=True)
            for kind in (ServiceCheckKind.TCP, ServiceCheckKind.HTTP)
        )
        service = Service(id="dvc", name="Cổng", host="127.0.0.1", checks=checks)
        assignments = compiled(an_inventory(COMMUNES, (service,)), machines(COMMUNES))
        tools = Tools(FakeMachine(), SystemNames(), "sansang/test")

        async def ask(check: Check) -> Result:
            clock.asked += 1
            return await run_once(msgspec.structs.replace(check, timeout=0.05), tools, clock)

        fleet = []
        for id_, assignment in assignments.items():
            centre = Centre()
            centre.contact.ahead_s = AHEAD + chance.uniform(-HONEST_S, HONEST_S)
            centre.contact.mono = clock.mono() + 1e9  # in contact all the while
            shared = [check for check in assignment.profile.checks if check.rung is Rung.SERVICE]
            fleet.append(Runner(shared, ask, clock, f"s{id_}", lambda *_: None, centre=centre))
        running = [asyncio.create_task(runner.run(5.0)) for runner in fleet]
        counts = {}
        for server.mode in WEATHER:
            before = len(server.arrivals)
            await clock.advance(400)
            counts[server.mode] = len(server.arrivals) - before
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        tools.kept.close()

    assert len(fleet) == COMMUNES * 4 + 1
    assert most_within(server.arrivals, 1.0) == 1
    assert min(counts.values()) > 150
    assert max(counts.values()) <= 400 * 0.8
    assert 0 < server.pages <= 800 / 10
