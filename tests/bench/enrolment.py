"""How long 1,000 machines take to join by one code, all at once, at a real collector in a process of its own.

Each machine has its own connection and does what a machine does, but for the key it makes of the code (scrypt, some
50 ms of its own processor's work): all have one code here, so it is made once, before the clock starts.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_agent.contract.joining import (  # noqa: E402
    HELLO_PATH,
    JOIN_PATH,
    Hello,
    HelloAnswer,
    Join,
    JoinCode,
    ca_proof,
    join_proof,
)
from sansang_collector.join_codes import Wanted  # noqa: E402
from sansang_collector.simulation import wire as wires  # noqa: E402
from sansang_collector.simulation.wire import Wire, place_of  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from tests.bench.measuring import CpuMeter, load, machine, percentile, table  # noqa: E402
from tests.support.collector_process import running_collector  # noqa: E402
from tests.support.joining import make_code  # noqa: E402

PATIENCE_S = 120.0
"""How long a machine waits here for an answer, so that a slow run is measured and not broken off."""


class Joining(NamedTuple):
    """What it took until all were in: seconds, of the collector's processor too, and each machine's own."""

    took_s: float
    cpu_s: float
    hellos_s: list[float]
    joins_s: list[float]
    statuses: list[int]


async def join(wire: Wire, code: JoinCode, key: bytes, host: str) -> tuple[float, float, int]:
    """One machine, from its hello to its token: seconds of both, and the last status."""
    nonce, began = secrets.token_hex(32), time.monotonic()
    said = await wire.ask("POST", HELLO_PATH, msgspec.json.encode(Hello(id=code.id, nonce=nonce)))
    heard = msgspec.json.decode(said.body, type=HelloAnswer)
    assert heard.proof == ca_proof(key, nonce, heard)
    greeted = time.monotonic()
    message = Join(id=code.id, nonce=nonce, answer_nonce=heard.nonce, host=host, system="Windows 11", proof="0" * 64)
    proved = msgspec.structs.replace(message, proof=join_proof(key, message))
    answer = await wire.ask("POST", JOIN_PATH, msgspec.json.encode(proved))
    return greeted - began, time.monotonic() - greeted, answer.status


async def measure(folder: Path, count: int, host: str) -> Joining:
    """So many machines at once. ``host``: what they call themselves; ``{}`` in it is a number."""
    vars(wires)["EXCHANGE_S"] = PATIENCE_S
    with running_collector(folder) as collector:
        store = Store(folder)
        code = store.write_sync(lambda it: make_code(it, Wanted("06286", uses=count), time.time()))
        store.close()
        key, meter = code.key(), CpuMeter(collector.pid)
        all_ = [Wire(place_of(collector.url), "") for _ in range(count)]
        meter_before, began = meter.seconds(), time.monotonic()
        done = await asyncio.gather(*(join(wire, code, key, host.format(n)) for n, wire in enumerate(all_)))
        took, cpu = time.monotonic() - began, meter.seconds() - meter_before
        for wire in all_:
            wire.close()
    hellos, joins, statuses = zip(*done, strict=True)
    return Joining(took, cpu, list(hellos), list(joins), list(statuses))


def shown(found: Joining, names: str) -> list[object]:
    """One row of the table."""
    milliseconds = [
        f"{percentile(each, share) * 1000:,.0f}" for each in (found.hellos_s, found.joins_s) for share in (0.5, 1)
    ]
    let_in = found.statuses.count(200)
    each = f"{found.cpu_s / max(1, let_in) * 1000:.1f}"
    return [names, f"{let_in:,}", f"{found.took_s:.1f}", f"{found.cpu_s:.1f}", each, *milliseconds]


def main() -> None:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    count = options.parse_args().count
    rows = []
    before = load()
    for names, host in (("each its own", "MAY-{:04}"), ("all alike", "DESKTOP")):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(shown(asyncio.run(measure(Path(folder), count, host)), names))
    heads = ["host names", "let in", "s", "CPU s", "CPU ms each", "hello p50 ms", "max", "join p50 ms", "max"]
    print(f"{machine()}; load before {before}\n\n{table(heads, rows)}")


if __name__ == "__main__":
    main()
