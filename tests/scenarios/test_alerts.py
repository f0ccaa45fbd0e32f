"""A ring is cut in a played province: people are told by real mail, Zalo and SMS servers, one message for one fault.

Beside the collector run a real Prometheus with all our rules, which scrapes it, and a real Alertmanager with our
configuration, to which an administrator has added an inhibition; whichever of the roads the collector takes to people.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from sqlalchemy import select

from sansang_alerts import keys
from sansang_alerts.notice import State
from sansang_alerts.tables import NOTIFICATION
from sansang_collector.diagnosis.incident import Happening as Happened
from sansang_collector.diagnosis.incident import Incident, Step
from sansang_collector.incidents import recording
from sansang_collector.posted_alerts import moment
from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector, world
from sansang_collector.store import Store
from tests.alerts.alertmanagers import alertmanager
from tests.alerts.inboxes import Mailbox
from tests.alerts.processes import free_port
from tests.alerts.prometheuses import Prometheus, prometheus
from tests.alerts.web.test_serve import form_of
from tests.collector.simulation.provinces import at, province
from tests.scenarios.alerted import FIRST, LAST, NEXT, Receivers, pair, receivers
from tests.support import collector_process
from tests.support.alerts_process import AlertsProcess
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.incidents import ring_cut
from tests.support.played_province import Played, played
from tests.support.vantage_process import Vantage

NINE = at("09:00")
BREAKS, MENDED = at("09:05"), at("09:11")
INVENTORY = province(8, 4)
WORLD = world.make(INVENTORY, 8, 3, seed=1)
CUT = "ring:a@09:05+6m"
TAGS = ["NGHIEM TRONG", "DA CO NGUOI NHAN", "DA KHOI PHUC"]
"""In front of what whoever was told first gets in all, by SMS."""


MISSED = "agent:sansang_missed:up"
"""What Prometheus sees of the ring that is cut."""
INHIBITS = """
inhibit_rules:
  - source_matchers: [alertname="CoreWork"]
    target_matchers: [alertname="SansangIncident"]
"""
WORK = "Làm việc ở mạng lõi"


class Beside(NamedTuple):
    """What runs beside a collector."""

    members: str
    """Host and port of the Alertmanager."""
    mailbox: Mailbox
    """Where it writes to by itself."""
    watch: Prometheus


@pytest.mark.needs("alertmanager", "prometheus")
@pytest.mark.timeout(400)
async def test_a_ring_cut_is_one_message_per_channel_until_somebody_takes_it_on(tmp_path: Path) -> None:
    with receivers(tmp_path) as all_three:
        _prepare(tmp_path)
        alerts = str(tmp_path / "alerts.yml")
        async with played(tmp_path, NINE, INVENTORY, WORLD, CUT, alerts=alerts) as running:
            with _beside(tmp_path, running) as beside:
                await running.until(BREAKS + 60)
                assert all_three.told(FIRST).counts == (1, 1, 1)
                assert all_three.told(NEXT).counts == (0, 0, 0)
                ((open_, _),) = running.incidents()
                await asyncio.to_thread(running.kill_and_start_again, 5.0)
                await running.until(BREAKS + 160)
                assert all_three.told(FIRST).counts == (1, 1, 1)
                await running.until(BREAKS + 240)
                assert all_three.told(FIRST).counts == (1, 1, 1)
                assert all_three.told(NEXT).counts == (1, 1, 1)
                await _nothing_else_would_be_told(beside)
                await _acknowledge(running, open_.incident.id)
                await running.until(MENDED - 30)
                assert all_three.told(LAST).counts == (0, 0, 0)
                await _announce_work(running)
                await running.until(MENDED + 420)
                ((kept, _),) = running.incidents()
                assert await _firing(beside.members) == []
                assert beside.mailbox.is_empty

    first, second = all_three.told(FIRST), all_three.told(NEXT)
    assert first.counts == second.counts == (3, 3, 3)
    assert all(kept.incident.code in text for text in (*first.texts, *first.mails, *first.zalos))
    assert kept.acknowledged_by is not None
    assert [text.partition(" (")[0] for text in first.texts] == TAGS
    assert all_three.told(LAST).counts == (0, 0, 0)
    assert len(all_three.mail.mails) == 6


@pytest.mark.needs("alertmanager", "prometheus")
@pytest.mark.timeout(400)
async def test_through_an_alertmanager_that_inhibits_and_silences_it_is_still_one_message_and_so_is_its_end(
    tmp_path: Path,
) -> None:
    with receivers(tmp_path) as all_three:
        _prepare(tmp_path)
        port = free_port()
        settings = {
            "alerts": str(tmp_path / "alerts.yml"),
            "delivery": "alertmanager",
            "alertmanagers": [f"http://127.0.0.1:{port}"],
        }
        async with played(tmp_path, NINE, INVENTORY, WORLD, CUT, **settings) as running:
            with _beside(tmp_path, running, port) as beside, _watched(tmp_path, running) as vantage:
                await running.until(BREAKS + 60)
                await _until(all_three, FIRST, (1, 1, 1))
                await _nothing_else_would_be_told(beside)
                ((open_, _),) = running.incidents()
                await _inhibit(beside.members)
                assert await _firing(beside.members) == [("SansangIncident", "suppressed")]
                await running.until(BREAKS + 270)
                await _until(all_three, NEXT, (1, 1, 1))
                assert all_three.told(FIRST).counts == (1, 1, 1)
                await _acknowledge(running, open_.incident.id)
                await _silence(beside.members, open_.incident.code)
                await running.until(MENDED - 30)
                assert all_three.told(LAST).counts == (0, 0, 0)
                await running.until(MENDED + 420)
                vantage.until(vantage.is_watching)
                assert await _firing(beside.members) == []
                assert WORK in _subject(beside.mailbox.next())
                assert beside.mailbox.is_empty

    first, second = all_three.told(FIRST), all_three.told(NEXT)
    assert first.counts == second.counts == (3, 3, 3)
    assert [text.partition(" (")[0] for text in first.texts] == TAGS
    assert all_three.told(LAST).counts == (0, 0, 0)
    assert len(all_three.mail.mails) == 6


async def test_what_is_taken_on_beside_a_collector_that_is_down_is_a_deed_of_the_incident_once_it_runs(
    tmp_path: Path,
) -> None:
    data, config = tmp_path / "collector", tmp_path / "collector.yml"
    config.write_text(json.dumps({"alerts": str(tmp_path / "alerts.yml")}), encoding="utf-8")
    with receivers(tmp_path) as all_three:
        _prepare(data)
        incident = _begun(data)
        collector = CollectorProcess(data, config)
        try:
            await _until(all_three, FIRST, (1, 1, 1))
            await _until_recorded(data)
        finally:
            collector.kill()
        desk = AlertsProcess(tmp_path / "alerts.yml", tmp_path / "desk", "--ledger", str(data / "ledger.db"))
        with desk:
            _take(desk, incident.code, NEXT)
            await _until(all_three, FIRST, (2, 2, 2))
            with running_collector(data, config) as again:
                kept = await _taken_on(again, incident.id)

    assert kept["acknowledged_by"] == f"Trực {NEXT}"
    assert [all_three.told(person).counts for person in (FIRST, NEXT, LAST)] == [(2, 2, 2), (0, 0, 0), (0, 0, 0)]


def _begun(data: Path) -> Incident:
    """A ring that is cut, as the collector's ledger has it."""
    store = Store(data)
    step = Step(msgspec.structs.replace(ring_cut(), id=0, code=""), Happened.OPENED)
    try:
        return store.write_sync(lambda connection: recording.write(connection, [step], NINE))[0].incident
    finally:
        store.close()


def _take(desk: AlertsProcess, code: str, person: str) -> None:
    """Somebody says at the telephone that they take it on, and the desk writes it down."""
    with httpx.Client(base_url=desk.url, follow_redirects=True) as browser:
        page = browser.post("/login", data={"token": desk.token("page")})
        fields = {"form": form_of(page), "code": code, "person": person, "phone": "1"}
        assert f"Trực {person}" in browser.post("/desk/take", data=fields).text


async def _taken_on(collector: CollectorProcess, number: int) -> dict[str, Any]:
    """The incident, once somebody has it."""
    with collector.client("read") as client:
        async with asyncio.timeout(60):
            while True:
                found: dict[str, Any] = client.get(f"/api/v1/incidents/{number}").json()
                if found["acknowledged_at"] is not None:
                    return found
                await asyncio.sleep(0.1)


def _prepare(folder: Path) -> None:
    own_collector.prepare(CollectorSettings(data_dir=str(folder)), NINE, 1.0)
    store = Store(folder)
    pair(store)
    store.close()


async def _acknowledge(running: Played, number: int) -> None:
    answer = await _post(running, f"/api/v1/incidents/{number}/acknowledge")
    assert answer.status_code == 200, answer.text


async def _announce_work(running: Played) -> None:
    """What people call planned meanwhile holds nothing of an end back."""
    body = {"kind": "planned_work", "title": "Hàn cáp", "begins": BREAKS, "ends": MENDED + 7200, "parts": ["ring:a"]}
    answer = await _post(running, "/api/v1/maintenance", json=body)
    assert answer.status_code == 201, answer.text


async def _post(running: Played, path: str, **more: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {running.admin}"}
    async with httpx.AsyncClient(base_url=running.collector.url, headers=headers) as client:
        return await client.post(path, **more)  # type: ignore[arg-type]


async def _until_recorded(data: Path) -> None:
    """Wait until the ledger knows what channels answered: what a killed sender leaves open waits for its lease."""
    store = Store(data)
    open_ = select(NOTIFICATION.c.id).where(NOTIFICATION.c.state.in_([State.WAITING.value, State.SENDING.value]))
    async with asyncio.timeout(60):
        while True:
            with store.read() as connection:
                if connection.scalar(open_.limit(1)) is None:
                    break
            await asyncio.sleep(0.05)
    store.close()


async def _until(all_three: Receivers, person: str, counts: tuple[int, int, int]) -> None:
    """Wait until somebody was told by all three; what comes back from an Alertmanager comes in its own time."""
    async with asyncio.timeout(60):
        while all_three.told(person).counts != counts:  # noqa: ASYNC110  # servers in threads
            await asyncio.sleep(0.05)


async def _silence(members: str, code: str) -> None:
    body = {
        "matchers": [{"name": "incident", "value": code, "isRegex": False, "isEqual": True}],
        "startsAt": moment(time.time()), "endsAt": moment(time.time() + 3600), "createdBy": "test", "comment": "test",
    }  # fmt: skip
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://{members}/api/v2/silences", json=body)
    assert answer.status_code == 200, answer.text


async def _inhibit(members: str) -> None:
    """Work is under way that explains whatever the collector finds, an administrator says."""
    labels = {"alertname": "CoreWork", "severity": "warning", "owner": "us"}
    body = [{"labels": labels, "annotations": {"summary": WORK}, "endsAt": moment(time.time() + 3600)}]
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://{members}/api/v2/alerts", json=body)
    assert answer.status_code == 200, answer.text


async def _firing(members: str) -> list[tuple[str, str]]:
    """What an Alertmanager still takes for firing beside that work, and whether it hides it."""
    async with httpx.AsyncClient() as client:
        found: list[dict[str, Any]] = (await client.get(f"http://{members}/api/v2/alerts")).json()
    named = [(str(one["labels"]["alertname"]), str(one["status"]["state"])) for one in found]
    return [one for one in named if one[0] != "CoreWork"]


async def _nothing_else_would_be_told(beside: Beside) -> None:
    """Prometheus sees what broke too, and says nothing of it."""
    await beside.watch.until(MISSED)
    assert await beside.watch.would_tell() == []


def _subject(mail: bytes) -> str:
    return str(message_from_bytes(mail, policy=policy.default)["Subject"])


@contextmanager
def _beside(folder: Path, running: Played, port: int = 0) -> Iterator[Beside]:
    here, token = folder / "beside", keys.kept(folder / "alertmanager.token")
    here.mkdir()
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox())
        door = running.collector.port
        members = stack.enter_context(alertmanager(here, door, mailbox.port, port, token, INHIBITS))
        watch = stack.enter_context(prometheus(here, running.collector.url, members, running.admin))
        yield Beside(members, mailbox, watch)


@contextmanager
def _watched(folder: Path, running: Played) -> Iterator[Vantage]:
    """By a dead man, to whom twelve real seconds without the collector would be silence."""
    token = collector_process.token(folder, "agent", "00000", "vantage")
    vantage = Vantage(folder, running.collector.url, token, after_minutes=2)
    vantage.start()
    try:
        vantage.until(vantage.is_watching)
        yield vantage
    finally:
        vantage.kill()
