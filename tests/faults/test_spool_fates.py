"""What can befall a spool: lost, put back from yesterday, copied to a second machine; against a real collector."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from sansang_agent.clock import SystemClock
from sansang_agent.config import CollectorConfig
from sansang_agent.contract.joining import CLONE
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Report, Result, Why
from sansang_agent.disk import Disk
from sansang_agent.link import Link
from sansang_agent.names import SystemNames
from sansang_agent.spool import Spool
from sansang_agent.uplink import Uplink
from tests.support.books import CONSUMERS, compare, is_caught_up, open_books, rows
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.fake_machine import FakeMachine


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path / "collector") as started:
        yield started


class Machine:
    """A PC with one spool; ``boot`` and what it saw tell two of them apart."""

    def __init__(self, folder: Path, token: str, url: str, boot: str = "boot-1") -> None:
        folder.mkdir(exist_ok=True)
        self.spool = folder / "spool.db"
        self.boot = boot
        self._mono = 1000.0
        (folder / "token").write_text(token)
        self._config = CollectorConfig(url=url, token_file=str(folder / "token"))

    def rest(self, other: "Machine") -> None:
        """Let as much time pass here as there: whichever took a report last, the next one is taken later."""
        self._mono = other._mono = max(self._mono, other._mono)

    async def see(self, count: int) -> set[str]:
        """Take and send ``count`` reports; what they say, which no other report says."""
        said = set()
        async with self._uplink() as (uplink, disk):
            for _ in range(count):
                self._mono += 1
                said.add(f"{self.boot} {self._mono:g}")
                await disk.do(lambda spool: spool.append(self._make))
            while (await disk.do(Spool.state)).rows:
                uplink.wake(urgent=True)
                async with asyncio.timeout(20):
                    await uplink.step()
        return said

    def _make(self, stream: str, seq: int) -> Report:
        result = Result(check="gw", outcome=Outcome.OK, detail=f"{self.boot} {self._mono:g}")
        wall = SystemClock(FakeMachine()).wall()
        return Report(
            stream=stream, seq=seq, boot=self.boot, mono=self._mono, wall=wall, why=Why.CHANGE, results=(result,)
        )

    @asynccontextmanager
    async def _uplink(self) -> AsyncIterator[tuple[Uplink, Disk]]:
        disk = Disk(self.spool)
        link = Link(self._config, SystemNames(), "sansang/test")
        clock = SystemClock(FakeMachine())
        try:
            yield Uplink(link, disk, clock, lambda: 0.0, self.boot, ""), disk
        finally:
            await link.close()
            await disk.close()


def heard(collector: CollectorProcess) -> list[str]:
    """What the reports in the log say, in their order."""
    bodies = [row[0] for row in rows(collector.data / "log.db", "SELECT body FROM report ORDER BY id")]
    return [msgspec.json.decode(body)["results"][0]["detail"] for body in bodies]


def streams(collector: CollectorProcess) -> int:
    return int(rows(collector.data / "log.db", "SELECT count(DISTINCT stream) FROM report")[0][0])


async def assert_each_took_effect_once(collector: CollectorProcess, said: set[str]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(is_caught_up, collector.data):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
    books = open_books(collector.data)

    assert sorted(heard(collector)) == sorted(said)
    assert compare(books, set()).none
    assert all(books.applied[name] == set(books.logged) for name in CONSUMERS)


async def test_after_its_spool_was_lost_a_machine_goes_on_in_a_new_stream(
    tmp_path: Path, collector: CollectorProcess
) -> None:
    machine = Machine(tmp_path / "pc", collector.token("agent", "05983", "pc-1"), collector.url)
    said = await machine.see(5)
    machine.spool.unlink()
    said |= await machine.see(5)

    assert streams(collector) == 2
    await assert_each_took_effect_once(collector, said)


async def test_a_spool_put_back_from_yesterday_heals_itself_and_loses_nothing(
    tmp_path: Path, collector: CollectorProcess
) -> None:
    machine = Machine(tmp_path / "pc", collector.token("agent", "05983", "pc-1"), collector.url)
    said = await machine.see(5)
    yesterday = tmp_path / "yesterday.db"
    shutil.copy(machine.spool, yesterday)
    said |= await machine.see(5)
    shutil.copy(yesterday, machine.spool)
    said |= await machine.see(8)

    assert streams(collector) == 2
    await assert_each_took_effect_once(collector, said)


async def test_a_spool_put_back_again_and_again_is_one_machine(tmp_path: Path, collector: CollectorProcess) -> None:
    """Also where the machine is restarted each time, as whoever puts a disk back must do."""
    token = collector.token("agent", "05983", "pc-1")
    machine = Machine(tmp_path / "pc", token, collector.url)
    said = await machine.see(2)
    yesterday = tmp_path / "yesterday.db"
    shutil.copy(machine.spool, yesterday)
    for number in range(2, 6):
        said |= await machine.see(2)
        shutil.copy(yesterday, machine.spool)
        machine.boot = f"boot-{number}"
        said |= await machine.see(2)

    assert refusal(collector, token) == ""
    await assert_each_took_effect_once(collector, said)


@pytest.mark.parametrize("second_boot", ["boot-2", "boot-1"])
async def test_two_machines_with_one_copied_disk_part_ways_lose_nothing_and_are_soon_both_told(
    tmp_path: Path, collector: CollectorProcess, second_boot: str
) -> None:
    """The boot is another one too, or the same where a running virtual machine was copied."""
    token = collector.token("agent", "05983", "pc-1")
    first = Machine(tmp_path / "pc", token, collector.url)
    said = await first.see(5)
    shutil.copytree(tmp_path / "pc", tmp_path / "copy")
    second = Machine(tmp_path / "copy", token, collector.url, second_boot)
    turns = [second, first, second]
    if second_boot == first.boot:  # then only the stream tells, which parts at the first conflict
        turns = [second, first, second, first, second, first]
    for machine in turns:
        first.rest(second)
        said |= await machine.see(1)

    async with asyncio.timeout(20):
        while not (told := refusal(collector, token)):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
    assert told == CLONE
    assert streams(collector) == 2
    await assert_each_took_effect_once(collector, said)


def refusal(collector: CollectorProcess, token: str) -> str:
    """What kind of refusal whoever uses this token gets; empty for none. An envelope it is not taken from is sent."""
    answer = httpx.post(f"{collector.url}/api/v1/reports", content=b"{}", headers={"Authorization": f"Bearer {token}"})
    return "" if answer.status_code == 400 else str(answer.json()["type"])
