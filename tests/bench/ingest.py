"""What a report costs the collector, beside VictoriaMetrics and Prometheus taking the same numbers by remote write.

One report is 20 results (115 numbers). Ours is durable (fsync) before it is acknowledged; theirs is not. Every server
runs alone, on processor 0, with new files; the load comes from processor 1.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_agent.contract.check import HttpCheck, IcmpCheck, Profile, TcpCheck  # noqa: E402
from sansang_agent.contract.codec import profile_hash  # noqa: E402
from sansang_agent.contract.rung import Rung  # noqa: E402
from sansang_collector import agents, tokens  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from tests.bench.measuring import (  # noqa: E402
    CpuMeter,
    free_ports,
    load,
    machine,
    on_processor,
    peers_python,
    percentile,
    started,
    table,
    until_listening,
)

AGENTS = 1000
COMMUNES = 65
SCRAPE_S = 15.0
REST_SHARE = 0.03
"""A server rests when it uses less of a processor than this, over a second."""
LONGEST_REST_S = 60.0
HEADS = (
    "server",
    "offered/s",
    "done/s",
    "p50 ms",
    "p99 ms",
    "max ms",
    "CPU µs/report",
    "÷ VictoriaMetrics",
    "peak RSS MiB",
    "other answers",
)
PERIOD_S = 60.0
"""Of every check, so that the time until a server rests is no gap: two and a half periods without a result are one."""
LONGEST_MS = 3_000
"""Between the last report of an agent in one phase and its first in the next there is more."""
SHORTEST_MS = 300
"""Between two reports of one agent, where they are sent as fast as they are answered."""
_EACH: dict[str, Any] = {"period": PERIOD_S}
PROFILE = Profile(
    checks=(
        *(IcmpCheck(id=f"icmp-{n}", rung=Rung.LINE, target=f"192.0.2.{n + 1}", **_EACH) for n in range(10)),
        *(TcpCheck(id=f"tcp-{n}", rung=Rung.INTERNET, target=f"192.0.2.{n + 11}:443", **_EACH) for n in range(5)),
        *(HttpCheck(id=f"http-{n}", rung=Rung.SERVICE, target=f"https://192.0.2.{n + 16}/", **_EACH) for n in range(5)),
    )
)


class Server(NamedTuple):
    """A running server as the load finds it."""

    pid: int
    port: int
    kind: str
    path: str
    tokens: tuple[str, ...] = ()
    metrics_token: str = ""


class Phase(NamedTuple):
    """One stretch of load; ``rate`` 0 is as fast as it is answered."""

    rate: float
    reports: int
    connections: int
    impatient: bool = False

    @property
    def within_ms(self) -> int:
        """How long ago a report's results were measured at most: after those of that agent's report before it."""
        return min(round(AGENTS / self.rate * 1000), LONGEST_MS) if self.rate else SHORTEST_MS


EVERYONE = Phase(200, AGENTS, 32)
"""Not counted: a phase is to find agents that have reported lately, not some that were away while another was tried."""


class Figures(NamedTuple):
    """What came of a phase; latencies in seconds by status."""

    phase: Phase
    seconds: float
    cpu_s: float
    peak_mib: float
    answers: dict[str, int]
    latencies: dict[str, list[float]]
    rest_s: float
    body_bytes: float

    @property
    def done(self) -> int:
        """Reports that were taken."""
        return sum(count for status, count in self.answers.items() if status.startswith("2"))

    @property
    def cost_us(self) -> float:
        """CPU microseconds for each of them, until the server rested again."""
        return self.cpu_s / self.done * 1e6


class Load:
    """Sends phase after phase to one server; agents' reports keep counting from one to the next."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._first = 0
        self._start_ms = round(time.time() * 1000) - 3_000_000

    def send(self, phase: Phase) -> Figures:
        """Send one phase and wait until the server has digested it."""
        plan = {
            "kind": self.server.kind,
            "port": self.server.port,
            "path": self.server.path,
            "agents": AGENTS,
            "tokens": self.server.tokens,
            "config": profile_hash(PROFILE),
            "start_ms": self._start_ms,
            "profiles": {profile_hash(PROFILE): msgspec.to_builtins(PROFILE)},
            "first": self._first,
            "within_ms": phase.within_ms,
            **phase._asdict(),
        }
        self._first += -(-phase.reports // AGENTS)
        meter = CpuMeter(self.server.pid)
        with _generator(plan) as go:
            _forget_peak(self.server.pid)
            before = meter.seconds()
            found = go()
        loaded = time.monotonic()
        idle = _rest(meter)
        rested = time.monotonic() - loaded
        peak = _peak_mib(self.server.pid)
        told = (found["answers"], found["latencies"])
        return Figures(phase, found["seconds"], idle - before, peak, *told, rested, found["bytes"])


@contextlib.contextmanager
def _generator(plan: dict[str, Any]) -> Iterator[Callable[[], dict[str, Any]]]:
    script = Path(__file__).with_name("ingest_load.py")
    words = [*on_processor(1), str(peers_python()), str(script)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        into, out = process.stdin, process.stdout
        into.write(json.dumps(plan) + "\n")
        into.flush()
        if out.readline() != "ready\n":
            raise RuntimeError("the load could not be made")

        def go() -> dict[str, Any]:
            into.write("go\n")
            into.flush()
            found: dict[str, Any] = json.loads(out.readline())
            return found

        yield go


def _rest(meter: CpuMeter) -> float:
    """CPU seconds used once the server rests: consumers, compactions and the like belong to the reports."""
    deadline = time.monotonic() + LONGEST_REST_S
    used = meter.seconds()
    while time.monotonic() < deadline:
        time.sleep(1)
        now = meter.seconds()
        if now - used < REST_SHARE:
            return now
        used = now
    return used


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


@contextlib.contextmanager
def sansang(folder: Path, module: Sequence[str | Path]) -> Iterator[Server]:
    """Our collector with a token for each agent."""
    data = folder / "data"
    store = Store(data)
    try:
        issued = store.write_sync(
            lambda connection: [
                tokens.issue(connection, "agent", "bench", time.time(), agents.register(connection, *who, time.time()))
                for who in ((f"{number % COMMUNES:05}", f"pc-{number}") for number in range(AGENTS))
            ]
        )
        metrics = store.write_sync(lambda connection: tokens.issue(connection, "metrics", "bench", time.time()))
    finally:
        store.close()
    (port,) = free_ports(1)
    words = [*on_processor(0), sys.executable, *module, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"]
    with started(words, folder / "log") as pid:
        until_listening(port)
        yield Server(pid, port, "reports", "/api/v1/reports", tuple(secret for _, secret in issued), metrics[1])


@contextlib.contextmanager
def victoria(folder: Path) -> Iterator[Server]:
    """VictoriaMetrics, single node, its defaults."""
    (port,) = free_ports(1)
    words = ["victoria-metrics", f"-storageDataPath={folder / 'data'}", f"-httpListenAddr=127.0.0.1:{port}"]
    with started([*on_processor(0), *words], folder / "log", {"GOMAXPROCS": "1"}) as pid:
        until_listening(port)
        yield Server(pid, port, "remote write", "/api/v1/write")


@contextlib.contextmanager
def prometheus(folder: Path) -> Iterator[Server]:
    """Prometheus as a receiver of remote write that scrapes nobody."""
    (port,) = free_ports(1)
    config = folder / "prometheus.yml"
    config.write_text("{}\n", encoding="utf-8")
    words = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    words += [f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver"]
    with started([*on_processor(0), *words], folder / "log", {"GOMAXPROCS": "1"}) as pid:
        until_listening(port)
        deadline = time.monotonic() + 20
        while httpx.get(f"http://127.0.0.1:{port}/-/ready").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        yield Server(pid, port, "remote write", "/api/v1/write")


@contextlib.contextmanager
def scraped(server: Server) -> Iterator[None]:
    """Our ``/metrics`` asked every 15 s, as Prometheus does; its cost is part of ours."""
    stop = threading.Event()

    def scrape() -> None:
        headers = {"Authorization": f"Bearer {server.metrics_token}", "Accept-Encoding": "gzip"}
        while not stop.wait(SCRAPE_S):
            httpx.get(f"http://127.0.0.1:{server.port}/metrics", headers=headers, timeout=60).raise_for_status()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


SERVERS: dict[str, Callable[[Path], contextlib.AbstractContextManager[Server]]] = {
    "VictoriaMetrics": victoria,
    "Prometheus": prometheus,
    "sansang, taking only": lambda folder: sansang(folder, [Path(__file__).with_name("ingest_only.py")]),
    "sansang, whole": lambda folder: sansang(folder, ["-m", "sansang_collector"]),
}


def phases(name: str, seconds: float) -> list[Phase]:
    """The load each server gets, each time after every agent has reported once."""
    ours = name.startswith("sansang")
    # a server that answers only after a commit needs many connections to be kept busy
    full = Phase(0, 6_000, 256) if ours else Phase(0, 20_000, 32)
    return [Phase(67, round(67 * seconds), 32), Phase(670, round(670 * seconds), 128 if ours else 32), full]


def measure(name: str, seconds: float) -> list[Figures]:
    """One server through all its phases; ours also at twice its own capacity, an agent per connection."""
    with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder)) as server:
        load = Load(server)
        found: list[Figures] = []
        load.send(EVERYONE)
        with scraped(server) if name == "sansang, whole" else contextlib.nullcontext():
            for phase in phases(name, seconds):
                load.send(EVERYONE)
                found.append(load.send(phase))
            if server.kind == "reports":
                twice = 2 * found[-1].done / found[-1].seconds
                load.send(EVERYONE)
                found.append(load.send(Phase(twice, round(twice * seconds), AGENTS, impatient=True)))
        return found


def row(name: str, found: Figures, beside: Figures | None) -> list[str]:
    """One line of the table."""
    phase = found.phase
    taken = [each * 1000 for status, times in found.latencies.items() if status.startswith("2") for each in times]
    others = {status: count for status, count in found.answers.items() if not status.startswith("2")}
    least = "" if found.rest_s < LONGEST_REST_S else "≥ "  # it was still at it when we stopped waiting
    offered = "as answered" if not phase.rate else f"{phase.rate:,.0f}{' (twice)' if phase.impatient else ''}"
    return [
        name,
        offered,
        f"{found.done / found.seconds:,.0f}",
        *(f"{percentile(taken, share):,.1f}" for share in (0.5, 0.99, 1)),
        f"{least}{found.cost_us:,.0f}",
        f"{least}{found.cost_us / beside.cost_us:.2f}" if beside else "",
        f"{found.peak_mib:,.0f}",
        ", ".join(f"{status}: {count:,}" for status, count in sorted(others.items())) or "none",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", nargs="*", default=list(SERVERS), choices=list(SERVERS), metavar="SERVER")
    parser.add_argument("--seconds", type=float, default=15, help="of each phase with a fixed rate")
    options = parser.parse_args()
    before = machine()
    found = {name: measure(name, options.seconds) for name in options.servers}
    peer = dict(enumerate(found.get("VictoriaMetrics", ())))
    rows = [row(name, each, peer.get(number)) for name, runs in found.items() for number, each in enumerate(runs)]
    print(f"{before} (before), {load()} (after)\n\n{table(HEADS, rows)}")
    sizes = ", ".join(f"{name} {runs[0].body_bytes:,.0f}" for name, runs in found.items())
    rests = ", ".join(f"{name} {' '.join(f'{each.rest_s:.0f}' for each in runs)}" for name, runs in found.items())
    print(f"\nBytes of a request: {sizes}. Seconds until at rest after each phase: {rests}.")


if __name__ == "__main__":
    main()
