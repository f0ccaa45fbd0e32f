"""What an agent costs on a PC: memory and CPU beside blackbox_exporter + node_exporter that do the same work (root).

Ours runs 20 checks, keeps its spool and reports over TLS to nginx before a real collector; the exporters are scraped
for the same 20 targets, with as many echoes and TLS handshakes, over the same minutes.
"""

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "deploy" / "local"))

from certificates import Authority  # noqa: E402  # the checkout is not installed as a package
from tests.bench.measuring import (  # noqa: E402
    CpuMeter,
    Memory,
    free_ports,
    load,
    machine,
    memory,
    spread,
    started,
    table,
    until_listening,
)
from tests.support.collector_process import CollectorProcess, running_collector  # noqa: E402

PERIOD_S = 15.0
GAP_S = 0.2
ECHOED = tuple(f"127.0.0.{number}" for number in range(11, 21))
HEADS = ("programs", "echoes a check", "RSS MiB", "PSS MiB", "USS MiB", "CPU s/min: median (min–max)", "÷ exporters")
COMMUNE = "00000"


class World(NamedTuple):
    """Whom both sides probe, and where ours reports."""

    tcp: Sequence[int]
    https: Sequence[int]
    uplink: int
    ca: Path


class Pair(NamedTuple):
    """One row of the table: its processes, and their figures by window and by look."""

    name: str
    echoes: int
    pids: Sequence[int]
    windows: list[float]
    looks: list[Memory]


def nginx_config(folder: Path, world: World, certificate: Path, collector: int) -> str:
    """Plain doors, TLS doors, and the way to the collector, all by one worker."""
    tls = f"ssl_certificate {certificate}; ssl_certificate_key {certificate};"
    doors = [f"server {{ listen 127.0.0.1:{port}; return 200 'ok'; }}" for port in world.tcp]
    doors += [f"server {{ listen 127.0.0.1:{port} ssl; {tls} return 200 'ok'; }}" for port in world.https]
    way = "proxy_pass http://collector; proxy_http_version 1.1; proxy_set_header Connection '';"
    way += " proxy_set_header Host $host;"
    doors.append(f"server {{ listen 127.0.0.1:{world.uplink} ssl; {tls} location / {{ {way} }} }}")
    upstream = f"upstream collector {{ server 127.0.0.1:{collector}; keepalive 4; }}"
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"access_log off; {places} keepalive_timeout 75s; keepalive_requests 100000; {upstream}"
    return (
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr; events {{ }}\n"
        f"http {{ {http}\n" + "\n".join(doors) + "\n}\n"
    )


def agent_config(folder: Path, world: World, token: Path, echoes: int) -> dict[str, Any]:
    """20 checks: 10 icmp, 5 tcp, 5 https."""
    checks: list[dict[str, Any]] = [
        {"kind": "icmp", "id": f"icmp-{number}", "rung": "line", "target": target, "count": echoes, "gap": GAP_S}
        for number, target in enumerate(ECHOED)
    ]
    checks += [
        {"kind": "tcp", "id": f"tcp-{port}", "rung": "internet", "target": f"127.0.0.1:{port}"} for port in world.tcp
    ]
    checks += [
        {"kind": "http", "id": f"http-{port}", "rung": "service", "target": f"https://127.0.0.1:{port}/"}
        | {"ca_file": str(world.ca), "confirm": False}
        for port in world.https
    ]
    uplink = {"url": f"https://127.0.0.1:{world.uplink}", "token_file": str(token), "ca": str(world.ca)}
    return {
        "collector": uplink,
        "commune": {"code": COMMUNE},
        "data_dir": str(folder / "data"),
        "report_period": PERIOD_S,
        "profile": {"checks": checks},
    }


def blackbox_config(world: World) -> dict[str, Any]:
    """The three modules that do what our checks do."""
    tls = {"ca_file": str(world.ca)}
    return {
        "modules": {
            "icmp": {"prober": "icmp", "timeout": "4s", "icmp": {"preferred_ip_protocol": "ip4"}},
            "tcp": {"prober": "tcp", "timeout": "4s"},
            "https": {"prober": "http", "timeout": "4s", "http": {"preferred_ip_protocol": "ip4", "tls_config": tls}},
        }
    }


@contextlib.contextmanager
def surroundings(folder: Path, ports: Sequence[int], collector: CollectorProcess) -> Iterator[World]:
    """What both sides probe, and nginx before the collector; takes the first eleven ports."""
    folder.chmod(0o755)  # nginx' worker is another user
    authority = Authority(folder)
    authority.context(hosts=("127.0.0.1",))
    world = World(ports[:5], ports[5:10], ports[10], authority.ca_file)
    config = folder / "nginx.conf"
    certificate = next(folder.glob("good-*.pem"))
    config.write_text(nginx_config(folder, world, certificate, collector.port), encoding="utf-8")
    with started(["nginx", "-p", folder, "-c", config, "-e", "stderr"], folder / "nginx.log"):
        until_listening(world.uplink)
        yield world


@contextlib.contextmanager
def agent(folder: Path, world: World, collector: CollectorProcess, echoes: int) -> Iterator[list[int]]:
    """A running agent of ours."""
    folder.mkdir()
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(collector.token("agent", COMMUNE, f"bench-{echoes}"), encoding="utf-8")
    config = folder / "agent.yml"
    config.write_text(yaml.safe_dump(agent_config(folder, world, token, echoes)), encoding="utf-8")
    words = [sys.executable, "-m", "sansang_agent", "run", "--config", str(config)]
    with started(words, folder / "agent.log") as pid:
        yield [pid]


@contextlib.contextmanager
def exporters(folder: Path, world: World, doors: tuple[int, int]) -> Iterator[list[int]]:
    """A blackbox_exporter and a node_exporter, listening on ``doors``."""
    folder.mkdir()
    config = folder / "blackbox.yml"
    config.write_text(yaml.safe_dump(blackbox_config(world)), encoding="utf-8")
    blackbox = ["prometheus-blackbox-exporter", f"--config.file={config}"]
    with (
        started([*blackbox, f"--web.listen-address=127.0.0.1:{doors[0]}"], folder / "blackbox.log") as first,
        started(
            ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{doors[1]}"], folder / "node.log"
        ) as second,
    ):
        yield [first, second]


async def scrape(world: World, doors: tuple[int, int], echoes: int, failures: list[str]) -> None:
    """Ask the exporters as a Prometheus would that scrapes every 15 s, each target at its own moment; never returns."""
    probe = f"http://127.0.0.1:{doors[0]}/probe"
    jobs: list[Callable[[], Coroutine[Any, Any, None]]] = []
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None, keepalive_expiry=120), timeout=10) as client:

        async def ask(address: str, parameters: Mapping[str, str], times: int) -> None:
            for number in range(times):
                await asyncio.sleep(GAP_S if number else 0)
                page = (await client.get(address, params=dict(parameters))).text
                if parameters and "\nprobe_success 1\n" not in page:
                    failures.append(parameters["target"])

        wanted = [("icmp", target, echoes) for target in ECHOED]
        wanted += [("tcp", f"127.0.0.1:{port}", 1) for port in world.tcp]
        wanted += [("https", f"https://127.0.0.1:{port}/", 1) for port in world.https]
        jobs = [partial(ask, probe, {"module": module, "target": target}, times) for module, target, times in wanted]
        jobs.append(partial(ask, f"http://127.0.0.1:{doors[1]}/metrics", {}, 1))
        async with asyncio.TaskGroup() as tasks:
            for number, job in enumerate(jobs):
                tasks.create_task(_every(job, PERIOD_S, number / len(jobs) * PERIOD_S))


async def _every(job: Callable[[], Coroutine[Any, Any, None]], period: float, offset: float) -> None:
    due = time.monotonic() + offset
    while True:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await job()
        due += period


async def watch(pairs: Sequence[Pair], windows: int, seconds: float) -> None:
    """Fill the pairs' figures: CPU by window, memory every twelfth of a window."""
    meters = {pid: CpuMeter(pid) for pair in pairs for pid in pair.pids}
    for _ in range(windows):
        before = {pid: meter.seconds() for pid, meter in meters.items()}
        began = time.monotonic()
        for _ in range(12):
            await asyncio.sleep(seconds / 12)
            used = {pid: meter.seconds() - before[pid] for pid, meter in meters.items()}
            for pair in pairs:
                pair.looks.append(Memory(*(sum(each) for each in zip(*map(memory, pair.pids), strict=True))))
        lasted = time.monotonic() - began
        for pair in pairs:
            pair.windows.append(sum(used[pid] for pid in pair.pids) * 60 / lasted)


def rows(pairs: Sequence[Pair]) -> list[list[str]]:
    """One line per pair; ours beside the exporters that sent as many echoes."""
    theirs = {pair.echoes: statistics.median(pair.windows) for pair in pairs if pair.name != "sansang"}
    return [
        [
            pair.name,
            str(pair.echoes),
            *(f"{statistics.median(values):.1f}" for values in zip(*pair.looks, strict=True)),
            spread(pair.windows, 3),
            f"{statistics.median(pair.windows) / theirs[pair.echoes]:.2f}",
        ]
        for pair in pairs
    ]


async def measure(warm_up: float, windows: int, seconds: float, *, echo_counts: Sequence[int] = (5, 1)) -> str:
    """Start everything, let it settle, watch, and give the table."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = free_ports(11 + 2 * len(echo_counts))
        collector = stack.enter_context(running_collector(folder / "collector"))
        world = stack.enter_context(surroundings(folder, ports, collector))
        pairs, scrapers, failures = [], [], list[str]()
        for number, echoes in enumerate(echo_counts):
            doors = (ports[11 + 2 * number], ports[12 + 2 * number])
            ours = stack.enter_context(agent(folder / f"agent-{echoes}", world, collector, echoes))
            theirs = stack.enter_context(exporters(folder / f"exporters-{echoes}", world, doors))
            pairs += [Pair("sansang", echoes, ours, [], []), Pair("blackbox + node_exporter", echoes, theirs, [], [])]
            for door in doors:
                until_listening(door)
            scrapers.append(asyncio.create_task(scrape(world, doors, echoes, failures)))
        await asyncio.sleep(warm_up)
        await watch(pairs, windows, seconds)
        for scraper in scrapers:
            scraper.cancel()
        await asyncio.gather(*scrapers, return_exceptions=True)
        healthy = await asyncio.to_thread(_what_ours_saw, collector)
        return f"{table(HEADS, rows(pairs))}\n\n{healthy}; exporters: {len(failures)} failed probes."


def _what_ours_saw(collector: CollectorProcess) -> str:
    with collector.client("metrics") as client:
        lines = client.get("/metrics").text.splitlines()
    results = [line for line in lines if line.startswith("probe_success{")]
    good = sum(line.endswith((" 1.0", " 1")) for line in results)
    return f"sansang at the collector: {good} of {len(results)} checks ok"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warm-up", type=float, default=60)
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60, help="of one window")
    options = parser.parse_args()
    before = machine()
    shown = asyncio.run(measure(options.warm_up, options.windows, options.seconds))
    print(f"{before} (before), {load()} (after)\n\n{shown}")


if __name__ == "__main__":
    main()
