"""An agent killed while it takes reports and while it sends them: each is sent, and applied exactly once."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.support.books import compare, is_caught_up, made, open_books, rows
from tests.support.collector_process import CollectorProcess, running_collector

KILLS = 5
SEED = 5
PATIENCE_S = 30.0

PROGRAM = """
import asyncio, sys
from pathlib import Path
from sansang_agent.clock import SystemClock
from sansang_agent.config import CollectorConfig
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Report, Result, Why
from sansang_agent.disk import Disk
from sansang_agent.link import Link
from sansang_agent.names import SystemNames
from sansang_agent.spool import Spool
from sansang_agent.uplink import Uplink
from sansang_agent.platform import current

clock = SystemClock(current())

def a_report(stream, seq):
    result = Result(check=f"check-{seq}", outcome=Outcome.OK)  # of its own, so that each effect can be told
    return Report(
        stream=stream, seq=seq, boot="boot-1", mono=clock.mono(), wall=clock.wall(), why=Why.CHANGE, results=(result,)
    )

async def main(folder, url, mode, backlog):
    disk = Disk(folder / "spool.db")
    link = Link(CollectorConfig(url=url, token_file=str(folder / "token")), SystemNames(), "sansang/test")
    uplink = Uplink(link, disk, clock, lambda: 0.0, "boot-1", "")
    for _ in range(backlog):
        await disk.do(lambda spool: spool.append(a_report))
    sending = asyncio.create_task(uplink.run()) if mode == "take" else None
    while mode == "take" or (await disk.do(Spool.state)).rows:
        if sending:
            _, seq, _ = await disk.do(lambda spool: spool.append(a_report))
            print(seq, flush=True)
            uplink.wake(urgent=True)
        else:
            await uplink.flush(10.0)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
"""


def start(folder: Path, url: str, mode: str, backlog: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(folder), url, mode, str(backlog)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_while_taking(folder: Path, collector: CollectorProcess, chance: Random) -> None:
    with start(folder, collector.url, "take") as process:
        assert process.stdout is not None
        taken = [int(process.stdout.readline()) for _ in range(chance.randint(5, 60))]
        process.kill()
        taken += [int(line) for line in process.stdout if line.endswith("\n")]
    kept = {identity.seq for identity in made(folder / "spool.db", 1)} | waiting(folder)

    assert taken == list(range(taken[0], taken[0] + len(taken)))
    assert set(taken) <= kept


def kill_while_flushing(folder: Path, collector: CollectorProcess, chance: Random) -> None:
    enough = logged(collector) + chance.randint(1, 35)
    with start(folder, collector.url, "flush", 70) as process:
        until(lambda: logged(collector) >= enough)
        process.kill()

    assert waiting(folder)


def waiting(folder: Path) -> set[int]:
    return {row[0] for row in rows(folder / "spool.db", "SELECT seq FROM report")}


def logged(collector: CollectorProcess) -> int:
    return int(rows(collector.data / "log.db", "SELECT count(*) FROM report")[0][0])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("kill", [kill_while_taking, kill_while_flushing])
def test_nothing_an_agent_took_is_lost_or_doubled_by_killing_it(
    tmp_path: Path, kill: Callable[[Path, CollectorProcess, Random], None]
) -> None:
    chance = Random(SEED)
    folder = tmp_path / "agent"
    folder.mkdir()
    with running_collector(tmp_path / "collector") as collector:
        (folder / "token").write_text(collector.token("agent", "05983", "pc-1"))
        for _ in range(KILLS):
            kill(folder, collector, chance)
        with start(folder, collector.url, "flush") as last:
            assert last.wait(PATIENCE_S) == 0
        until(lambda: is_caught_up(collector.data))

    owed = made(folder / "spool.db", 1)
    assert len(owed) > KILLS * 5
    assert {identity.seq for identity in owed} == set(range(1, len(owed) + 1))
    assert owed == set(open_books(collector.data).logged)
    assert compare(open_books(collector.data), owed).none
