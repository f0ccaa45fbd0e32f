"""How long the first page of /fleet takes with the machines of a nation: 33,210 over 3,321 communes.

The collector is the real one with its pages, asked in this process without a network; its ledger is filled as the
consumers fill it. Machines are in contact, off as usual, silent or retired, and hold some reports back.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sqlalchemy import Connection, insert  # noqa: E402

from sansang_collector import tokens  # noqa: E402
from sansang_collector.agents import AGENT  # noqa: E402
from sansang_collector.app import Application, create_app  # noqa: E402
from sansang_collector.contact import CONTACT, MACHINE  # noqa: E402
from sansang_collector.inventory import versions  # noqa: E402
from sansang_collector.inventory.folder import read_folder  # noqa: E402
from sansang_collector.settings import CollectorSettings  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from tests.bench import nation  # noqa: E402
from tests.bench.measuring import machine, percentile, table  # noqa: E402

NOW = 1_782_450_000.0  # a Friday, 12:00 in Vietnam
VERSIONS = ("0.3.0", "0.3.0", "0.3.0", "0.2.9", "0.2.4")


def fill(folder: Path, communes: int, each: int) -> str:
    """A ledger with an inventory and its machines; the secret of a token that reads it."""
    nation.fill(folder / "inventory", communes)
    inventory = read_folder(folder / "inventory", lambda _province: {}).inventory
    store = Store(folder / "data")
    codes = [commune.code for commune in inventory.communes for _ in range(each)]
    store.write_sync(lambda connection: versions.apply(connection, inventory, NOW, ""))
    store.write_sync(lambda connection: _machines(connection, codes))
    secret = store.write_sync(lambda connection: tokens.issue(connection, "read", "bench", NOW))[1]
    store.close()
    return secret


def _machines(connection: Connection, codes: list[str]) -> None:
    chance = random.Random(11)
    agents, contacts, machines = [], [], []
    for number, code in enumerate(codes, 1):
        retired = NOW - 86400 if chance.random() < 0.01 else None
        agents.append({"id": number, "commune": code, "name": f"pc-{number}", "created_at": 0.0, "role": "counter",
                       "retired_at": retired, "changed_at": NOW - 86400 if retired else 0.0})  # fmt: skip
        away = chance.random() < 0.2
        at = NOW - (chance.uniform(60, 86400) if away else chance.uniform(0, 15))
        contacts.append({"agent": number, "at": at, "boot": "b", "skew": chance.gauss(0, 2), "silent": away,
                         "spool_rows": chance.randrange(3), "spool_oldest": None, "spool_bytes": 0,
                         "position": number})  # fmt: skip
        goodbye = "shutdown" if away and chance.random() < 0.7 else None
        machines.append({"agent": number, "at": at, "version": chance.choice(VERSIONS), "config": "c", "host": None,
                         "goodbye": goodbye, "back": None, "assigned": ""})  # fmt: skip
    connection.execute(insert(AGENT), agents)
    connection.execute(insert(CONTACT), contacts)
    connection.execute(insert(MACHINE), machines)


def heard_again(folder: Path, share: float, position: int) -> None:
    """As many machines in contact once more, by another connection, as the consumers would write it."""
    store = Store(folder / "data")
    every = max(1, round(1 / share))
    heard = CONTACT.update().where(CONTACT.c.agent % every == 0, CONTACT.c.silent.is_(False))
    store.write_sync(lambda connection: connection.execute(heard.values(position=position + CONTACT.c.agent)))
    store.close()


class Took(NamedTuple):
    """Milliseconds until the whole answer is there, by the clock and of this process's CPU."""

    clock: float
    cpu: float


async def ask(app: Application, address: str, secret: str) -> Took:
    """Ask once; raises unless the answer is a good one."""
    path, _, query = address.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 9640), "client": ("127.0.0.1", 1),
        "root_path": "", "headers": [(b"host", b"127.0.0.1:9640"), (b"authorization", f"Bearer {secret}".encode())],
    }  # fmt: skip
    answer: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        answer.append(message)

    began, used = time.perf_counter(), time.process_time()
    await app(scope, receive, send)
    took = Took((time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000)
    if answer[0]["status"] != 200:
        raise RuntimeError(f"{address}: {answer[0]['status']}")
    return took


SHARES = (0.1, 0.33, 1.0)
"""Of the machines that are in contact, how many were heard from between two looks."""
ADDRESSES = {
    "first page": "/fleet",
    "only silent ones": "/fleet?state=silent",
    "part of a name": "/fleet?q=gia%20lap%2077",
    "by last contact": "/fleet?sort=-contact",
    "hundredth page": "/fleet?offset=9900",
    "JSON, first 100": "/api/v1/fleet?limit=100",
    "CSV of all": "/fleet.csv",
    "blind spots": "/fleet/blind-spots",
}


async def _measure(folder: Path, secret: str, runs: int) -> list[tuple[str, ...]]:
    app = create_app(CollectorSettings(data_dir=str(folder / "data")), lambda: NOW)
    rows = []
    async with app.fastapi.router.lifespan_context(app.fastapi):
        rows.append(_row("first page, first ever", [await ask(app, "/fleet", secret)]))
        for share in SHARES:
            took = []
            for run in range(runs):
                heard_again(folder, share, (run + 1) * 100_000 + round(share * 10_000_000))
                took.append(await ask(app, "/fleet", secret))
            rows.append(_row(f"first page, {share:.0%} heard from since the last", took))
        for name, address in ADDRESSES.items():
            rows.append(_row(name, [await ask(app, address, secret) for _ in range(runs)]))
    return rows


def _row(name: str, took: list[Took]) -> tuple[str, ...]:
    clock, cpu = [one.clock for one in took], [one.cpu for one in took]
    return name, f"{percentile(clock, 0.5):.0f}", f"{max(clock):.0f}", f"{percentile(cpu, 0.5):.0f}"


def measure(folder: Path, communes: int, each: int, runs: int) -> str:
    """All addresses, median and worst, as a table."""
    secret = fill(folder, communes, each)
    return table(("what", "median ms", "worst ms", "median CPU ms"), asyncio.run(_measure(folder, secret, runs)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communes", type=int, default=nation.COMMUNES_)
    parser.add_argument("--machines", type=int, default=nation.MACHINES, help="in each commune")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(machine())
        print(measure(Path(folder), options.communes, options.machines, options.runs))


if __name__ == "__main__":
    main()
