"""A disk without room, real and small: nothing acknowledged is lost, measuring goes on, and room brings all back."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from sansang_agent.contract.check import Check
from sansang_agent.contract.report import Answer, Report, Result
from sansang_agent.spool import Spool
from tests.agent.test_agent_loop import World, a_config, while_running
from tests.support.books import Identity, compare, is_caught_up, open_books
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import STREAM, body, report, result

pytestmark = pytest.mark.needs("root", "small-disk")

PATIENCE_S = 30.0
AGENT_DISK = "1m"
COLLECTOR_DISK = "4m"
TRIES_WHILE_FULL = 10


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own of ``size``."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "sansang-test", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no byte free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


class Counting(World):
    """Counts its questions."""

    asked = 0

    async def ask(self, check: Check) -> Result:
        self.asked += 1
        return await super().ask(check)


async def test_an_agent_on_a_full_disk_measures_on_and_writes_everything_once_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST_WITHIN_S", "FIRST_RESULTS_S"):
        monkeypatch.setattr(f"sansang_agent.agent.{name}", 0.1)
    world = Counting()
    with disk(tmp_path / "disk", AGENT_DISK) as folder:

        async def life() -> None:
            await world.asked_again()
            ballast = fill(folder)
            before = world.asked
            for _ in range(3):
                await world.asked_again()
            assert world.asked > before
            ballast.unlink()
            await world.asked_again()

        await while_running(a_config(folder, None), world, life)
        spool = Spool.open(folder / "data" / "spool.db")
        rows = spool.take(1000, 10**9)
        spool.close()

    assert "reports are held in memory" in caplog.text
    reports = [msgspec.json.decode(row.body, type=Report) for row in reversed(rows)]
    assert [one.seq for one in reports] == list(range(1, len(reports) + 1))
    assert world.asked - 1 <= sum(len(one.results) for one in reports) <= world.asked


class Sender:
    """Sends reports one by one, each until it is acknowledged."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.acknowledged: set[Identity] = set()
        self.statuses: set[int] = set()
        self._seq = 1

    def send(self) -> int:
        """Try once; the status of the answer."""
        seq = self._seq
        results = [result(f"check-{number}", detail="x" * 1500) for number in range(8)]
        answer = self._client.post(
            "/api/v1/reports", content=body(report(seq, 1000.0 + seq, results), mono=1000.0 + seq)
        )
        self.statuses.add(answer.status_code)
        if answer.status_code == 200:
            assert msgspec.json.decode(answer.content, type=Answer).stored == ((STREAM, ((seq, seq),)),)
            self.acknowledged.add(Identity(1, STREAM, seq))
            self._seq += 1
        return answer.status_code

    def until(self, status: int) -> None:
        """Send until the answer is this."""
        deadline = time.monotonic() + PATIENCE_S
        while self.send() != status:
            assert time.monotonic() < deadline


def test_a_collector_on_a_full_disk_says_503_loses_nothing_and_comes_back_by_itself(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", COLLECTOR_DISK) as folder:
        with running_collector(folder / "collector") as collector, collector.client("agent", "05983", "pc-1") as client:
            sender = Sender(client)
            sender.until(200)
            ballast = fill(folder)
            sender.until(503)
            for _ in range(TRIES_WHILE_FULL):
                sender.send()
            ballast.unlink()
            sender.until(200)
            caught_up(collector)
        again = CollectorProcess(folder / "collector")
        caught_up(again)
        assert again.stop() == 0
        books = open_books(folder / "collector")

    assert sender.statuses == {200, 503}
    assert compare(books, sender.acknowledged).none


def caught_up(collector: CollectorProcess) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_caught_up(collector.data):
        assert time.monotonic() < deadline
        time.sleep(0.02)
