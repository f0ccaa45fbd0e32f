"""``make fuzz``: a hundred thousand damaged bodies, forms and queries to a real collector, and what became of it.

Exit 1 where anything was answered that may not be, or memory or rows grew beyond their bounds.
"""

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.support.collector_process import CollectorProcess, running_collector

from .driving import Told, drive
from .targets import TARGETS

MOST_MIB = 192.0
"""What the collector may gain between the first tenth of the cases and the end: 64, and two passwords at work."""
BOUNDED = {
    "latest": 1,
    "contact": 1,
    "machine": 1,
    "front": 1,
    "dropped": 200,
    "profile": 0,
    "link": 0,
    "session": 0,
    "waiting": 60,
}
"""Rows that may lie there, however many cases there were: of the machine that reports, and of an address's claims."""


class Found(NamedTuple):
    """How it went; memory in MiB, after the first tenth and at the end."""

    told: Told
    seconds: float
    memory: tuple[float, float]
    rows: Mapping[str, int]
    log: str

    @property
    def mistakes(self) -> list[str]:
        """Everything that must not be."""
        found = [f"{status or 'no answer'} to {where}: {content[:300]!r}" for where, status, content in self.told.wrong]
        if self.memory[1] - self.memory[0] > MOST_MIB:
            found.append(f"memory grew from {self.memory[0]:.0f} to {self.memory[1]:.0f} MiB")
        found += [
            f"{self.rows[table]} rows in {table}, at most {most}"
            for table, most in BOUNDED.items()
            if self.rows[table] > most
        ]
        if "Traceback" in self.log:
            found.append(f"the log has a traceback:\n{self.log[self.log.index('Traceback') :][:3000]}")
        return found


def run(data: Path, cases: int, seed: int) -> Found:
    """Start a collector in ``data``, send the cases, look at what is left."""
    chance = random.Random(seed)
    with running_collector(data) as collector:
        tokens = {scope: collector.token(scope) for scope in ("read", "admin", "metrics")}
        enrol = partial(collector.token, "agent", "05983", "pc-1")
        tokens["agent"] = enrol()
        tokens[""] = ""
        collector.token("agent", "05983", "pc-2")
        _add_person(collector)
        began = time.monotonic()
        first = asyncio.run(drive(collector.port, TARGETS, tokens, cases // 10, chance, enrol))
        before = _memory(collector)
        rest = asyncio.run(drive(collector.port, TARGETS, tokens, cases - cases // 10, chance, enrol))
        seconds = time.monotonic() - began
        _wait_for_consumers(collector)
        memory = before, _memory(collector)
        told = Told(first.statuses + rest.statuses, first.wrong + rest.wrong)
        collector.stop()
        return Found(told, seconds, memory, _rows(data), collector.log.read_text(encoding="utf-8"))


def _add_person(collector: CollectorProcess) -> None:
    """Account 1."""
    with collector.client("admin") as admin:
        made = admin.post("/api/v1/people", json={"name": "first", "roles": [{"role": "viewer", "commune": "*"}]})
        assert made.status_code == 201, made.text


def _memory(collector: CollectorProcess) -> float:
    return float(psutil.Process(collector.pid).memory_info().rss) / 2**20


def _rows(data: Path) -> dict[str, int]:
    with closing(sqlite3.connect(data / "ledger.db")) as ledger:
        names = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: ledger.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _wait_for_consumers(collector: CollectorProcess) -> None:
    deadline = time.monotonic() + 120
    with collector.client("metrics") as scraper:
        while any(
            float(line.rpartition(" ")[2])
            for line in scraper.get("/metrics").text.splitlines()
            if line.startswith("sansang_consumer_lag_entries{")
        ):
            if time.monotonic() > deadline:
                raise TimeoutError("the consumers never came to the end of the log")
            time.sleep(0.05)


def table(found: Found) -> str:
    """What was answered, as Markdown."""
    by_target: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for (where, status), count in sorted(found.told.statuses.items()):
        by_target[where][status] = count
    lines = ["| endpoint | cases | answered |", "|---|---|---|"]
    for where, statuses in by_target.items():
        told = ", ".join(f"{status}: {count:,}" for status, count in statuses.items())
        lines.append(f"| `{where}` | {sum(statuses.values()):,} | {told} |")
    return "\n".join(lines)


def main() -> int:
    """Run, print, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder) / "data", options.cases, options.seed)
    print(f"seed {options.seed}: {options.cases:,} cases in {found.seconds:.0f} s", end=", ")
    print(f"{options.cases / found.seconds:.0f}/s; memory {found.memory[0]:.0f} -> {found.memory[1]:.0f} MiB\n")
    print(table(found))
    print("\nrows: " + ", ".join(f"{name} {count}" for name, count in sorted(found.rows.items()) if count))
    print("\n".join(found.mistakes) or "All is well.")
    return 1 if found.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
