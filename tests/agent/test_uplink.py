"""The uplink against real servers on loopback that answer in every way: kept, settled, paced, and never a hot loop."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from certificates import Authority, Kind
from sansang_agent.answers import NotTaken, Taken, Trouble, judge
from sansang_agent.assigned import hash_of
from sansang_agent.centre import Centre
from sansang_agent.config import CollectorConfig
from sansang_agent.contract import joining
from sansang_agent.contract.assignment import Assignment, Role
from sansang_agent.contract.check import Profile
from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Answer, Pace, SpoolState
from sansang_agent.disk import Disk
from sansang_agent.hindrance import Hindrance
from sansang_agent.link import Link, LinkError
from sansang_agent.names import SystemNames
from sansang_agent.pace import Backoff, Fetches, Turns
from sansang_agent.spool import Row, Spool
from sansang_agent.uplink import Uplink
from sansang_agent.wire_http import Response
from tests.agent.test_spool import a_report
from tests.support.fake_clock import FakeClock
from tests.support.fake_collector import FakeCollector, Reply, Request, Script, problem, stored

PROFILE = Profile(label="test")


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    disk = Disk(tmp_path / "spool.db")
    yield disk
    await disk.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class Sender:
    """An uplink on a fake clock, its waits in a test's hand."""

    def __init__(
        self, folder: Path, disk: Disk, clock: FakeClock, url: str, chance: float = 0.5, centre: Centre | None = None
    ) -> None:
        token = folder / "token"
        token.write_text("secret-token\n")
        config = CollectorConfig(url=url, token_file=str(token))
        self.link = Link(config, SystemNames(), "sansang/test")
        self.disk = disk
        self.clock = clock
        self.uplink = Uplink(self.link, disk, clock, lambda: chance, "boot-1", "", centre=centre)

    async def append(self, count: int = 1, words: str = "") -> None:
        for _ in range(count):
            await self.disk.do(lambda spool: spool.append(a_report(self.clock.mono(), words=words)))
        self.uplink.wake(urgent=True)

    async def waiting(self) -> int:
        return (await self.disk.do(Spool.state)).rows

    async def step(self) -> float:
        """One envelope; moves the clock beyond every pace first."""
        await self.clock.advance(60)
        async with asyncio.timeout(10):
            return await self.uplink.step()


@pytest.fixture
async def send(tmp_path: Path, disk: Disk, clock: FakeClock) -> AsyncIterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def make(url: str, **more: Any) -> Sender:
        made.append(Sender(tmp_path, disk, clock, url, **more))
        return made[-1]

    yield make
    for sender in made:
        await sender.link.close()


Send = Callable[..., Sender]


async def test_what_the_collector_stored_leaves_the_spool(send: Send) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url + "/sub/")
        await sender.append(3)

        assert await sender.step() == 0

        request = collector.requests[0]
        assert request.target == "/sub/api/v1/reports"
        assert request.headers["authorization"] == "Bearer secret-token"
        assert request.headers["user-agent"] == "sansang/test"
        assert request.headers["content-encoding"] == "gzip"
        assert request.seqs == [3, 2, 1]
        assert request.envelope.v == 1
        assert request.envelope.sent.mono == sender.clock.mono()
        assert request.envelope.spool.rows == 3
        assert await sender.waiting() == 0
        assert sender.uplink.contact.error is None


async def test_reports_travel_as_the_bytes_the_spool_froze(send: Send, disk: Disk) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        _, _, body = await disk.do(lambda spool: spool.append(a_report(words="tiếng Việt")))
        await sender.step()

        assert collector.requests[0].bodies == [body]


async def test_one_connection_is_kept(send: Send) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        for _ in range(3):
            await sender.append()
            await sender.step()

        assert (len(collector.requests), collector.connections) == (3, 1)


async def test_an_idle_connection_that_was_closed_is_opened_again_at_once(send: Send) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.step()
        await collector.hang_up()
        await sender.append()

        assert await sender.step() == 0
        assert collector.connections == 2


async def test_a_connection_closed_while_a_report_was_on_its_way_is_opened_again_at_once(send: Send) -> None:
    async with FakeCollector(stored, lambda _: b"", stored) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.step()
        await sender.append()

        assert await sender.step() == 0
        assert [request.seqs for request in collector.requests] == [[1], [2], [2]]
        assert collector.connections == 2


async def test_silence_about_a_report_keeps_it(send: Send) -> None:
    def newest_only(request: Request) -> Reply:
        report = request.reports[0]
        return Reply(body={"stored": [[report.stream, [[report.seq, report.seq]]]], "now": 0})

    async with FakeCollector(newest_only) as collector:
        sender = send(collector.url)
        await sender.append(3)
        await sender.step()

        assert await sender.waiting() == 2


async def test_spans_of_a_generous_collector_touch_only_what_was_sent(send: Send) -> None:
    def everything(request: Request) -> Reply:
        return Reply(body={"stored": [[request.reports[0].stream, [[0, 9_000_000_000]]]], "now": 0})

    async with FakeCollector(everything) as collector:
        sender = send(collector.url)
        await sender.append(25)
        await sender.step()

        assert len(collector.requests[0].seqs) == 10
        assert await sender.waiting() == 15


async def test_an_answer_that_takes_nothing_is_trouble_not_a_hot_loop(send: Send) -> None:
    async with FakeCollector(lambda _: Reply(body={"now": 1.0})) as collector:
        sender = send(collector.url, chance=0.5)
        await sender.append()

        assert await sender.step() == 0.5
        assert await sender.waiting() == 1
        assert "took none" in (sender.uplink.contact.error or "")


async def test_newest_first_and_the_backlog_behind_them(send: Send) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        await sender.append(35)
        await sender.step()
        await sender.append(1)
        await sender.step()
        while await sender.waiting():
            await sender.step()

        assert [request.seqs for request in collector.requests] == [
            list(range(35, 25, -1)),
            [36],
            list(range(25, 0, -1)),
        ]


async def test_the_backlog_goes_at_the_pace_told(send: Send, clock: FakeClock) -> None:
    slow = {"live_s": 15, "backlog_per_s": 0.5}
    async with FakeCollector(lambda request: stored(request, pace=slow)) as collector:
        sender = send(collector.url)
        await sender.append(90)
        await sender.uplink.step()
        for _ in range(2):
            await until_done(sender.uplink.step(), clock)

    assert [len(request.seqs) for request in collector.requests] == [10, 20, 40]
    times = [request.envelope.sent.mono for request in collector.requests]
    assert all(later - earlier >= 2 for earlier, later in pairwise(times))


async def test_a_periodic_report_waits_for_its_turn_and_a_change_does_not(send: Send, clock: FakeClock) -> None:
    async with FakeCollector(lambda request: stored(request, pace={"live_s": 100})) as collector:
        sender = send(collector.url)
        for _ in range(2):
            await sender.append()
            await sender.uplink.step()
        began = clock.mono()
        assert len(collector.requests) == 2

        await sender.disk.do(lambda spool: spool.append(a_report()))
        sender.uplink.wake(urgent=False)
        await until_done(sender.uplink.step(), clock)

        assert clock.mono() - began >= 80
        assert collector.requests[2].seqs == [3]


async def test_urgency_heard_of_too_late_does_not_pass_to_the_next_report(send: Send, clock: FakeClock) -> None:
    async with FakeCollector(lambda request: stored(request, pace={"live_s": 100})) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.uplink.step()
        began = clock.mono()
        waiting = asyncio.create_task(sender.uplink.step())
        sender.uplink.wake(urgent=True)
        await sender.waiting()
        await clock.advance(0)
        await sender.waiting()
        await sender.disk.do(lambda spool: spool.append(a_report()))
        sender.uplink.wake(urgent=False)
        await until_done(waiting, clock)

        assert clock.mono() - began >= 80


async def until_done(work: Awaitable[float], clock: FakeClock) -> None:
    """Move the clock until ``work`` ends; the disk's thread and the server take real moments."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await clock.advance(1)
        await asyncio.wait({task}, timeout=0.002)
    await task


async def test_the_first_envelope_carries_the_profile_and_later_ones_only_what_is_wanted(
    send: Send, disk: Disk, clock: FakeClock, tmp_path: Path
) -> None:
    name = await disk.do(lambda spool: spool.put_profile(PROFILE))
    older = await disk.do(lambda spool: spool.put_profile(Profile(label="older")))
    wanting = {"profiles_wanted": [older, "f" * 32]}
    async with FakeCollector(lambda r: stored(r, **wanting), stored, stored) as collector:
        sender = send(collector.url)
        sender.uplink = Uplink(sender.link, disk, clock, lambda: 0.5, "boot-1", name)
        for _ in range(3):
            await sender.append()
            await sender.step()

        assert [set(request.envelope.profiles) for request in collector.requests] == [{name}, {older}, set()]
        assert collector.requests[0].envelope.profiles[name] == PROFILE


async def test_profiles_go_again_until_an_answer_came(send: Send, disk: Disk, clock: FakeClock) -> None:
    name = await disk.do(lambda spool: spool.put_profile(PROFILE))
    async with FakeCollector(lambda _: Reply(503), stored) as collector:
        sender = send(collector.url)
        sender.uplink = Uplink(sender.link, disk, clock, lambda: 0.5, "boot-1", name)
        await sender.append()
        await sender.step()
        await sender.step()

        assert [set(request.envelope.profiles) for request in collector.requests] == [{name}, {name}]


async def test_refused_reports_lie_aside_and_are_never_sent_again(send: Send, disk: Disk) -> None:
    def second_is_bad(request: Request) -> Reply:
        good = [[report.stream, [[report.seq, report.seq]]] for n, report in enumerate(request.reports) if n != 1]
        refused = [{"index": 1, "field": "results[0].rtt_ms", "why": "Expected `float`"}]
        return Reply(body={"stored": good, "refused": refused, "now": 0})

    async with FakeCollector(second_is_bad, stored) as collector:
        sender = send(collector.url)
        await sender.append(3)

        assert await sender.step() == 0
        assert await sender.waiting() == 0
        assert await disk.do(Spool.poisoned) == 1


async def test_a_conflict_begins_a_new_stream_and_sends_the_reports_again_in_it(send: Send, disk: Disk) -> None:
    def conflict(request: Request) -> Reply:
        report = request.reports[-1]
        refused = [{"index": 1, "stream": report.stream, "seq": report.seq, "why": "conflict"}]
        return Reply(body={"stored": [[report.stream, [[1, 2]]]], "refused": refused, "now": 0})

    async with FakeCollector(conflict, stored) as collector:
        sender = send(collector.url)
        await sender.append(2)
        assert await sender.step() == 0
        assert await sender.step() == 0

        first, second = collector.requests
        assert first.seqs == [2, 1]
        assert second.seqs == [1]
        assert second.reports[0].stream == await disk.do(lambda spool: spool.stream) != first.reports[0].stream
        assert second.reports[0].results == first.reports[1].results
        assert await sender.waiting() == 0


async def test_a_collector_that_always_says_conflict_is_not_asked_in_a_loop(send: Send) -> None:
    def conflict(request: Request) -> Reply:
        return Reply(body={"refused": [{"index": 0, "why": "conflict"}], "now": 0})

    async with FakeCollector(conflict) as collector:
        sender = send(collector.url)
        await sender.append()

        assert [await sender.step() > 0 for _ in range(3)] == [False, True, True]
        assert await sender.waiting() == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_not_accepted_is_tried_slowly(send: Send, status: int) -> None:
    async with FakeCollector(lambda _: problem(status, detail="unknown token")) as collector:
        sender = send(collector.url, chance=0.5)
        await sender.append()

        assert await sender.step() == 90.0
        assert await sender.waiting() == 1
        assert sender.uplink.contact.error == (
            f"the collector answered {status} (unknown token): it does not accept this agent's token"
        )


async def test_a_renewed_token_counts_at_once(send: Send, tmp_path: Path) -> None:
    async with FakeCollector(lambda _: Reply(401), stored) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.step()
        (tmp_path / "token").write_text("renewed")
        await sender.step()

        assert [request.headers["authorization"] for request in collector.requests] == [
            "Bearer secret-token",
            "Bearer renewed",
        ]


@pytest.mark.parametrize("token", [None, "", "two words", "tiếng"])
async def test_a_token_file_that_holds_no_token_is_trouble_named(send: Send, tmp_path: Path, token: str | None) -> None:
    sender = send("http://127.0.0.1:9")
    await sender.append()
    (tmp_path / "token").unlink()
    if token is not None:
        (tmp_path / "token").write_text(token, encoding="utf-8")

    await sender.step()

    assert "token file" in (sender.uplink.contact.error or "")


async def test_too_large_an_envelope_is_halved_down_to_the_one_at_fault(send: Send, disk: Disk) -> None:
    def too_large(request: Request) -> Reply:
        if 3 in request.seqs:
            return problem(413, detail="too large")
        return stored(request)

    async with FakeCollector(too_large) as collector:
        sender = send(collector.url)
        await sender.append(4)
        for _ in range(20):
            if not await sender.waiting():
                break
            await sender.step()

        assert [len(request.seqs) for request in collector.requests][:3] == [4, 2, 1]
        assert await sender.waiting() == 0
        assert await disk.do(Spool.poisoned) == 1


async def test_a_proxy_that_finds_everything_too_large_costs_no_report(send: Send, disk: Disk) -> None:
    async with FakeCollector(lambda _: Reply(413, b"<html>", {"content-type": "text/html"})) as collector:
        sender = send(collector.url)
        await sender.append(2)
        for _ in range(6):
            assert await sender.step() > 0

        assert await sender.waiting() == 2
        assert await disk.do(Spool.poisoned) == 0


async def test_records_named_in_a_problem_document_lie_aside(send: Send, disk: Disk) -> None:
    def bad(request: Request) -> Reply:
        return problem(400, refused=[{"index": 0, "why": "wrong", "field": "mono"}])

    async with FakeCollector(bad, stored) as collector:
        sender = send(collector.url)
        await sender.append(2)
        assert await sender.step() == 0
        await sender.step()

        assert await disk.do(Spool.poisoned) == 1
        assert await sender.waiting() == 0


@pytest.mark.parametrize(
    ("retry_after", "wait"), [("8", 9.0), ("99999", 675.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.5), ("-3", 0.5)]
)
async def test_a_busy_collector_says_when_to_come_back(send: Send, retry_after: str, wait: float) -> None:
    async with FakeCollector(lambda _: Reply(503, headers={"retry-after": retry_after})) as collector:
        sender = send(collector.url, chance=0.5)
        await sender.append()

        assert await sender.step() == wait


def _half(_request: Request) -> bytes:
    return b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"stored":[["'


GARBAGE: dict[str, Script] = {
    "half an answer": _half,
    "no http": lambda _: b"\x00\x01SSH-2.0-nothing\r\n\r\n",
    "closed": lambda _: b"",
    "no json": lambda _: Reply(body=b"<html>login</html>"),
    "other json": lambda _: Reply(body={"stored": "yes", "now": "soon"}),
    "no utf-8": lambda _: Reply(body=b'{"now": 1, "config": "\xff"}'),
    "nested without end": lambda _: Reply(body=b'{"now": 1, "x": ' + b"[" * 100_000),
    "a problem nested without end": lambda _: Reply(
        500, b'{"x": ' + b"[" * 100_000, {"content-type": "application/problem+json"}
    ),
    "endless": lambda _: Reply(body=b" " * 1_100_000),
    "redirect": lambda _: Reply(302, headers={"location": "https://login.test/"}),
    "server error": lambda _: Reply(500),
    "not found": lambda _: Reply(404),
    "no content": lambda _: Reply(204),
}


@pytest.mark.parametrize("script", GARBAGE.values(), ids=GARBAGE)
async def test_what_is_no_answer_keeps_every_report_and_the_next_try_works(send: Send, script: Script) -> None:
    async with FakeCollector(script, stored) as collector:
        sender = send(collector.url, chance=0.5)
        await sender.append(2)

        assert await sender.step() == 0.5
        assert await sender.waiting() == 2
        assert sender.uplink.contact.error is not None
        assert await sender.step() == 0
        assert await sender.waiting() == 0
        assert sender.uplink.contact.error is None


async def test_a_connection_reset_in_the_middle_keeps_the_reports(send: Send) -> None:
    async with FakeCollector(lambda _: b"HTTP/1.1 200 OK\r\ncontent-le") as collector:
        sender = send(collector.url)
        await sender.append()

        assert await sender.step() > 0
        assert await sender.waiting() == 1


async def test_a_collector_that_never_answers_is_given_up(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sansang_agent.link.EXCHANGE_S", 0.05)

    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with FakeCollector(never) as collector:
        sender = send(collector.url)
        await sender.append()

        assert await sender.step() > 0
        assert sender.uplink.contact.error == "no answer from 127.0.0.1 within 0.05 s"


async def test_a_refused_connection_is_waited_for_with_growing_jitter(send: Send, clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sender = send(f"http://127.0.0.1:{port}", chance=1.0)
    await sender.append()
    waits = []
    for _ in range(8):
        waits.append(await sender.uplink.step())
        await clock.advance(waits[-1] + 0.3)

    assert waits == pytest.approx([1.0, 1.3, 2.9, 6.1, 12.5, 25.3, 50.9, 60.0])
    assert await sender.waiting() == 1


def test_the_wait_is_drawn_evenly_and_an_outage_forgotten_when_it_ends() -> None:
    chances = iter([0.0, 0.25, 0.5, 0.5])
    backoff = Backoff(lambda: next(chances))

    assert [backoff.fail(now) for now in (0.0, 40.0, 400.0)] == [0.0, 10.0, 30.0]
    backoff.succeed()
    assert backoff.fail(500.0) == 0.5


def test_a_pace_without_sense_is_brought_into_bounds() -> None:
    turns = Turns()
    turns.told(Pace(live_s=-5, backlog_per_s=0))
    turns.sent(100.0, live=True)

    assert (turns.live, turns.backlog) == (100.0, 200.0)


async def test_contact_and_clock_skew_are_known(send: Send, clock: FakeClock) -> None:
    async with FakeCollector(lambda request: _at(request, clock.wall() + 120)) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.step()

        assert sender.uplink.contact.skew_s == pytest.approx(120)
        assert sender.uplink.contact.mono == clock.mono()
        assert sender.uplink.contact.wall == clock.wall()


def _at(request: Request, now: float) -> Reply:
    spans = [[report.stream, [[report.seq, report.seq]]] for report in request.reports]
    return Reply(body={"stored": spans, "now": now})


class SlowNames:
    """A resolver during whose search the machine sleeps for a night."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def resolve(self, host: str, timeout: float) -> list[str]:
        del timeout
        await self._clock.advance(8 * 3600)
        return [host]


async def test_the_time_of_sending_is_that_of_sending_however_long_it_took_to_connect(
    send: Send, tmp_path: Path, clock: FakeClock, disk: Disk
) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        config = CollectorConfig(url=collector.url, token_file=str(tmp_path / "token"))
        sender.link = Link(config, SlowNames(clock), "sansang/test")
        sender.uplink = Uplink(sender.link, disk, clock, lambda: 0.5, "boot-1", "")
        await sender.append()
        asked = clock.mono() + 60
        await sender.step()

        (request,) = collector.requests
        assert request.envelope.sent.mono == asked + 8 * 3600 == clock.mono()
        assert request.envelope.sent.wall == clock.wall()


async def test_a_slow_answer_undoes_what_is_known_of_the_clock_only_where_it_must(send: Send, clock: FakeClock) -> None:
    def after(seconds: float, ahead: float) -> Callable[[Request], Awaitable[Reply]]:
        async def script(request: Request) -> Reply:
            await clock.advance(seconds)
            return stored(request, now=clock.wall() + ahead)

        return script

    async with FakeCollector(after(0.0, 5.0), after(20.0, 5.0), after(20.0, 3600.0)) as collector:
        sender = send(collector.url)
        known = []
        for _ in range(3):
            await sender.append()
            await sender.step()
            known.append(sender.uplink.contact.skew_s)

    assert known == pytest.approx([5.0, 5.0, 3610.0], abs=0.1)


async def test_dropped_numbers_are_told_until_they_were_heard(send: Send, disk: Disk) -> None:
    async with FakeCollector(lambda _: Reply(503), stored) as collector:
        sender = send(collector.url)
        await sender.append(4)
        await disk.do(lambda spool: spool._drop([2, 3]))
        for _ in range(2):
            await sender.step()
        await sender.append()
        await sender.step()

        assert [request.envelope.spool.dropped for request in collector.requests] == [((2, 3),), ((2, 3),), ()]
        assert await disk.do(Spool.state) == SpoolState()


async def test_flush_sends_the_newest_and_closes(send: Send) -> None:
    async with FakeCollector(stored) as collector:
        sender = send(collector.url)
        await sender.append(2)
        await sender.uplink.flush(3.0)

        assert collector.requests[0].seqs == [2, 1]
        assert await sender.waiting() == 0


async def test_flush_ends_in_time_when_nobody_answers(send: Send) -> None:
    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with FakeCollector(never) as collector:
        sender = send(collector.url)
        await sender.append()
        began = time.monotonic()
        await sender.uplink.flush(0.05)

        assert time.monotonic() - began < 30  # the collector would never answer
        assert await sender.waiting() == 1


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_collector_is_trusted_by_its_certificate_only(
    send: Send, tmp_path: Path, clock: FakeClock, disk: Disk, trusted: bool
) -> None:
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    authority, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    async with FakeCollector(stored, tls=authority.context("good")) as collector:
        sender = send(collector.url)
        ca = authority.ca_file if trusted else other.ca_file
        config = CollectorConfig(url=collector.url, token_file=str(tmp_path / "token"), ca=str(ca))
        link = Link(config, SystemNames(), "sansang/test")
        sender.uplink = Uplink(link, disk, clock, lambda: 0.5, "boot-1", "")
        await sender.append()
        await sender.step()
        await link.close()

    assert len(collector.requests) == int(trusted)
    assert ("CERTIFICATE_VERIFY_FAILED" in (sender.uplink.contact.error or "")) is not trusted


ROWS = [Row(30, "a" * 32, 3, b""), Row(20, "b" * 32, 2, b""), Row(10, "a" * 32, 1, b"")]


def answered(**body: object) -> Taken:
    judgement = judge(Response(200, {}, Reply(body={"now": 0, **body}).body), ROWS)
    assert isinstance(judgement, Taken)
    return judgement


def test_a_row_is_stored_only_by_its_own_stream() -> None:
    assert answered(stored=[["a" * 32, [[1, 3]]]]).stored == [ROWS[0], ROWS[2]]
    assert answered(stored=[["c" * 32, [[0, 99]]]]).stored == []


def test_refused_wins_over_stored() -> None:
    taken = answered(stored=[["a" * 32, [[1, 3]]]], refused=[{"index": 0, "why": "conflict"}])

    assert (taken.stored, taken.conflicts) == ([ROWS[2]], [ROWS[0]])


def test_refusals_of_what_was_never_sent_touch_nothing() -> None:
    strays = [
        {"index": 7, "why": "x"},
        {"index": -1, "why": "x"},
        {"index": 0, "stream": "f" * 32, "seq": 3, "why": "x"},
    ]

    assert answered(refused=strays).refused == []


def test_a_record_refused_twice_is_refused_once() -> None:
    twice = [{"index": 0, "field": "mono", "why": "x"}, {"index": 0, "why": "y"}]

    assert answered(refused=twice).refused == [(ROWS[0], "mono: x")]


def test_a_problem_that_is_no_problem_document_is_not_believed() -> None:
    said = judge(Response(413, {"content-type": "application/problem+json"}, b"<html>"), ROWS)

    assert said == NotTaken(Trouble.SMALLER, "the collector answered 413")


async def test_a_name_that_cannot_be_found_is_trouble_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")

    def nobody(host: str) -> list[str]:
        return []

    link = Link(
        CollectorConfig(url="https://c.test", token_file=str(tmp_path / "token")), SystemNames(nobody), "sansang/test"
    )

    with pytest.raises(LinkError, match=r"c\.test has no address"):
        await link.post(bytes)


ASSIGNED = encode(Assignment(role=Role.MINI))


def with_config(fetched: Reply, announced: str = hash_of(ASSIGNED)) -> Script:
    """A collector that has something for this machine, and answers a GET of it so."""
    return lambda request: stored(request, config=announced) if request.method == "POST" else fetched


def gets(collector: FakeCollector) -> list[Request]:
    return [request for request in collector.requests if request.method == "GET"]


async def test_what_the_centre_has_assigned_is_fetched_over_the_same_connection(send: Send, tmp_path: Path) -> None:
    async with FakeCollector(with_config(Reply(body=ASSIGNED))) as collector:
        centre = Centre(tmp_path)
        sender = send(collector.url + "/sub", centre=centre)
        for _ in range(3):
            await sender.append()
            await sender.step()

        assert [request.target for request in gets(collector)] == ["/sub/api/v1/agent/config"]
        assert gets(collector)[0].headers["authorization"] == "Bearer secret-token"
        assert collector.connections == 1
        centre.adopt()
        assert centre.assigned.role == "mini"


async def test_what_is_known_is_named_so_that_it_need_not_be_sent(send: Send, tmp_path: Path) -> None:
    async with FakeCollector(with_config(Reply(304), announced="newer")) as collector:
        centre = Centre(tmp_path)
        centre.offer(ASSIGNED)
        centre.adopt()
        sender = send(collector.url, centre=centre)
        await sender.append()
        await sender.step()

        assert gets(collector)[0].headers["if-none-match"] == f'"{hash_of(ASSIGNED)}"'
        assert centre.assigned.hash == hash_of(ASSIGNED)


@pytest.mark.parametrize("reply", [Reply(404), Reply(503), Reply(body=b"{"), Reply(500)])
async def test_a_collector_that_has_nothing_usable_is_asked_again_at_leisure(
    send: Send, tmp_path: Path, reply: Reply
) -> None:
    async with FakeCollector(with_config(reply)) as collector:
        centre = Centre(tmp_path)
        sender = send(collector.url, centre=centre)
        for _ in range(4):
            await sender.append()
            async with asyncio.timeout(10):
                assert await sender.uplink.step() == 0
        assert len(gets(collector)) == 1
        assert await sender.waiting() == 0
        assert centre.assigned.hash == ""


async def test_a_machine_that_follows_its_own_file_fetches_nothing(send: Send) -> None:
    async with FakeCollector(with_config(Reply(body=ASSIGNED))) as collector:
        sender = send(collector.url)
        await sender.append()
        await sender.step()

        assert gets(collector) == []


async def test_the_collector_s_clock_is_known_from_its_answers(send: Send, tmp_path: Path) -> None:
    async with FakeCollector(lambda request: stored(request, now=5_000_000.0)) as collector:
        centre = Centre(tmp_path)
        sender = send(collector.url, centre=centre)
        await sender.append()
        await sender.step()

        assert centre.contact.ahead_s == pytest.approx(5_000_000.0 - sender.clock.mono(), abs=1)


async def test_an_assignment_that_comes_only_by_halves_holds_up_few_reports_and_not_for_long(
    send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sansang_agent.uplink.FETCH_LIMIT_S", 0.1)

    async def half(_request: Request) -> bytes:
        await asyncio.Event().wait()
        return b""

    def script(request: Request) -> Any:
        return half(request) if request.method == "GET" else stored(request, config="newer")

    async with FakeCollector(script) as collector:
        sender = send(collector.url, centre=Centre(tmp_path))
        for _ in range(3):
            await sender.append()
            async with asyncio.timeout(5):
                await sender.uplink.step()

        assert len(gets(collector)) == 1
        assert await sender.waiting() == 0


async def test_an_assignment_that_changes_with_every_answer_is_not_fetched_with_every_restart(
    send: Send, tmp_path: Path
) -> None:
    async with FakeCollector(with_config(Reply(body=ASSIGNED), announced="another")) as collector:
        centre = Centre(tmp_path)
        for _ in range(3):
            sender = send(collector.url, centre=centre)
            await sender.append()
            await sender.uplink.step()
            centre.adopt()

        assert len(gets(collector)) == 1


def test_fetches_become_rarer_until_it_has_been_quiet() -> None:
    fetches, began, now = Fetches(), [], 0.0
    while now < 1000.0:
        if fetches.may_begin(now, 0.0):
            began.append(now)
        now += 1.0

    assert began == [0, 5, 15, 35, 75, 155, 275, 395, 515, 635, 755, 875, 995]
    assert fetches.may_begin(3000.0, 0.0)
    assert fetches.may_begin(3005.0, 0.0)


REVOKED = problem(401, type=joining.REVOKED, detail="removed")
CLONE = problem(403, type=joining.CLONE, detail="two machines")


@pytest.mark.parametrize(
    ("reply", "hindrance", "least_s"),
    [
        (REVOKED, Hindrance.REVOKED, 300.0),
        (CLONE, Hindrance.CLONE, 300.0),
        (problem(401), Hindrance.TOKEN, 60.0),
        (problem(403, type=joining.REVOKED), Hindrance.TOKEN, 60.0),
        (Reply(401), Hindrance.TOKEN, 60.0),
        (problem(500, type=joining.REVOKED), None, 0.0),
    ],
)
async def test_what_the_centre_says_of_an_identity_is_known_by_its_kind(
    send: Send, reply: Reply, hindrance: Hindrance | None, least_s: float
) -> None:
    async with FakeCollector(lambda _: reply) as collector:
        sender = send(collector.url)
        await sender.append()
        wait = await sender.step()

        assert sender.uplink.contact.hindrance is hindrance
        assert least_s <= wait <= max(60.0, 2 * least_s)
        assert await sender.waiting() == 1
        collector.script(stored)
        await sender.step()
        assert (sender.uplink.contact.hindrance, sender.uplink.contact.error) == (None, None)


@pytest.mark.parametrize(
    ("kind", "hindrance"),
    [
        ("expired", Hindrance.EXPIRED),
        ("not_yet", Hindrance.NOT_YET),
        ("wrong_name", Hindrance.NAME),
        ("self_signed", Hindrance.ISSUER),
        ("good", None),
    ],
)
async def test_what_is_wrong_with_the_collector_s_certificate_is_known_by_its_kind(
    send: Send, tmp_path: Path, clock: FakeClock, disk: Disk, kind: Kind, hindrance: Hindrance | None
) -> None:
    authority = Authority(tmp_path)
    async with FakeCollector(stored, tls=authority.context(kind)) as collector:
        sender = send(collector.url)
        config = CollectorConfig(url=collector.url, token_file=str(tmp_path / "token"), ca=str(authority.ca_file))
        link = Link(config, SystemNames(), "sansang/test")
        sender.uplink = Uplink(link, disk, clock, lambda: 0.5, "boot-1", "")
        await sender.append()
        await sender.step()
        await link.close()

    assert sender.uplink.contact.hindrance is hindrance
    assert (collector.requests == []) == (hindrance is not None)


def renewing(*tokens: str | None) -> Script:
    """Stores all, and gives one token after the other."""
    left = list(tokens)
    return lambda request: stored(request, token=left.pop(0) if left else None)


def _kept(file: Path, token: str) -> None:
    file.write_text(token)


async def test_a_renewed_token_is_kept_and_used_from_the_next_request_on(
    send: Send, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeCollector(renewing("renewed", "")) as collector:
        sender = send(collector.url)
        sender.uplink.keep_token = partial(_kept, tmp_path / "token")
        with caplog.at_level(logging.DEBUG):
            for _ in range(3):
                await sender.append()
                await sender.step()

    sent = [request.headers["authorization"] for request in collector.requests]
    assert sent == ["Bearer secret-token", "Bearer renewed", "Bearer renewed"]
    assert sender.uplink.contact.token_error is None
    assert "renewed" not in caplog.text.replace("has renewed this machine's token", "")


async def test_a_token_that_is_not_ours_to_change_stays(send: Send) -> None:
    async with FakeCollector(renewing("renewed")) as collector:
        sender = send(collector.url)
        for _ in range(2):
            await sender.append()
            await sender.step()

    assert {request.headers["authorization"] for request in collector.requests} == {"Bearer secret-token"}


@pytest.mark.parametrize("token", ["two words", "line\r\nX-Y: z", "\u0111", "x" * 5000])
async def test_what_is_no_token_is_not_kept(send: Send, token: str) -> None:
    async with FakeCollector(renewing(token)) as collector:
        sender = send(collector.url)
        kept: list[str] = []
        sender.uplink.keep_token = kept.append
        await sender.append()
        assert await sender.step() == 0

    assert (kept, sender.uplink.contact.token_error) == ([], "it is no token")


async def test_a_token_that_cannot_be_kept_costs_nothing_but_is_said_until_it_can(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_token: str) -> None:
        raise OSError(28, "No space left on device")

    async with FakeCollector(renewing("renewed", "renewed", "renewed")) as collector:
        sender = send(collector.url)
        sender.uplink.keep_token = full
        with caplog.at_level(logging.INFO):
            for _ in range(2):
                await sender.append()
                assert await sender.step() == 0

        assert "No space" in (sender.uplink.contact.token_error or "")
        assert len([record for record in caplog.records if "cannot be kept" in record.message]) == 1
        assert await sender.waiting() == 0
        sender.uplink.keep_token = lambda _token: None
        await sender.append()
        await sender.step()
        assert sender.uplink.contact.token_error is None


def test_an_answer_shows_its_token_to_nobody() -> None:
    answer = Answer(now=1.0, token="renewed")

    assert "renewed" not in repr(answer)
    assert "renewed" not in str(Taken(answer, [], [], []))
    assert "now=1.0" in repr(answer)
