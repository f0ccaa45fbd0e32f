"""A ring is cut in a played province: people are told by real mail, Zalo and SMS servers, one message for one fault."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from sansang_alerts import keys
from sansang_collector.posted_alerts import moment
from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector, world
from sansang_collector.store import Store
from tests.alerts.alertmanagers import alertmanager
from tests.alerts.processes import free_port
from tests.collector.simulation.provinces import at, province
from tests.scenarios.alerted import FIRST, LAST, NEXT, Receivers, pair, receivers
from tests.support.played_province import Played, played

NINE = at("09:00")
BREAKS, MENDED = at("09:05"), at("09:11")
INVENTORY = province(8, 4)
WORLD = world.make(INVENTORY, 8, 3, seed=1)
CUT = "ring:a@09:05+6m"
TAGS = ["NGHIEM TRONG", "DA CO NGUOI NHAN", "DA KHOI PHUC"]
"""In front of what whoever was told first gets in all, by SMS."""


@pytest.mark.timeout(300)
async def test_a_ring_cut_is_one_message_per_channel_until_somebody_takes_it_on(tmp_path: Path) -> None:
    with receivers(tmp_path) as all_three:
        _prepare(tmp_path)
        alerts = str(tmp_path / "alerts.yml")
        async with played(tmp_path, NINE, INVENTORY, WORLD, CUT, alerts=alerts) as running:
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
            await _acknowledge(running, open_.incident.id)
            await running.until(MENDED - 30)
            assert all_three.told(LAST).counts == (0, 0, 0)
            await _announce_work(running)
            await running.until(MENDED + 420)
            ((kept, _),) = running.incidents()

    first, second = all_three.told(FIRST), all_three.told(NEXT)
    assert first.counts == second.counts == (3, 3, 3)
    assert all(kept.incident.code in text for text in (*first.texts, *first.mails, *first.zalos))
    assert kept.acknowledged_by is not None
    assert [text.partition(" (")[0] for text in first.texts] == TAGS
    assert all_three.told(LAST).counts == (0, 0, 0)


@pytest.mark.needs("alertmanager")
@pytest.mark.timeout(400)
async def test_through_an_alertmanager_it_is_still_one_message_and_its_end_comes_though_it_is_silenced(
    tmp_path: Path,
) -> None:
    with receivers(tmp_path) as all_three:
        _prepare(tmp_path)
        port, other = free_port(), free_port()
        token = keys.kept(tmp_path / "alertmanager.token")
        (tmp_path / "am").mkdir()
        settings = {
            "alerts": str(tmp_path / "alerts.yml"),
            "delivery": "alertmanager",
            "alertmanagers": [f"http://127.0.0.1:{other}"],
        }
        with alertmanager(tmp_path / "am", port, all_three.mail.port, other, token) as members:
            async with played(tmp_path, NINE, INVENTORY, WORLD, CUT, port=port, **settings) as running:
                await running.until(BREAKS + 60)
                await _until(all_three, FIRST, (1, 1, 1))
                ((open_, _),) = running.incidents()
                await _silence(members, open_.incident.code)
                await _acknowledge(running, open_.incident.id)
                await running.until(MENDED + 420)
                await _until(all_three, FIRST, (3, 3, 3))
                left = await _alerts(members)

    assert [text.partition(" (")[0] for text in all_three.told(FIRST).texts] == TAGS
    assert all_three.told(NEXT).counts == all_three.told(LAST).counts == (0, 0, 0)
    assert len(all_three.mail.mails) == 3
    assert left == []


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


async def _alerts(members: str) -> list[object]:
    """What an Alertmanager still takes for firing."""
    async with httpx.AsyncClient() as client:
        found: list[object] = (await client.get(f"http://{members}/api/v2/alerts")).json()
    return found
