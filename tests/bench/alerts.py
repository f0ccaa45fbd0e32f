"""How long it takes from an incident in the ledger to the request of a channel, and what 10,000 open faults cost.

The collector's own telling, desk and sender on a real ledger file, with a real webhook channel to a real HTTP server on
loopback; what is not here is the look that finds the incident, which ``diagnosis.py`` measures.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sansang_alerts import schema  # noqa: E402
from sansang_alerts.channels import building  # noqa: E402
from sansang_alerts.delivery import Delivery  # noqa: E402
from sansang_alerts.desk import MOST_AT_ONCE, Desk  # noqa: E402
from sansang_alerts.fault import Happening, Report  # noqa: E402
from sansang_alerts.opening import Opened  # noqa: E402
from sansang_alerts.settings import AlertSettings, Person, Takes, Team, WebhookChannel  # noqa: E402
from sansang_collector.commune import Commune, Places  # noqa: E402
from sansang_collector.diagnosis.incident import Happening as Happened  # noqa: E402
from sansang_collector.diagnosis.incident import Step  # noqa: E402
from sansang_collector.incidents import recording  # noqa: E402
from sansang_collector.incidents.naming import Naming  # noqa: E402
from sansang_collector.inventory.model import Kind as CommuneKind  # noqa: E402
from sansang_collector.news import News  # noqa: E402
from sansang_collector.store import Store  # noqa: E402
from sansang_collector.telling import Telling  # noqa: E402
from sansang_collector.told_reports import Words  # noqa: E402
from sansang_collector.web.phrases import Phrases  # noqa: E402
from tests.alerts.desks import fault, settings  # noqa: E402
from tests.bench.measuring import load, machine, percentile, table  # noqa: E402
from tests.support.channels import secret  # noqa: E402
from tests.support.faults import BEGAN  # noqa: E402
from tests.support.http_stand_in import Asked, HttpStandIn, Says  # noqa: E402
from tests.support.incidents import lang_son, ring_cut  # noqa: E402

PATIENCE_S = 60.0


class Program(HttpStandIn):
    """Notes when each incident's request came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, float] = {}

    def answer(self, asked: Asked) -> Says:
        self.came.setdefault(json.loads(asked.body)["code"], time.monotonic())
        return Says()


def alert_settings(url_file: str) -> AlertSettings:
    return AlertSettings(
        people=(Person(id="desk", name="Trực đường truyền 1"),),
        teams=(Team(id="line", name="Trực đường truyền", takes=(Takes(),), fallback="desk"),),
        channels=(WebhookChannel(id="hook", url_file=url_file),),
    )


def words() -> Words:
    here = lang_son()
    places = Places({one.code: Commune(one.code, one.name, CommuneKind.XA, "", "20") for one in here.communes})
    return Words(Naming(here), [Phrases(language, places) for language in ("vi", "en")])


async def open_to_request(folder: Path, incidents: int) -> list[float]:
    """Seconds from the transaction that opens each incident to its request, one incident after the other."""
    with Program() as program, closing(Store(folder / "ledger.db")) as store:
        store.write_sync(schema.migrate)
        said = alert_settings(str(secret(folder, "url", program.url)))
        desk, channels, spoken = Desk(said), building.build(said.channels), words()
        delivery = Delivery(store, desk, channels, place="bench")
        telling = Telling(store, News(), desk, lambda: spoken, time.time, delivery.nudge)
        tasks = [asyncio.create_task(telling.follow()), asyncio.create_task(delivery.run())]
        await asyncio.sleep(2.0)
        written: dict[str, float] = {}
        for _ in range(incidents):
            step = Step(msgspec.structs.replace(ring_cut(), id=0, code=""), Happened.OPENED)
            (done,) = await store.write(lambda connection, step=step: recording.write(connection, [step], time.time()))  # type: ignore[misc]
            written[done.incident.code] = time.monotonic()
            await asyncio.sleep(random.uniform(0.1, 0.7))  # anywhere between two looks
        await _until(lambda: len(program.came) >= incidents)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await channels.close()
    return [program.came[code] - at for code, at in written.items()]


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  # a server on threads tells no loop
            await asyncio.sleep(0.05)


class Spent(NamedTuple):
    """What something took, in ms: of the processor, and in all."""

    what: str
    cpu_ms: float
    took_ms: float


def spent(what: str, does: Callable[[], object], times: int = 1) -> Spent:
    cpu, began = time.process_time(), time.perf_counter()
    for _ in range(times):
        does()
    return Spent(what, (time.process_time() - cpu) * 1e3 / times, (time.perf_counter() - began) * 1e3 / times)


def with_open_faults(folder: Path, faults: int) -> list[Spent]:
    """What many open faults of which people were told cost, each time something is done."""
    with closing(Opened(folder / "alerts.db")) as ledger:
        desk = Desk(settings())
        opened = [Report(fault(number, ""), Happening.OPENED, BEGAN) for number in range(faults)]
        updated = [Report(one.fault, Happening.UPDATED, BEGAN) for one in opened[:MOST_AT_ONCE]]

        def write(reports: list[Report]) -> None:
            ledger.write_sync(lambda connection: desk.reports(connection, reports, BEGAN))

        def turn(now: float) -> None:
            ledger.write_sync(lambda connection: desk.turn(connection, now))

        def set_back(now: float) -> None:
            ledger.write_sync(lambda connection: desk.set_back(connection, now))

        return [
            spent(f"{faults:,} faults open in one transaction", lambda: write(opened)),
            spent("a turn with nothing due", lambda: turn(BEGAN + 60), 20),
            spent(f"a turn in which all are due ({MOST_AT_ONCE} are taken on)", lambda: turn(BEGAN + 660), 3),
            spent(f"{MOST_AT_ONCE} of them change without news", lambda: write(updated), 3),
            spent(f"the clock was set back, of {MOST_AT_ONCE} faults", lambda: set_back(BEGAN - 3600)),
            spent(f"a start, of {MOST_AT_ONCE} faults", lambda: set_back(BEGAN + 700)),
        ]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=100)
    parser.add_argument("--faults", type=int, default=10_000)
    asked = parser.parse_args()
    print(f"{machine()}\n\nLoad {load()} (before).\n")
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(open_to_request(Path(folder), asked.incidents))
        figures = [len(took), *(f"{percentile(took, share):.2f}" for share in (0.5, 0.95, 1.0))]
        print(table(("incidents", "p50 s", "p95 s", "longest s"), [figures]), "\n")
        costs = with_open_faults(Path(folder), asked.faults)
    print(table(("what", "CPU ms", "ms"), [(one.what, f"{one.cpu_ms:.1f}", f"{one.took_ms:.1f}") for one in costs]))
    print(f"\nLoad {load()} (after).")


if __name__ == "__main__":
    main()
