"""How a fleet talks: it follows what the centre assigns, comes back to a busy collector, and survives closed doors."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from sansang_agent.contract.assignment import Assignment, assignment_hash
from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Answer, Envelope, Report
from sansang_collector.simulation import LABEL, world
from sansang_collector.simulation.driving import Drive, Player, woken_at
from sansang_collector.simulation.machine import Machine
from sansang_collector.simulation.noise import QUIET
from sansang_collector.simulation.tally import Tally
from sansang_collector.simulation.tempo import Driven
from sansang_collector.simulation.weather import Weather
from sansang_collector.simulation.wire import Wire, place_of
from tests.collector.simulation.provinces import at, province
from tests.support.reports import profile

ASSIGNED = Assignment(profile=profile(label="Hồ sơ của tỉnh"))


class Centre:
    """Answers as a collector does, the first ``busy`` envelopes with 503; ``closes``: after every answer."""

    def __init__(self, busy: int = 0, *, closes: bool = False) -> None:
        self.busy, self.closes = busy, closes
        self.asked: list[str] = []
        self.envelopes: list[Envelope] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length")
                )
                status, body = self._answer(head.split(" ")[1], await reader.readexactly(length))
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                if self.closes:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        if path == "/api/v1/agent/config":
            return 200, encode(ASSIGNED)
        if self.busy:
            self.busy -= 1
            return 503, b""
        envelope = msgspec.json.decode(body, type=Envelope)
        self.envelopes.append(envelope)
        stored = tuple((one.stream, ((one.seq, one.seq),)) for one in reports(envelope))
        return 200, encode(Answer(stored=stored, now=0.0, config=assignment_hash(ASSIGNED)))


def reports(envelope: Envelope) -> list[Report]:
    return [msgspec.json.decode(raw, type=Report) for raw in envelope.reports]


@asynccontextmanager
async def driven(centre: Centre) -> AsyncIterator[tuple[Drive, Tally]]:
    server = await asyncio.start_server(centre.serve, "127.0.0.1", 0)
    place = place_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    made, tally = world.make(province(2), 2, 1, seed=1, rates=QUIET), Tally()
    players = [Player(Machine(pc, made, at("09:00"), tally), Wire(place, "secret")) for pc in made.machines]
    drive = Drive(players, Weather(made, ()), Driven(at("09:00"), math.inf), tally)
    try:
        yield drive, tally
    finally:
        await drive.end()
        server.close()
        await server.wait_closed()


async def test_machines_follow_what_the_centre_assigns_and_still_say_that_they_are_simulated() -> None:
    async with driven(centre := Centre()) as (drive, _):
        await drive.run(at("09:02"))
    last = reports(centre.envelopes[-3])[0]
    labels = [one.label for envelope in centre.envelopes for one in envelope.profiles.values()]

    assert centre.asked.count("/api/v1/agent/config") == 2
    assert last.assigned == assignment_hash(ASSIGNED)
    assert {result.check for result in last.results} == {"gw", "dvc"}
    assert labels.count(f"{LABEL}: Hồ sơ của tỉnh") == 2
    assert all(label.startswith(LABEL) for label in labels)


async def test_a_busy_collector_is_asked_again_while_the_clock_stands_still() -> None:
    async with driven(Centre(busy=3)) as (drive, tally):
        await drive.run(at("09:01"))

    assert tally.unanswered == 3
    assert tally.accepted == tally.reports > 0


async def test_connections_closed_after_every_answer_lose_nothing() -> None:
    async with driven(Centre(closes=True)) as (drive, tally):
        await drive.run(at("09:02"))

    assert tally.accepted == tally.reports > 10


def test_a_fleet_is_never_woken_a_rounding_error_before_somebody_is_due() -> None:
    """Time would stand still for good: nobody is due, and the clock has nowhere to go."""
    for step in (0.25, 1 / 3, 0.4, 0.7, 5.0):
        for turn in range(2000):
            due = math.nextafter((round(1.78e9 / step) + turn) * step, math.inf)
            assert due <= woken_at(due, step) < due + step + 1e-6
