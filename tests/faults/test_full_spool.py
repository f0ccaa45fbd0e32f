"""A spool filled to its bound in a fortnight without contact: what survives, and that the rest is counted and told."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sansang_agent.config import CollectorConfig
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result, Span, Why
from sansang_agent.disk import Disk
from sansang_agent.link import Link
from sansang_agent.names import SystemNames
from sansang_agent.reporter import Draft, Frame, Reporter
from sansang_agent.runner import Slots
from sansang_agent.spool import MOST_TOLD, Spool
from sansang_agent.uplink import Uplink
from sansang_agent.writer import KEEP_WITHOUT_CONTACT_S, Writer
from sansang_collector.records import MAX_DROPPED
from tests.support.fake_clock import FakeClock
from tests.support.fake_collector import FakeCollector, Request, stored

DAY_S = 86_400.0
PERIOD_S = 240.0
"""Reports are taken sixteen times more rarely than in the field, and the bound is as much smaller."""
BOUND = 500_000
CHECKS = 6
SEED = 11


class SmallDisk(Disk):
    """A spool in memory with a small bound."""

    def _open(self) -> Spool:
        return Spool.open(None, BOUND)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[SmallDisk]:
    disk = SmallDisk(tmp_path)
    yield disk
    await disk.close()


def fortnight(begin: float) -> Iterator[Draft]:
    """Reports of two weeks: quiet, but for an outage now and then and one bad hour of the line."""
    chance = random.Random(SEED)
    frame = Frame(boot="boot-1", start="boot", version="1", config="")
    reporter = Reporter(frame, Slots(begin, PERIOD_S, 0.0, PERIOD_S), lambda: 0.0)
    down = False
    mono = begin
    while mono < begin + 14 * DAY_S:
        bad_hour = 6 * DAY_S < mono - begin < 6 * DAY_S + 7200
        down ^= chance.random() < (0.5 if bad_hour else 0.01)
        for number in range(CHECKS):
            reporter.add(_seen(chance, number, down=down and number > 2), mono, mono)
        yield reporter.take(mono, 1e9 + mono, None)
        mono += PERIOD_S


def _seen(chance: random.Random, number: int, *, down: bool) -> Result:
    if down:
        return Result(check=f"check-{number}", outcome=Outcome.FAILED, reason=Reason.TIMEOUT)
    rtts = sorted(round(chance.uniform(1, 40), 3) for _ in range(4))
    return Result(check=f"check-{number}", outcome=Outcome.OK, sent=5, lost=0, rtt_ms=(*rtts,))  # type: ignore[arg-type]


async def told_by(disk: Disk, folder: Path) -> list[Request]:
    """The envelopes in which everything that waits goes to a collector that is there again."""
    (folder / "token").write_text("secret")
    clock = FakeClock(20 * DAY_S)
    async with FakeCollector(stored) as collector:
        link = Link(CollectorConfig(url=collector.url, token_file=str(folder / "token")), SystemNames(), "sansang/test")
        uplink = Uplink(link, disk, clock, lambda: 0.5, "boot-1", "")
        while (await disk.do(Spool.state)).rows:
            await clock.advance(60)
            async with asyncio.timeout(20):
                await uplink.step()
        await link.close()
        return collector.requests


def numbers(spans: set[Span]) -> set[int]:
    return {number for first, last in spans for number in range(first, last + 1)}


async def test_changes_and_the_first_half_hour_survive_a_fortnight_and_drops_are_counted_and_told(
    disk: SmallDisk, tmp_path: Path
) -> None:
    writer = Writer(disk)
    begin = 1000.0
    drafts = list(fortnight(begin))
    for draft in drafts:
        await writer.write(draft, begin)
    state = await disk.do(Spool.state)
    requests = await told_by(disk, tmp_path)

    arrived = {report.seq for request in requests for report in request.reports}
    dropped = numbers({span for request in requests for span in request.envelope.spool.dropped})
    changes = {seq for seq, draft in enumerate(drafts, 1) if draft.why is Why.CHANGE}
    first = {seq for seq, draft in enumerate(drafts, 1) if draft.mono - begin <= KEEP_WITHOUT_CONTACT_S}
    assert BOUND / 3 < state.bytes <= BOUND
    assert len(dropped) > len(drafts) / 4
    assert len(changes) > 50
    assert changes | first <= arrived
    assert arrived | dropped == set(range(1, len(drafts) + 1))
    assert not arrived & dropped


async def test_more_dropped_ranges_than_one_envelope_may_name_are_told_in_several(
    disk: SmallDisk, tmp_path: Path
) -> None:
    draft = next(fortnight(1000.0))
    count = MOST_TOLD + 100
    for _ in range(20):
        await disk.do(lambda spool: spool.append(draft.make))
    for number in range(count):
        await disk.do(lambda spool, number=number: spool._note_dropped(spool.stream, 100 + 2 * number))  # type: ignore[misc]
    requests = await told_by(disk, tmp_path)

    named = [request.envelope.spool.dropped for request in requests]
    assert [len(spans) for spans in named] == [MOST_TOLD, 100]
    assert numbers({span for spans in named for span in spans}) == {100 + 2 * number for number in range(count)}
    assert MOST_TOLD <= MAX_DROPPED
