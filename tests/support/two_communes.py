"""A collector with two communes that have reported, and everybody who may knock at it with a client of their own.

What is only the second one's has names that are recognised anywhere.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Connection

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.codec import profile_hash, report_code
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Report, Result, Why
from sansang_collector import join_codes
from sansang_collector.incidents.tables import MAINTENANCE, MAINTENANCE_COMMUNE
from sansang_collector.join_codes import DAY, Wanted
from tests.support.doors import Door, Place
from tests.support.forms import signed
from tests.support.incident_rows import add_incident
from tests.support.province import write_inventory
from tests.support.visitors import Visitor, let_in, visitors
from tests.support.web_collector import COMMUNE, PROFILE, WebCollector, web_collector

OTHER = "06286"
OTHER_NAMES = re.compile(rf"Khánh Khê|may-khac|(?<![0-9a-f.]){OTHER}(?![0-9a-f])", re.IGNORECASE)
"""What nobody who sees only the first commune may read anywhere: the other's name, its code, its machine."""
MACHINES = {COMMUNE: "may-1", OTHER: "may-khac"}
STREAMS = {COMMUNE: "b1946ac92492d2347c6235b4d2611184", OTHER: "0f" * 16}
EVERYBODY = visitors()


class House(NamedTuple):
    """The collector, its two communes, and everybody's client by the visitor's name."""

    running: WebCollector
    own: Place
    other: Place
    clients: dict[str, httpx.Client]

    def client(self, visitor: Visitor) -> httpx.Client:
        return self.clients[visitor.name]


@contextmanager
def two_communes(folder: Path) -> Iterator[House]:
    """Both have a machine that has reported, one to be ended, a change and a request."""
    (folder / "data").mkdir()
    with web_collector(folder / "data", str(write_inventory(folder / "inventory"))) as running, ExitStack() as open_:
        house = _furnished(running)
        secret = running.token("agent", running.agent)
        for visitor in EVERYBODY:
            house.clients[visitor.name] = open_.enter_context(let_in(running, visitor, secret))
        yield house


def _furnished(running: WebCollector) -> House:
    """Both communes have a machine that has reported, one to be ended, a change and a request."""
    codes = (COMMUNE, OTHER)
    wanted = [(OTHER, MACHINES[OTHER]), *((code, f"{MACHINES[code]}-thua") for code in codes)]
    made = running.register(wanted)
    agents = {COMMUNE: running.agent, OTHER: made[OTHER, MACHINES[OTHER]][0]}
    secrets = {COMMUNE: "", OTHER: made[OTHER, MACHINES[OTHER]][1]}
    for code in codes:
        running.send([_report(running, STREAMS[code])], PROFILE, secrets[code])
    running.until(lambda: all(_is_settled(running, agent) for agent in agents.values()))
    admin = {"Authorization": f"Bearer {running.token('admin')}"}
    places = {}
    for code in codes:
        wish = {"commune": code, "kind": "tcp", "target": f"{code}.example:443"}
        asked = httpx.post(f"{running.url}/api/v1/requests", json=wish, headers=admin).json()["id"]
        spare = made[code, f"{MACHINES[code]}-thua"][0]
        joining = running.write_ledger(lambda it, code=code: _join_code(it, code, running.now))  # type: ignore[misc]
        report = report_code(STREAMS[code], 1)
        incident, plan = running.write_ledger(lambda it, code=code: _trouble(it, code, running.now))  # type: ignore[misc]
        places[code] = Place(code, agents[code], spare, joining, asked, report, incident, plan)
    return House(running, places[COMMUNE], places[OTHER], {})


def _report(running: WebCollector, stream: str) -> Report:
    failed = Result(check="dvc", outcome=Outcome.FAILED, reason=Reason.TIMEOUT)
    good = [Result(check=check.id, outcome=Outcome.OK) for check in PROFILE.checks if check.id != "dvc"]
    return Report(
        stream=stream, seq=1, boot="b1", mono=running.mono, wall=running.now, why=Why.PERIODIC, version="0.3.0",
        config=profile_hash(PROFILE), results=(*good, failed),
    )  # fmt: skip


def _trouble(connection: Connection, commune: str, now: float) -> tuple[int, int]:
    """An incident of this commune alone, and work planned there."""
    incident = add_incident(connection, [commune], now - 60, f"lan:{commune}")
    work = {"kind": "planned_work", "title": "", "parts": "[]", "announced_at": now, "made_by": "test", "made_at": now}
    row = work | {"begins": 2e9, "ends": 2e9 + 60, "source": "page"}
    plan = int(connection.execute(MAINTENANCE.insert().values(row).returning(MAINTENANCE.c.id)).scalar_one())
    connection.execute(MAINTENANCE_COMMUNE.insert().values(maintenance=plan, commune=commune))
    return incident, plan


def _join_code(connection: Connection, commune: str, now: float) -> str:
    code = join_codes.draft(connection)
    join_codes.keep(connection, (code.id, bytes(32)), Wanted(commune, Role.COUNTER, 1, DAY, ""), "test", now)
    return code.id


def _is_settled(running: WebCollector, agent: int) -> bool:
    """Whether its report has been taken up, and it has been assigned what it probes."""
    found = running.client.get("/api/v1/history", params={"agent": agent, "check": "dvc"}).json()
    return bool(found.get("items")) and running.client.get(f"/api/v1/agents/{agent}/config").status_code == 200


def knock(house: House, visitor: Visitor, method: str, door: Door, place: Place) -> tuple[int, str]:
    """The status and as much of the answer as there is; of a stream, what comes at once."""
    address = door.address.format_map(place._asdict())
    body = door.body(place) if door.body else None
    client = house.client(visitor)
    sent: dict[str, Any] = {"data": signed(client, body)} if body and door.is_form else {"json": body} if body else {}
    with client.stream("GET" if method == "MOUNT" else method, address, **sent) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, next(answer.iter_text())
        answer.read()
        return answer.status_code, answer.text + str(answer.headers)
