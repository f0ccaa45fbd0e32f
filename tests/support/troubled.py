"""A real collector in whose province something is wrong: a ring, a commune, an area without power, planned work.

Rows are written by hand, as the lifecycle would; the morning is that of tests/support/incidents.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Phase
from sansang_collector.diagnosis.verdict import Fact, Ground
from sansang_collector.incidents import maintenance_rows
from sansang_collector.incidents.maintenance import Kind, Plan
from sansang_collector.incidents.maintenance_rules import Ground as Held
from sansang_collector.inventory import versions
from sansang_collector.store import Store
from tests.support.incident_rows import add_incident, add_situation
from tests.support.incidents import AREA, KHANH_KHE, NOW, ON_RING, PORTAL, TAM_THANH, at, lang_son
from tests.support.web_collector import WebCollector, web_collector

MACHINES = [("06253", "may-1"), (KHANH_KHE, "may-1"), (TAM_THANH, "may-1")]


class Trouble(NamedTuple):
    """The collector, and the numbers of what is wrong."""

    running: WebCollector
    ring: int
    dark: int
    lossy: int
    suspect: int
    over: int
    plan: int
    agents: dict[tuple[str, str], tuple[int, str]]


@contextmanager
def troubled(folder: Path) -> Iterator[Trouble]:
    """As it stands at 08:20."""
    store = Store(folder)
    store.write_sync(lambda it: versions.put(it, lang_son(), ("test", 0.0), "test"))
    store.close()
    with web_collector(folder, at=NOW) as running:
        machines = running.register(MACHINES)
        numbers = running.write_ledger(_happen)
        yield Trouble(running, *numbers, machines)


def _happen(connection: Connection) -> tuple[int, int, int, int, int, int]:
    grounds = (
        Ground(Fact.SILENT, 24, 24),
        Ground(Fact.PROBE_FAILS, 12, 12, "access_node:van-quan"),
        Ground(Fact.ELSEWHERE_WELL, 6, 6),
    )
    ring = add_incident(connection, ON_RING, at("08:14"), "ring:vq-bg", code="M4T7QX", grounds=grounds, counters=21)
    dark = add_incident(
        connection, [KHANH_KHE], at("08:16"), f"site_power:{KHANH_KHE}", code="K7F2QD", counters=3,
        causes=[(f"site_power:{KHANH_KHE}", 0.6), (f"terminal:{KHANH_KHE}-tslcd2", 0.2),
                (f"access_link:{KHANH_KHE}-tslcd2", 0.2)],
        grounds=(Ground(Fact.SILENT, 1, 1), Ground(Fact.ELSEWHERE_WELL, 12, 12)),
    )  # fmt: skip
    situation = add_situation(connection, at("08:10"), communes=AREA)
    for minute, code in enumerate(AREA):
        add_incident(
            connection, [code], at("08:10") + 60 * minute, f"site_power:{code}", situation=situation, counters=3,
            held_back=f"situation:{situation}", grounds=(Ground(Fact.SILENT, 3, 3), Ground(Fact.ON_BATTERY, 2, 3)),
        )  # fmt: skip
    lossy = add_incident(
        connection, [TAM_THANH], at("07:50"), f"lan:{TAM_THANH}", severity=Severity.WARNING, code="W4RN1G",
        owner=Owner.COMMUNE_IT,
    )  # fmt: skip
    suspect = add_incident(
        connection, ["06298"], at("08:19"), f"svc_app:{PORTAL}", phase=Phase.SUSPECT, severity=Severity.WARNING,
        services=[PORTAL], counters=0,
    )  # fmt: skip
    over = add_incident(
        connection, [TAM_THANH], at("06:00"), f"access_link:{TAM_THANH}-tslcd2", phase=Phase.RESOLVED, code="0VER99",
        ended_at=at("06:41"), resolved_at=at("06:42"), counters=0,
    )  # fmt: skip
    plan = maintenance_rows.add(
        connection,
        Plan(kind=Kind.PLANNED_WORK, title="Thay cáp quang trạm Khánh Khê", parts=("access_node:khanh-khe",),
             begins=at("08:00"), ends=at("10:00")),
        Held(lang_son()), "lan.nguyen", at("07:00"),
    )  # fmt: skip
    for code in AREA[:2]:
        cut = Plan(kind=Kind.POWER_CUT, title="Bảo dưỡng đường dây", communes=(code,), begins=at("09:00", 28),
                   ends=at("11:30", 28))  # fmt: skip
        maintenance_rows.add(connection, cut, Held(lang_son()), "lan.nguyen", at("07:00"), "cat-dien.csv")
    return ring, dark, lossy, suspect, over, plan.id
