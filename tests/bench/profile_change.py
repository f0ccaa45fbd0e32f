"""How a change of everyone's assignment spreads: 1,000 simulated agents at a real collector, request by request.

Each reports every 15 s at a moment of its own by the agent's own code (link.py, assigned.py), fetches what an answer
announces at once, says goodbye and begins anew as a restarted agent does. Needs nothing but loopback.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_agent.assigned import read  # noqa: E402
from sansang_agent.config import CollectorConfig  # noqa: E402
from sansang_agent.contract.codec import encode  # noqa: E402
from sansang_agent.contract.report import Answer, Envelope, Report, Sent, Why  # noqa: E402
from sansang_agent.contract.rung import Owner  # noqa: E402
from sansang_agent.link import CONFIG_PATH, Link, LinkError  # noqa: E402
from sansang_agent.names import SystemNames  # noqa: E402
from sansang_collector import agents, tokens  # noqa: E402
from sansang_collector.contact import ContactRow, touch  # noqa: E402
from sansang_collector.inventory import versions  # noqa: E402
from sansang_collector.inventory.model import Contact, Inventory  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from tests.bench.measuring import load, machine, percentile, table  # noqa: E402
from tests.collector.profiles.fleets import ROLES, an_inventory, codes  # noqa: E402
from tests.support.collector_process import CollectorProcess, running_collector  # noqa: E402

AGAIN = "again"
RETRY_S = 5.0
"""What a busy collector says in Retry-After."""


class Curve:
    """What was asked of the collector, when, and how long it took to answer."""

    def __init__(self) -> None:
        self.asked: dict[str, Counter[int]] = {"report": Counter(), "fetch": Counter()}
        self.took: dict[str, list[float]] = {"report": [], "fetch": []}
        self.fetched_at: dict[int, float] = {}
        self.failed = 0
        """Requests that were told to come back, or not answered; an agent tries again with its next report."""

    def note(self, what: str, began: float, changed: float) -> None:
        """A request that began at ``began`` was answered just now; ``changed``: when the change was made."""
        self.asked[what][int((began - changed) // 1)] += 1
        self.took[what].append(time.monotonic() - began)


class SimulatedAgent:
    """One agent as the collector sees it."""

    def __init__(self, number: int, link: Link, curve: Curve, period: float, begin: float) -> None:
        self._number, self._link, self._curve, self._period, self._begin = number, link, curve, period, begin
        self._seq = 0
        self.known = ""

    async def run(self, splay: float) -> None:
        """Report until cancelled."""
        await asyncio.sleep(splay)
        while True:
            announced = await self._report(Why.PERIODIC)
            if announced == AGAIN:
                await asyncio.sleep(RETRY_S * (1 + random.random() / 4))
            elif announced not in (None, self.known):
                await self._fetch()
                await self._report(Why.GOODBYE)
                await asyncio.sleep(1 + random.random() * min(5.0, self._period / 3))
            else:
                await asyncio.sleep(self._period)

    async def _report(self, why: Why) -> str | None:
        self._seq += 1
        now = time.time()
        report = Report(
            stream=f"{self._number:032x}", seq=self._seq, boot="b", mono=now, wall=now, why=why, assigned=self.known
        )
        sent = Sent(boot="b", mono=now, wall=now)
        began = time.monotonic()
        body = encode(Envelope(v=1, sent=sent, reports=(msgspec.Raw(encode(report)),)))
        try:
            answer = await self._link.post(lambda: _packed(body))
        except LinkError:
            self._curve.failed += 1
            return AGAIN
        self._curve.note("report", began, self._begin)
        if answer.status != 200:
            self._curve.failed += 1
            return AGAIN
        return msgspec.json.decode(answer.body, type=Answer).config

    async def _fetch(self) -> None:
        began = time.monotonic()
        try:
            answer = await self._link.get(CONFIG_PATH, self.known)
        except LinkError:
            self._curve.failed += 1
            return
        self._curve.note("fetch", began, self._begin)
        self.known = read(answer.body).hash
        self._curve.fetched_at[self._number] = time.monotonic()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._link.close()


def _packed(body: bytes) -> bytes:
    import gzip  # noqa: PLC0415

    return gzip.compress(body, 1, mtime=0)


def prepare(folder: Path, count: int) -> list[str]:
    """A ledger with an inventory and so many agents; the secrets of their tokens."""
    store = Store(folder)
    communes = codes(-(-count // len(ROLES)))
    secrets = []

    def write(connection: object) -> None:
        for n in range(count):
            commune, role = communes[n // len(ROLES)], ROLES[n % len(ROLES)]
            id_ = agents.register(connection, commune, f"may-{n}", 1.0, role)  # type: ignore[arg-type]
            touch(connection, [ContactRow(id_, time.time(), "b", 0.0, 0, None, 0, 0)])  # type: ignore[arg-type]
            secrets.append(tokens.issue(connection, "agent", f"{n}", 1.0, id_)[1])  # type: ignore[arg-type]

    store.write_sync(write)
    store.write_sync(lambda it: versions.apply(it, an_inventory(len(communes)), 1.0, ""))
    store.close()
    return secrets


def change(collector: CollectorProcess, communes: int) -> None:
    """Another desk for everyone: each machine's assignment is another."""
    store = Store(collector.data)
    whole = an_inventory(communes)
    other: Inventory = msgspec.structs.replace(whole, contacts=(Contact(owner=Owner.TELECOM, phone="0000 000 000"),))
    store.write_sync(lambda it: versions.apply(it, other, 2.0, ""))
    store.close()
    collector.hang_up()


async def measure(folder: Path, count: int, period: float) -> tuple[Curve, float, int]:
    """Run until everyone has fetched the change; the curve, how long it took, and who had something from before."""
    secrets = prepare(folder / "data", count)
    with running_collector(folder / "data") as collector:
        curve, names = Curve(), SystemNames()
        them = []
        for n, secret in enumerate(secrets):
            token = folder / f"token-{n}"
            token.write_text(secret)
            link = Link(CollectorConfig(url=collector.url, token_file=str(token)), names, "sansang/bench")
            them.append(SimulatedAgent(n, link, curve, period, time.monotonic() + 3 * period))
        chance = random.Random(5)
        tasks = [asyncio.create_task(one.run(chance.random() * period)) for one in them]
        await asyncio.sleep(3 * period)
        before = len(curve.fetched_at)
        curve.fetched_at.clear()
        began = time.monotonic()
        await asyncio.to_thread(change, collector, -(-count // len(ROLES)))
        async with asyncio.timeout(10 * period + 30):
            while len(curve.fetched_at) < count:  # noqa: ASYNC110  # whoever fetches last ends it
                await asyncio.sleep(0.1)
        took = max(curve.fetched_at.values()) - began
        await asyncio.sleep(period)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in them:
            await one.close()
    return curve, took, before


def shown(curve: Curve, took: float, period: float) -> str:
    """Requests each second around the change, and how long answers took."""
    first, last = -int(period), int(took + period)
    rows = [
        (second, curve.asked["report"][second], curve.asked["fetch"][second], "#" * (curve.asked["fetch"][second] // 4))
        for second in range(first, last)
    ]
    lines = [table(("second", "reports", "fetches", ""), rows), ""]
    lines.append(f"everyone has it after {took:.1f} s; told to come back: {curve.failed}")
    for what, times in curve.took.items():
        p50, p99 = (percentile(times, share) * 1000 for share in (0.5, 0.99))
        lines.append(
            f"{what}: {len(times):,} answers, p50 {p50:.1f} ms, p99 {p99:.0f} ms, max {max(times) * 1000:.0f} ms"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--period", type=float, default=15.0, help="seconds between two reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = load()
        curve, took, _ = asyncio.run(measure(Path(folder), options.agents, options.period))
        print(machine(), before, load(), sep="\n")
        print(shown(curve, took, options.period))


if __name__ == "__main__":
    main()
