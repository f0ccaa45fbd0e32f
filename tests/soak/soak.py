"""``make soak``: a real collector and real agents under random faults for half an hour, then the books compared.

The first sixth kills both sides by SIGKILL; the rest leaves the processes alive, so that their memory can be followed
(from the end of the first third on), and suspends them, sets clocks and breaks what they measure. Exit 1 when anything
was lost or doubled.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

from sansang_agent.contract.rung import Rung
from tests.soak.flood import Flood
from tests.soak.pair import Centre, Machine, memory_mib, resume, suspend
from tests.support.books import Difference, compare, is_caught_up, made, open_books
from world import SERVICES, World

DAY_S = 86_400.0
SAMPLE_S = 5.0
LONGEST_SLOPE_MIB = 2.0
SETTLE_S = 180.0
FEW = 10
"""Reports that may wait: the collector wants live ones every 15 s, and these agents write one every 2 s."""


class Plan(NamedTuple):
    """How long and how hard. Times in seconds."""

    seconds: float
    machines: int
    kills: int
    """Of each side."""
    seed: int

    @property
    def killing(self) -> float:
        """How long the killing lasts."""
        return self.seconds / 6

    @property
    def warm(self) -> float:
        """From when on memory is followed: caches are full some minutes after the last start."""
        return self.seconds / 3


class Soak:
    """One run: its parts, its chance, and what it has done so far."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self.world = World(folder / "world")
        self._folder = folder
        self.done: Counter[str] = Counter()
        self.memory: dict[str, list[tuple[float, float]]] = {}

    async def run(self) -> None:
        """Start everything, do harm, let it settle, stop everything in order."""
        await self.world.start()
        self.centre = await asyncio.to_thread(Centre, self._folder / "collector")
        self.machines = [
            Machine(self._folder, number, self.centre, self.world) for number in range(1, self._plan.machines + 1)
        ]
        self.flood = Flood(self.centre, self._plan.machines + 1)
        self._began = time.monotonic()
        try:
            await self._kill()
            following = asyncio.create_task(self._follow())  # once the last ones started are warm
            await self._disturb()
            following.cancel()
            await self._settle()
        finally:
            await self._end()

    def _since(self) -> float:
        return time.monotonic() - self._began

    async def _kill(self) -> None:
        victims = ["collector"] * self._plan.kills + ["agent"] * self._plan.kills
        self._chance.shuffle(victims)
        for number, victim in enumerate(victims):
            await self._until((number + self._chance.random()) * self._plan.killing / len(victims))
            if victim == "agent":
                machine = self._chance.choice(self.machines)
                machine.kill()
                machine.start()
            else:
                self.centre.kill()
                await asyncio.sleep(self._chance.choice((0.0, 0.0, 0.5, 2.0, 8.0)))
                await asyncio.to_thread(self.centre.start)
            self.done[f"{victim} killed"] += 1
        await self._until(self._plan.killing)

    async def _until(self, second: float) -> None:
        await asyncio.sleep(max(0.0, second - self._since()))

    async def _disturb(self) -> None:
        faults = (
            self._suspend_collector,
            self._suspend_agent,
            self._step_clock,
            self._cut,
            self._break_service,
            self._mend,
            self._mend,
        )
        while self._since() < self._plan.seconds:
            await asyncio.sleep(self._chance.uniform(1.0, 8.0))
            fault = self._chance.choice(faults)
            await fault()
            self.done[fault.__name__.strip("_").replace("_", " ")] += 1

    async def _suspend_collector(self) -> None:
        await self._suspended(self.centre.pid, self._chance.uniform(1.0, 20.0))

    async def _suspend_agent(self) -> None:
        await self._suspended(self._chance.choice(self.machines).pid, self._chance.uniform(1.0, 20.0))

    async def _suspended(self, pid: int, seconds: float) -> None:
        suspend(pid)
        try:
            await asyncio.sleep(seconds)
        finally:
            resume(pid)

    async def _step_clock(self) -> None:
        self._chance.choice(self.machines).set_clock(self._chance.choice((-3 * DAY_S, -1.0, 0.0, 3600.0, 3 * DAY_S)))

    async def _cut(self) -> None:
        self.world.cut_from(self._chance.choice((Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS)))

    async def _break_service(self) -> None:
        service = self.world.services[self._chance.choice(SERVICES).id]
        service.behave("refuse")

    async def _mend(self) -> None:
        self.world.mend()

    async def _follow(self) -> None:
        await self._until(self._plan.warm)
        while True:
            self._sample("collector", self.centre.pid)
            for machine in self.machines:
                self._sample(machine.name, machine.pid)
            await asyncio.sleep(SAMPLE_S)

    def _sample(self, name: str, pid: int) -> None:
        self.memory.setdefault(name, []).append((self._since(), memory_mib(pid)))

    async def _settle(self) -> None:
        self.world.mend()
        for machine in self.machines:
            machine.set_clock(0.0)
        await _holds(lambda: all(machine.waiting <= FEW for machine in self.machines), SETTLE_S)

    async def _end(self) -> None:
        await asyncio.to_thread(self.flood.stop)
        self.exits = [await asyncio.to_thread(machine.stop) for machine in self.machines]
        await _holds(lambda: is_caught_up(self.centre.data), SETTLE_S)
        self.exits.append(await asyncio.to_thread(self.centre.process.stop))
        await self.world.close()

    def slopes(self) -> dict[str, float]:
        """Growth in MiB over the time memory was followed, by a straight line through all samples."""
        found = {}
        for name, samples in self.memory.items():
            times, sizes = zip(*samples, strict=True)
            found[name] = linear_regression(times, sizes).slope * (times[-1] - times[0])
        return found


async def _holds(what: Callable[[], bool], seconds: float) -> None:
    """Wait until it is so, or give up: the books will tell."""
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:  # noqa: ASYNC110  # it happens in other processes
        await asyncio.sleep(0.2)


def judged(soak: Soak) -> tuple[list[str], bool]:
    """The table, and whether all is well."""
    books = open_books(soak.centre.data)
    owed = set(soak.flood.acknowledged)
    waiting = 0
    for machine in soak.machines:
        owed |= made(machine.spool, machine.number)
        waiting += machine.waiting
    difference = compare(books, owed)
    slopes = soak.slopes()
    lines = [
        "| what | figure |",
        "|---|---|",
        *(f"| {what} | {count} times |" for what, count in sorted(soak.done.items())),
        f"| reports owed: acknowledged, or made and not waiting | {len(owed)} |",
        f"| reports in the log | {len(books.logged)} in {books.position} envelopes |",
        f"| results in history | {sum(books.moments.values())} |",
        f"| still waiting in spools at the end | {waiting} |",
        f"| **lost** | {len(difference.lost)} |",
        f"| **doubled** in the log | {len(difference.doubled)} |",
        f"| **doubled (+) or missing (−)** in history | {difference.moments:+d} |",
        f"| reports one consumer has and the log or the other has not | {len(difference.unapplied)} |",
        f"| latest results that are not the newest | {len(difference.stale)} |",
        f"| answers other than 200 and 503 | {len(soak.flood.unexpected)} |",
        f"| exit status of everyone at the end | {soak.exits} |",
        *(_memory(name, samples, slopes[name]) for name, samples in soak.memory.items()),
        *(f"| unexpected | {said} |" for said in soak.flood.unexpected[:5]),
        *_details(difference),
    ]
    flat = all(slope <= LONGEST_SLOPE_MIB for slope in slopes.values())
    return lines, difference.none and flat and not soak.flood.unexpected and not any(soak.exits)


def _memory(name: str, samples: list[tuple[float, float]], slope: float) -> str:
    minutes = [f"{samples[index][0] / 60:.0f}" for index in (0, -1)]
    first, last, most = samples[0][1], samples[-1][1], max(size for _, size in samples)
    between = f"minute {minutes[0]} to {minutes[1]}"
    fifths = " → ".join(f"{samples[len(samples) * part // 5][1]:.1f}" for part in range(1, 5))
    shape = f"{first:.1f} → {fifths} → {last:.1f}, at most {most:.1f}"
    return f"| memory of {name}, {between} | slope {slope:+.2f} MiB ({shape}) |"


def _details(difference: Difference) -> list[str]:
    named: dict[str, list[object]] = {
        "lost": [*sorted(difference.lost)],
        "unapplied": [*sorted(difference.unapplied)],
        "stale": [*sorted(difference.stale)],
    }
    return [f"| {name} | {found[:5]} |" for name, found in named.items() if found]


def arguments() -> argparse.Namespace:
    """What a person may choose."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--kills", type=int, default=50, help="of each side, all in the first sixth")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


def main() -> int:
    """Run, print the table; 0 when nothing was lost or doubled and no memory grew."""
    options = arguments()
    plan = Plan(options.minutes * 60, options.agents, options.kills, options.seed)
    print(f"soak: {options.minutes:g} min, {plan.machines} agents, {plan.kills} kills a side, seed {plan.seed}")
    folder = Path(tempfile.mkdtemp(prefix="sansang-soak-"))
    print(f"everything lies in {folder}, and stays there unless all is well", flush=True)
    soak = Soak(plan, folder)
    asyncio.run(soak.run())
    lines, well = judged(soak)
    print("\n".join(lines))
    print("all is well" if well else "NOT well")
    if well:
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
