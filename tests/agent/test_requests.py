"""Requests of the centre: each once, in time, five seconds apart, answered whatever it was."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.check import Check, TcpCheck
from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Answer, Result
from sansang_agent.contract.rung import Rung
from sansang_agent.reporter import Answered
from sansang_agent.requests import AT_ONCE, MOST_WAITING, Requests
from tests.support.fake_clock import FakeClock, settled

NOW = 1_780_000_000.0
"""The centre's clock; the machine's own shows something else."""
CHECK = TcpCheck(id="asked", rung=Rung.SERVICE, target="x.example:443")


class Asker:
    """Notes what was run and when."""

    def __init__(self, clock: FakeClock) -> None:
        self.runs: list[float] = []
        self.checks: list[Check] = []
        self.reason: Reason | None = None
        self.hold: asyncio.Event | None = None
        self._clock = clock

    async def ask(self, check: Check) -> Result:
        self.runs.append(self._clock.mono())
        self.checks.append(check)
        if self.hold:
            await self.hold.wait()
        outcome = Outcome.UNKNOWN if self.reason else Outcome.OK
        return Result(check=check.id, outcome=outcome, reason=self.reason)


class Machine:
    def __init__(self) -> None:
        self.clock = FakeClock(wall=NOW + 86_400)
        self.asker = Asker(self.clock)
        self.answers: list[Answered] = []
        self.requests = Requests(self.asker.ask, self.clock, self.answers.append)

    async def hear(self, *requests: object) -> None:
        raws = tuple(msgspec.Raw(each if isinstance(each, bytes) else encode(each)) for each in requests)
        self.requests.heard(Answer(now=NOW, requests=raws))
        await settled()


@asynccontextmanager
async def machine() -> AsyncIterator[Machine]:
    made = Machine()
    running = asyncio.create_task(made.requests.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def request(number: int = 1, count: int = 1, expires: float = NOW + 60) -> Request:
    return Request(id=f"{number:032x}", check=CHECK, count=count, expires=expires)


def ids(machine: Machine) -> list[int]:
    return [int(answered.id, 16) for answered in machine.answers]


async def test_a_request_is_run_once_without_confirmation_and_answered_at_once() -> None:
    async with machine() as pc:
        await pc.hear(request())

    assert ids(pc) == [1]
    assert pc.answers[0].results == ((Result(check="asked", outcome=Outcome.OK), 1000.0),)
    assert [check.confirm for check in pc.asker.checks] == [False]


async def test_a_request_heard_again_is_not_run_again() -> None:
    async with machine() as pc:
        await pc.hear(request(), request())
        await pc.hear(request(), request(2))

    assert ids(pc) == [1, 2]
    assert len(pc.asker.runs) == 2


async def test_a_count_is_run_five_seconds_apart_and_answered_together() -> None:
    async with machine() as pc:
        await pc.hear(request(count=3))
        assert pc.answers == []
        await pc.clock.advance(10)

    assert pc.asker.runs == [1000.0, 1005.0, 1010.0]
    assert [len(answered.results) for answered in pc.answers] == [3]


async def test_an_expired_request_is_not_run_by_the_centres_clock_and_not_by_ours() -> None:
    async with machine() as pc:
        await pc.hear(request(1, expires=NOW - 0.1), request(2, expires=NOW + 0.1))

    assert ids(pc) == [2]


async def test_a_request_that_waits_until_it_expires_is_not_run() -> None:
    async with machine() as pc:
        pc.asker.hold = asyncio.Event()
        await pc.hear(*(request(number) for number in range(1, AT_ONCE + 1)))
        await pc.hear(request(9, expires=NOW + 20))
        await pc.clock.advance(21)
        pc.asker.hold.set()
        await settled()

    assert 9 not in ids(pc)
    assert len(pc.asker.runs) == AT_ONCE


async def test_a_request_that_cannot_be_read_is_answered_so_and_spoils_no_other() -> None:
    posting = {**msgspec.to_builtins(request(1)), "check": {"kind": "http", "method": "POST", "body": "x"}}
    newer = {**msgspec.to_builtins(request(2)), "check": {"kind": "quic"}}
    async with machine() as pc:
        await pc.hear(posting, newer, b'{"id":5}', b'"x"', request(3))

    assert sorted(ids(pc)) == [1, 2, 3]
    unread = [answered.results[0][0] for answered in pc.answers if answered.id != f"{3:032x}"]
    assert {result.reason for result in unread} == {Reason.NOT_SUPPORTED}
    assert (unread[0].detail or "").startswith("the request cannot be read: ")
    assert len(pc.asker.runs) == 1


async def test_what_policy_refused_is_not_asked_for_a_second_time() -> None:
    async with machine() as pc:
        pc.asker.reason = Reason.REFUSED_BY_POLICY
        await pc.hear(request(count=5))

    assert [len(answered.results) for answered in pc.answers] == [1]


async def test_only_so_many_requests_wait_and_others_are_told_so() -> None:
    async with machine() as pc:
        pc.asker.hold = asyncio.Event()
        for number in range(AT_ONCE):
            await pc.hear(request(number))
        for number in range(100, 100 + MOST_WAITING + 1):
            await pc.hear(request(number))

    assert ids(pc) == [100 + MOST_WAITING]
    assert pc.answers[0].results[0][0].reason is Reason.REFUSED_BY_POLICY
