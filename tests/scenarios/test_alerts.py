"""A ring is cut in a played province: people are told by real mail, Zalo and SMS servers, one message for one fault."""

import asyncio
from pathlib import Path

import httpx
import pytest

from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector, world
from sansang_collector.store import Store
from tests.collector.simulation.provinces import at, province
from tests.scenarios.alerted import FIRST, LAST, NEXT, pair, receivers
from tests.support.played_province import Played, played

NINE = at("09:00")
BREAKS, MENDED = at("09:05"), at("09:25")
INVENTORY = province(8, 4)
WORLD = world.make(INVENTORY, 8, 3, seed=1)
CUT = "ring:a@09:05+20m"


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
            await running.until(BREAKS + 9 * 60)
            assert all_three.told(FIRST).counts == (1, 1, 1)
            await running.until(BREAKS + 12 * 60)
            assert all_three.told(FIRST).counts == (1, 1, 1)
            assert all_three.told(NEXT).counts == (1, 1, 1)
            await _acknowledge(running, open_.incident.id)
            await running.until(MENDED - 30)
            assert all_three.told(LAST).counts == (0, 0, 0)
            await _announce_work(running)
            await running.until(MENDED + 600)
            ((kept, _),) = running.incidents()

    first, second = all_three.told(FIRST), all_three.told(NEXT)
    assert first.counts == second.counts == (3, 3, 3)
    assert all(kept.incident.code in text for text in (*first.texts, *first.mails, *first.zalos))
    assert kept.acknowledged_by is not None
    assert [text.partition(" (")[0] for text in first.texts] == ["NGHIEM TRONG", "DA NHAN", "DA HET"]
    assert all_three.told(LAST).counts == (0, 0, 0)


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
