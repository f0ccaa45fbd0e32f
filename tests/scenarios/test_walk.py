"""The walk of measurements through an absence of the collector: real agent, real collector, stand-ins that break."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import yaml

from sansang_agent import status
from tests.support.collector_process import CollectorProcess, running_collector
from world import PORTAL, World

PATIENCE_S = 60.0
PERIOD_S = 1.0
LATE_S = 31.0
"""A result is live for two periods of fifteen seconds at least, whatever its own period is."""


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something to become true; what it waits for is said when it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, f"never seen: {what}"
        await asyncio.sleep(0.1)


def quick(settings: dict[str, Any]) -> dict[str, Any]:
    """The sandbox's settings with everything asked each second."""
    for check in settings["profile"]["checks"]:
        check |= {"period": PERIOD_S, "confirm": False, "timeout": 10.0}
    return settings | {"report_period": PERIOD_S}


@asynccontextmanager
async def agent_in(world: World, folder: Path, collector: CollectorProcess) -> AsyncIterator[None]:
    """The agent as a process of its own, reporting to ``collector``."""
    token = folder.with_suffix(".token")
    token.touch(0o600)
    token.write_text(collector.token("agent", "05986", "quay-1"), encoding="utf-8")
    settings = quick(world.settings())
    settings["collector"] = {"url": collector.url, "token_file": str(token)}
    settings["data_dir"] = str(folder)
    file = folder.with_suffix(".yml")
    file.write_text(yaml.safe_dump(msgspec.to_builtins(settings), allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "sansang_agent", "run", "--config", str(file)]
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220  # started once, awaited below
    try:
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


def rows(folder: Path) -> int:
    """How many reports the agent holds, by its own word."""
    said = status.read(folder)
    return said.spool.rows if said else 0


async def test_what_was_seen_while_the_collector_was_away_arrives_newest_first_and_stands_in_page_and_intervals(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "world")
    folder = tmp_path / "agent"
    await world.start()
    try:
        with running_collector(tmp_path / "collector") as collector:
            async with agent_in(world, folder, collector):
                with collector.client("read") as reader:
                    await until(lambda: portal(reader) == "ok", "the portal's first good result at the centre")
                listen, before = collector.port, last_position(collector)
                collector.stop()
                left_at = time.time()
                await until(lambda: rows(folder) >= 2, "reports kept while nobody takes them")
                world.services[PORTAL.id].behave("refuse")
                await until(lambda: rows(folder) >= 4, "reports of the broken portal")
                world.services[PORTAL.id].behave("ok")
                await until(lambda: rows(folder) >= 6, "reports of the mended portal")
                back_at = time.time()
                await until(lambda: time.time() > back_at + LATE_S, "results too old to be called live")
                async with collector_again(collector, listen) as (again, reader):
                    await until(lambda: rows(folder) <= 2, "an empty spool")
                    await until(lambda: len(portal_intervals(reader)) == 3, "stretches that have grown together")
                    intervals = portal_intervals(reader)
                    page = reader.get("/agents/1", headers={"Accept": "text/html"}).text
                    order = arrivals(again, before)
    finally:
        await world.close()

    broken = [interval for interval in intervals if interval["outcome"] == "failed"]
    assert len(broken) == 1
    assert left_at < broken[0]["first_at"] <= broken[0]["last_at"] < back_at
    assert broken[0]["reason"] == "refused"
    assert broken[0]["late"]
    assert [interval["outcome"] for interval in intervals] == ["ok", "failed", "ok"]
    assert order[0] > max(order[1:6])
    backlog = [seq for seq in order if seq < order[0]]
    assert backlog == sorted(backlog, reverse=True)
    assert "nhận muộn" in page


@asynccontextmanager
async def collector_again(first: CollectorProcess, port: int) -> AsyncIterator[tuple[CollectorProcess, httpx.Client]]:
    """The same collector on the same data and port, as after a repair; the stand-ins answer while it starts."""
    again = await asyncio.to_thread(CollectorProcess, first.data, port=port)
    try:
        with await asyncio.to_thread(again.client, "read") as reader:
            yield again, reader
    finally:
        again.stop()


def portal(reader: httpx.Client) -> str | None:
    """The portal's outcome at the centre, None while it has not arrived."""
    agent = reader.get("/api/v1/agents/1").json()
    checks = [check for rung in agent.get("rungs", []) for check in rung["checks"] if check["check"] == PORTAL.id]
    return checks[0]["outcome"] if checks else None


def portal_intervals(reader: httpx.Client) -> list[dict[str, Any]]:
    answer = reader.get("/api/v1/agents/1/intervals", params={"check": PORTAL.id}).json()
    found: list[dict[str, Any]] = answer["items"]
    return found


def last_position(collector: CollectorProcess) -> int:
    with closing(sqlite3.connect(collector.data / "log.db")) as log:
        return int(log.execute("SELECT max(position) FROM report").fetchone()[0])


def arrivals(collector: CollectorProcess, after: int) -> list[int]:
    """Sequence numbers in the order in which they came into the log."""
    with closing(sqlite3.connect(collector.data / "log.db")) as log:
        return [seq for (seq,) in log.execute("SELECT seq FROM report WHERE position > ? ORDER BY position", (after,))]
