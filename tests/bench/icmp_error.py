"""How far the round-trip time a prober reports is from the truth, with many targets in flight (needs root and gcc).

The truth is responder.c: it holds every echo 20 ms and notes how long it really did. Error = reported − really held.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.icmp_probers import PROBERS, Times  # noqa: E402  # the checkout is not installed as a package
from tests.bench.measuring import load, machine, on_processor, peers_python, percentile, table  # noqa: E402

HOLD_US = 20_000
DEVICE = "bench0"
PORT = 9115
"""In a namespace of its own nobody else has this port."""
BLACKBOX = 'modules: {icmp: {prober: icmp, timeout: 1s, icmp: {preferred_ip_protocol: "ip4"}}}\n'
OURS = ("sansang", "sansang, a socket per target")
HEADS = ("prober", "in flight", "samples", "lost", "p50 µs", "p90 µs", "p99 µs", "max µs", "p99 of each run")


class Run(NamedTuple):
    """One prober's figures of one run: its errors in microseconds and how many echoes it lost."""

    errors: list[float]
    lost: int


class Bench:
    """A namespace with the responder's program built; :meth:`run` measures one prober."""

    def __init__(self, folder: Path, space: str) -> None:
        self._folder = folder
        self._space = space
        self._responder = folder / "responder"
        source = Path(__file__).with_name("responder.c")
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", self._responder, source], check=True)

    def run(self, prober: str, targets: int, rounds: int) -> Run:
        """Probe ``targets`` addresses at once, ``rounds`` times."""
        log = self._folder / "held.log"
        with self._answering(log), self._exporter() if prober == "blackbox_exporter" else contextlib.nullcontext():
            python = sys.executable if prober in OURS else str(peers_python())
            script = str(Path(__file__).with_name("icmp_probers.py"))
            words = [*on_processor(0), python, script, prober, str(targets), str(rounds), str(PORT)]
            told = subprocess.run(self._inside(*words), capture_output=True, text=True, check=True).stdout
        return compare(json.loads(told), held(log))

    @contextlib.contextmanager
    def _answering(self, log: Path) -> Iterator[None]:
        words = self._inside(*on_processor(1), str(self._responder), DEVICE, str(HOLD_US), str(log))
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the responder did not start")
            ip = ["ip", "-n", self._space]
            subprocess.run([*ip, "addr", "add", "10.95.0.1/16", "dev", DEVICE], check=True)
            subprocess.run([*ip, "link", "set", DEVICE, "up", "txqueuelen", "10000"], check=True)
            yield
        finally:
            process.terminate()
            process.communicate(timeout=10)

    @contextlib.contextmanager
    def _exporter(self) -> Iterator[None]:
        config = self._folder / "blackbox.yml"
        config.write_text(BLACKBOX, encoding="utf-8")
        words = ["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{PORT}"]
        process = subprocess.Popen(self._inside(*words), stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "Listening on" in line:
                    break
            yield
        finally:
            process.terminate()
            process.communicate(timeout=10)

    def _inside(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self._space, *words]


def held(log: Path) -> dict[str, list[float]]:
    """How long the responder held the echoes of each target, in order of coming, in milliseconds."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for line in log.read_text(encoding="ascii").splitlines():
        target, nanoseconds = line.split()
        found[target].append(int(nanoseconds) / 1e6)
    return found


def compare(told: Times, truth: dict[str, list[float]]) -> Run:
    """The error of every echo that was answered, and how many were not."""
    errors: list[float] = []
    lost = 0
    for target, times in told.items():
        for number, reported in enumerate(times):
            if reported is None or number >= len(truth.get(target, [])):
                lost += 1
            else:
                errors.append((reported - truth[target][number]) * 1000)
    return Run(errors, lost)


@contextlib.contextmanager
def namespace() -> Iterator[str]:
    """A network namespace with loopback up; removed at the end."""
    name = f"ssbench{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        quiet = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.ping_group_range=0 2147483647"]
        subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", *quiet], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def row(prober: str, targets: int, runs: Sequence[Run]) -> list[str]:
    """One line of the table: all runs together, and the p99 of each."""
    errors = [error for run in runs for error in run.errors]
    shown = [f"{percentile(errors, share):,.0f}" for share in (0.5, 0.9, 0.99, 1)]
    each = " ".join(f"{percentile(run.errors, 0.99):,.0f}" for run in runs)
    return [prober, str(targets), f"{len(errors):,}", str(sum(run.lost for run in runs)), *shown, each]


def measure(probers: Sequence[str], sizes: Sequence[int], echoes: int, repeats: int) -> str:
    """Every prober with every number of targets, in turns so that a busy minute hits all of them."""
    runs: defaultdict[tuple[str, int], list[Run]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, namespace() as space:
        bench = Bench(Path(folder), space)
        for _ in range(repeats):
            for size in sizes:
                for prober in probers:
                    runs[prober, size].append(bench.run(prober, size, max(1, echoes // size)))
    return table(HEADS, [row(prober, size, runs[prober, size]) for size in sizes for prober in probers])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probers", nargs="*", default=list(PROBERS), choices=list(PROBERS), metavar="PROBER")
    parser.add_argument("--targets", nargs="*", type=int, default=[20, 100])
    parser.add_argument("--echoes", type=int, default=1000, help="echoes of one run, over all its targets")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    before = machine()
    shown = measure(options.probers, options.targets, options.echoes, options.repeats)
    print(f"{before} (before), {load()} (after)\n\n{shown}")


if __name__ == "__main__":
    main()
