"""What a look for what broke costs, for a province and for the nation: processor time, memory, and a report's taking.

A made-up province of 65 communes, and one of 3,321 (the whole nation's size in one topology, with one core and one WAN,
which is harder on a search than 34 provinces side by side). Traffic is drawn as arrays and put straight into the
evidence; only ``apply`` is measured with reports. Each size runs in a process of its own: its memory is its own.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_agent.contract.rung import Component  # noqa: E402
from sansang_collector.diagnosis.beliefs import Beliefs, unlearned  # noqa: E402
from sansang_collector.diagnosis.degraded import Degraded, Look  # noqa: E402
from sansang_collector.diagnosis.engine import Engine  # noqa: E402
from sansang_collector.diagnosis.graph import Graph  # noqa: E402
from sansang_collector.diagnosis.sighting import Seen, Sighting  # noqa: E402
from sansang_collector.diagnosis.verdict import Assessment, Held, Verdict  # noqa: E402
from sansang_collector.simulation import provinces  # noqa: E402
from tests.bench.measuring import machine, percentile, table  # noqa: E402
from tests.support.traffic import Traffic, asked_of, graph_of, learned, part_of, steady  # noqa: E402

NOON = 1_782_450_000.0
SIZES = {"province": 65, "nation": 3321}
LOOK_S, DEGRADED_S = 5.0, 30.0
HALF_AN_HOUR_S = 1860.0
"""Until nothing is seen of what was."""
Result = TypeVar("Result")


class Row(NamedTuple):
    """One line of the table; times in milliseconds of processor time."""

    what: str
    times: list[float]
    found: str

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        middle, worst = percentile(self.times, 0.5), max(self.times)
        return self.what, str(len(self.times)), f"{middle:.1f}", f"{worst:.1f}", self.found


class World:
    """A province with ordinary traffic, and those who look at it."""

    def __init__(self, communes: int, seed: int) -> None:
        made = provinces.make(seed, communes)
        self.graph = graph_of(made)
        self.traffic = Traffic(self.graph, asked_of(made, self.graph, seed), seed, NOON)
        self.traffic.evidence.usual_ms[:] = 1000.0
        self.beliefs: Beliefs = unlearned(self.graph)._replace(baseline=learned(self.traffic), learned=True)
        self.engine = Engine(self.graph)
        self.engine.believe(self.beliefs)
        self.degraded = Degraded(self.graph)
        self.held: dict[tuple[str, str], Held] = {}

    def hard(self, what: str, seconds: float) -> Row:
        """Looks for what broke."""
        times, found = [], set[str]()
        until = self.traffic.now + seconds
        while self.traffic.now < until:
            self.traffic.run(self.traffic.now + LOOK_S)
            took, assessment = timed(self._localise)
            times.append(took)
            found |= {one.part for one in assessment.verdicts}
            self._hold(assessment.verdicts)
        return Row(what, times, ", ".join(sorted(found)) or "–")

    def soft(self, what: str, seconds: float) -> Row:
        """Looks for what is degraded."""
        times, found = [], set[str]()
        until = self.traffic.now + seconds
        while self.traffic.now < until:
            self.traffic.run(self.traffic.now + DEGRADED_S)
            took, look = timed(self._look)
            times.append(took)
            found |= {one.part for one in look.verdicts}
            self._hold(look.verdicts)
        return Row(what, times, ", ".join(sorted(found)) or "–")

    def _localise(self) -> Assessment:
        return self.engine.localise(self.traffic.evidence, self._held(), self.traffic.now)

    def _look(self) -> Look:
        return self.degraded.look(self.traffic.evidence, self.beliefs, self._held(), (), self.traffic.now)

    def _held(self) -> list[Held]:
        return list(self.held.values())

    def _hold(self, verdicts: tuple[Verdict, ...]) -> None:
        for one in verdicts:
            loss = one.loss[1] if one.loss else 1.0
            before = self.held.get((one.part, one.level))
            opened = before.opened_at if before else self.traffic.now
            self.held[one.part, one.level] = Held(
                part=one.part, level=one.level, onset=one.onset, opened_at=opened, loss=loss,
                communes=one.communes, agents=one.agents,
            )  # fmt: skip

    def faults(self) -> Iterator[tuple[str, list[int]]]:
        """What is broken in turn."""
        ring = part_of(self.graph, Component.RING, 8, skip=3)
        other = part_of(self.graph, Component.RING, 8, skip=7)
        service = part_of(self.graph, Component.SVC_TCP)
        yield "a ring is cut", [ring]
        yield "a service is down", [service]
        yield "two rings and a service at once", [ring, other, service]

    def mend(self) -> None:
        """Nothing is broken any more, and nothing of it is remembered."""
        self.traffic.faults.clear()
        self.traffic.silent[:] = False
        self.held.clear()


def timed(what: Callable[[], Result]) -> tuple[float, Result]:
    """Milliseconds of processor time, and what came of it."""
    began = time.process_time()
    result = what()
    return 1e3 * (time.process_time() - began), result


def applied(world: World, reports: int) -> float:
    """Microseconds of processor time for taking one ordinary report."""
    evidence, graph = world.traffic.evidence, world.graph
    at, dice = world.traffic.now, np.random.default_rng(1)
    sightings = [
        _report(graph, int(agent), at, number)
        for number, agent in enumerate(dice.integers(len(graph.agents) - 1, size=reports))
    ]
    took, _ = timed(lambda: [evidence.apply(one) for one in sightings])
    return 1e3 * took / reports


def _report(graph: Graph, agent: int, at: float, number: int) -> Sighting:
    results = tuple(Seen(name, at - 1, 0, 5, ms=6.0) for name in ("gateway", "line", "core", "internet"))
    return Sighting(
        agent=graph.agents[agent].id, stream="a" * 32, seq=number + 1, received=at, at=at, live=True,
        results=(*results, Seen("names", at - 1, 0, 1, ms=9.0)),
    )  # fmt: skip


def measure(size: str, seed: int, quiet_s: float, fault_s: float) -> tuple[list[Row], float]:
    """All rows of a size, and what a report's taking costs in microseconds."""
    world = World(SIZES[size], seed)
    soft = [world.soft("degraded: nothing", quiet_s)]
    rows = [world.hard("nothing", fault_s), *soft]
    for what, parts in world.faults():
        for part in parts:
            world.traffic.cut(part)
        rows.append(world.hard(what, fault_s))
        world.mend()
        world.traffic.run(world.traffic.now + 240)
    world.traffic.run(world.traffic.now + HALF_AN_HOUR_S)
    world.soft("", DEGRADED_S)
    ring = part_of(world.graph, Component.RING, 8, skip=3)
    world.traffic.faults[ring] = steady(0.1)
    rows.append(world.soft("degraded: a ring loses 10 %", 600))
    return rows, applied(world, 5000)


def own_process(size: str, options: argparse.Namespace) -> str:
    """One size, measured in a process of its own, as Markdown."""
    command = [
        sys.executable, __file__, "--size", size, "--seed", str(options.seed),
        "--quiet", str(options.quiet), "--fault", str(options.fault),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout.strip()


def said(size: str, seed: int, quiet_s: float, fault_s: float) -> str:
    """What was measured of one size, as Markdown."""
    rows, report_us = measure(size, seed, quiet_s, fault_s)
    heads = ("a look at", "looks", "median ms", "worst ms", "what was found")
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    words = f"**{size}**: {report_us:.0f} µs to take a report, {peak:.0f} MiB at the height"
    return f"{words}\n\n{table(heads, [row.cells() for row in rows])}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", type=float, default=1800.0, help="simulated seconds before anything breaks")
    parser.add_argument("--fault", type=float, default=90.0, help="simulated seconds of each fault")
    parser.add_argument("--size", choices=SIZES, help="only this one, in this process")
    options = parser.parse_args()
    if options.size:
        print(said(options.size, options.seed, options.quiet, options.fault))
        return
    print(machine())
    for size in SIZES:
        print(f"\n{own_process(size, options)}")


if __name__ == "__main__":
    main()
