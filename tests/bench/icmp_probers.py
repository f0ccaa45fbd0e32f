"""Runs one prober against N targets at once, R echoes each, and prints the round-trip times it reports as JSON.

Started by icmp_error.py inside its namespace, with the interpreter that has the prober:
``icmp_probers.py PROBER TARGETS ROUNDS PORT`` prints ``{"address": [ms, …]}``; an echo without an answer is null.
"""

import asyncio
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

ROUND_S = 0.2
TIMEOUT_S = 1.0

Times = dict[str, list[float | None]]
_RTT = re.compile(rb'^probe_icmp_duration_seconds\{phase="rtt"\} (\S+)$', re.MULTILINE)


def address(number: int) -> str:
    """Target ``number`` from 0."""
    return f"10.95.{1 + number // 200}.{1 + number % 200}"


async def sansang(targets: Sequence[str], rounds: int, _port: int) -> Times:
    """Our platform: one train of echoes over all targets."""
    trains = await _platform().train(targets, rounds, ROUND_S, TIMEOUT_S)
    return {train.address: _told(train, rounds) for train in trains}


async def sansang_each(targets: Sequence[str], rounds: int, _port: int) -> Times:
    """Our platform as the agent's checks use it: a train and a socket per target, all at the same moment."""
    platform = _platform()
    trains = await asyncio.gather(*(platform.train([one], rounds, ROUND_S, TIMEOUT_S) for one in targets))
    return {train.address: _told(train, rounds) for (train,) in trains}


def _platform() -> Any:
    return importlib.import_module("sansang_agent.platform").current()


def _told(train: Any, rounds: int) -> list[float | None]:
    """A train with losses does not say which echo was lost: all its figures are left out, and counted as lost."""
    return list(train.rtts_ms) if len(train.rtts_ms) == rounds else [None] * rounds


async def icmplib(targets: Sequence[str], rounds: int, _port: int, *, privileged: bool = True) -> Times:
    """icmplib's own way for many hosts, all of them at once."""
    library = importlib.import_module("icmplib")

    async def once() -> list[float | None]:
        hosts = await library.async_multiping(
            list(targets), 1, 0, TIMEOUT_S, concurrent_tasks=len(targets), privileged=privileged
        )
        return [host.rtts[0] if host.rtts else None for host in hosts]

    return await _in_rounds(targets, rounds, once)


async def icmplib_dgram(targets: Sequence[str], rounds: int, port: int) -> Times:
    """icmplib with datagram sockets."""
    return await icmplib(targets, rounds, port, privileged=False)


async def gufo_ping(targets: Sequence[str], rounds: int, _port: int) -> Times:
    """gufo_ping, one object for all targets as its documentation advises."""
    ping = importlib.import_module("gufo.ping").Ping(timeout=TIMEOUT_S)

    async def once() -> list[float | None]:
        seconds = await asyncio.gather(*(ping.ping(target) for target in targets))
        return [None if each is None else each * 1000 for each in seconds]

    return await _in_rounds(targets, rounds, once)


async def blackbox(targets: Sequence[str], rounds: int, port: int) -> Times:
    """A running blackbox_exporter, asked for all targets at once."""

    async def ask(target: str) -> float | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /probe?module=icmp&target={target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        page = await reader.read(-1)
        writer.close()
        found = _RTT.search(page)
        return float(found[1]) * 1000 if found and b"\nprobe_success 1\n" in page else None

    async def once() -> list[float | None]:
        return await asyncio.gather(*(ask(target) for target in targets))

    return await _in_rounds(targets, rounds, once)


async def fping(targets: Sequence[str], rounds: int, _port: int) -> Times:
    """fping; it prints tenths of a millisecond at this distance."""
    words = ["fping", "-q", "-C", str(rounds), "-i", "0", "-p", str(int(ROUND_S * 1000)), *targets]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    times: Times = {}
    for line in done.stderr.splitlines():
        target, _, told = line.partition(" : ")
        times[target.strip()] = [None if word == "-" else float(word) for word in told.split()]
    return times


async def _in_rounds(targets: Sequence[str], rounds: int, once: Callable[[], Awaitable[list[float | None]]]) -> Times:
    times: Times = {target: [] for target in targets}
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(rounds):
        await asyncio.sleep(max(0.0, start + number * ROUND_S - loop.time()))
        for target, told in zip(targets, await once(), strict=True):
            times[target].append(told)
    return times


PROBERS: dict[str, Callable[[Sequence[str], int, int], Awaitable[Times]]] = {
    "sansang": sansang,
    "sansang, a socket per target": sansang_each,
    "gufo_ping": gufo_ping,
    "fping": fping,
    "blackbox_exporter": blackbox,
    "icmplib, datagram": icmplib_dgram,
    "icmplib": icmplib,
}


async def _main() -> None:
    prober, count, rounds, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    print(json.dumps(await PROBERS[prober]([address(number) for number in range(count)], rounds, port)))


if __name__ == "__main__":
    asyncio.run(_main())
