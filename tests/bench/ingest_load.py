"""Sends reports, or the same numbers as remote write, at a fixed rate or as fast as they are answered.

Started by ingest.py with an interpreter that has cramjam (for snappy). It reads a plan (JSON) from its first line of
input, prints ``ready`` when all bodies are made, begins at the next line, and prints what came of it.
"""

import asyncio
import importlib
import json
import random
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

VARIANTS = 16
"""Different sets of figures; an agent goes through them report by report."""
BOOT = "00000000-0000-4000-8000-000000000001"
END = b"\r\n\r\n"


def results(seed: int, within_ms: int = 15_000) -> list[dict[str, Any]]:
    """20 results of the last ``within_ms``, with figures as a healthy line has them: 10 icmp, 5 tcp, 5 https."""
    random_ = random.Random(seed)

    def ms(low: float, high: float) -> float:
        return round(random_.uniform(low, high), 3)

    echoes = [
        {"check": f"icmp-{number}", "at": -random_.randrange(within_ms), "outcome": "ok", "sent": 5, "lost": 0}
        | {"rtt_ms": sorted(ms(1, 30) for _ in range(4)), "jitter_ms": ms(0, 2), "address": f"192.0.2.{number + 1}"}
        for number in range(10)
    ]
    doors = [
        {"check": f"tcp-{number}", "at": -random_.randrange(within_ms), "outcome": "ok"}
        | {"phases_ms": {"connect": ms(1, 30)}, "address": f"192.0.2.{number + 11}"}
        for number in range(5)
    ]
    pages = [
        {"check": f"http-{number}", "at": -random_.randrange(within_ms), "outcome": "ok"}
        | {"phases_ms": {"connect": ms(1, 30), "tls": ms(5, 60), "first_byte": ms(5, 90), "transfer": ms(0, 9)}}
        | {"status": 200, "cert_expiry": 1893456000, "address": f"192.0.2.{number + 16}"}
        for number in range(5)
    ]
    return [*echoes, *doors, *pages]


def samples(found: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, float]]:
    """The numbers of results as a store of series has them: name, check, one more label's value, value."""
    for result in found:
        check = result["check"]
        yield "probe_success", check, "", 1.0
        for name in ("sent", "lost", "jitter_ms"):
            if name in result:
                yield f"sansang_ping_{name}", check, "", float(result[name])
        for name, value in zip(("min", "median", "p95", "max"), result.get("rtt_ms", ()), strict=False):
            yield "probe_icmp_duration_seconds", check, name, value / 1000
        for name, value in result.get("phases_ms", {}).items():
            yield "probe_http_duration_seconds", check, name, value / 1000


class Reports:
    """Bodies of our own reports, one envelope with one report each."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._tokens = plan["tokens"]
        self._config = plan["config"]
        self._profiles = json.dumps(plan["profiles"]) if plan["first"] == 0 else "{}"
        self._variants = [
            json.dumps(results(seed, plan["within_ms"]), separators=(",", ":")) for seed in range(VARIANTS)
        ]
        nic = {"name": "Ethernet", "up": True, "bps": 1_000_000_000, "addresses": ["192.168.1.20"]}
        host = {"uptime_s": 86400, "cpu": 0.07, "memory": 0.61, "disk_free_bytes": 51_200_000_000, "nics": [nic]}
        host |= {"gateways": ["192.168.1.1"], "dns": ["192.168.1.1"], "power": {"source": "mains", "percent": 97}}
        self._host = json.dumps(host, separators=(",", ":"))

    def headers(self, agent: int) -> str:
        return f"Content-Type: application/json\r\nAuthorization: Bearer {self._tokens[agent]}\r\n"

    def body(self, agent: int, tick: int) -> bytes:
        mono, wall = 86_400.0 + tick * 15, 1_782_440_405.0 + tick * 15
        clocks = f'"boot":"{BOOT}","mono":{mono},"wall":{wall}'
        profiles = self._profiles if agent == 0 else "{}"
        found = self._variants[(agent * 7 + tick) % VARIANTS]
        return (
            f'{{"v":1,"sent":{{{clocks}}},"spool":{{"rows":1,"oldest":{wall},"bytes":4096}},"profiles":{profiles},'
            f'"reports":[{{"stream":"{agent:032x}","seq":{tick + 1},{clocks},"why":"periodic","start":"boot",'
            f'"version":"0.3.0","config":"{self._config}","host":{self._host},"results":{found}}}]}}'
        ).encode()


class RemoteWrite:
    """Bodies of Prometheus' remote write 1.0: the same numbers of the same agents, snappy as its senders do."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._compress = importlib.import_module("cramjam").snappy.compress_raw
        self._start_ms = plan["start_ms"]
        self._values = [[value for *_, value in samples(results(seed))] for seed in range(VARIANTS)]
        names = [(name, check, label) for name, check, label, _ in samples(results(0))]
        self._labels = [[_labels(agent, *one) for one in names] for agent in range(plan["agents"])]

    def headers(self, _agent: int) -> str:
        kind = "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
        return kind + "X-Prometheus-Remote-Write-Version: 0.1.0\r\n"

    def body(self, agent: int, tick: int) -> bytes:
        at = b"\x10" + _varint(self._start_ms + tick * 15_000)
        values = self._values[(agent * 7 + tick) % VARIANTS]
        series = [
            labels + _field(2, b"\x09" + struct.pack("<d", value) + at)
            for labels, value in zip(self._labels[agent], values, strict=True)
        ]
        return bytes(self._compress(b"".join(_field(1, one) for one in series)))


def _labels(agent: int, name: str, check: str, phase: str) -> bytes:
    pairs = {"__name__": name, "agent": f"pc-{agent}", "check": check, "commune": f"{agent % 65:05}"}
    pairs |= {"phase": phase} if phase else {}
    pairs["rung"] = "line"
    return b"".join(
        _field(1, _field(1, key.encode()) + _field(2, value.encode())) for key, value in sorted(pairs.items())
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


class Connection(asyncio.Protocol):
    """One kept-alive connection: a request at a time, the others wait in line."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._due: float | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @property
    def busy(self) -> bool:
        return self._due is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def put(self, due: float, request: bytes) -> None:
        self._waiting.append((due, request))
        if not self.busy:
            self._next()

    def _next(self) -> None:
        if self._waiting and self._transport is not None:
            self._due, request = self._waiting.popleft()
            # as fast as they are answered: a request is due when the one before it is done
            self._due = self._due or time.perf_counter()
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(END)
        if not found or len(body) < _length(head):
            return
        assert self._due is not None
        self._load.answered(int(head[9:12]), time.perf_counter() - self._due)
        self._received, self._due = b"", None
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's name
        if self._load.left > 0:
            self._load.broken(1 + len(self._waiting) if self.busy else len(self._waiting))
            self._transport = None


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


class Load:
    """Everything that is sent in one go, and what came of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self.left = plan["reports"]
        self._answers: Counter[str] = Counter()
        self._latencies: dict[str, list[float]] = {}
        self._done = asyncio.Event()

    async def run(self, requests: list[bytes]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        count = self._plan["connections"]
        connections = [
            (await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._plan["port"]))[1]
            for _ in range(count)
        ]
        began = time.perf_counter()
        rate = self._plan["rate"]
        for number, request in enumerate(requests):
            due = began + number / rate if rate else 0.0
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            connection = connections[number % self._plan["agents"] % count]
            if self._plan["impatient"] and connection.busy:
                self._settle("held back")  # a real agent's report would wait in its spool
            else:
                connection.put(due, request)
        await self._done.wait()
        return {
            "seconds": time.perf_counter() - began,
            "answers": self._answers,
            "latencies": self._latencies,
            "bytes": sum(map(len, requests)) / len(requests),
        }

    def answered(self, status: int, seconds: float) -> None:
        self._latencies.setdefault(str(status), []).append(seconds)
        self._settle(str(status))

    def broken(self, count: int) -> None:
        for _ in range(count):
            self._settle("broken")

    def _settle(self, what: str) -> None:
        self._answers[what] += 1
        self.left -= 1
        if self.left == 0:
            self._done.set()


def made(plan: dict[str, Any]) -> list[bytes]:
    """All requests, head and body, in order of sending."""
    kind: Reports | RemoteWrite = Reports(plan) if plan["kind"] == "reports" else RemoteWrite(plan)
    requests = []
    for number in range(plan["reports"]):
        tick, agent = divmod(number, plan["agents"])
        body = kind.body(agent, plan["first"] + tick)
        head = f"POST {plan['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind.headers(agent)}"
        requests.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return requests


def main() -> None:
    """See the module."""
    plan = json.loads(sys.stdin.readline())
    requests = made(plan)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asyncio.run(_run(plan, requests))), flush=True)


async def _run(plan: dict[str, Any], requests: list[bytes]) -> dict[str, Any]:
    return await Load(plan).run(requests)


if __name__ == "__main__":
    main()
