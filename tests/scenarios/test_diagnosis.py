"""A ring breaks in a played province: the running collector finds it, is killed in the middle, and goes on with it."""

import asyncio
from pathlib import Path

import pytest

from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.simulation import world
from tests.collector.simulation.provinces import at, province
from tests.support.played_province import played

NINE = at("09:00")
BREAKS, MENDED = at("09:05"), at("09:13")
STAGES = [Happening.OPENED, Happening.MATURED, Happening.CLOSING, Happening.RESOLVED]
"""Each once, in this order; beside them it may be suspected first and told more exactly later."""
INVENTORY = province(8, 4)
WORLD = world.make(INVENTORY, 8, 3, seed=1)
BEHIND = ("06001", "06004", "06013", "06016")
"""The communes of ring ``a``."""


@pytest.mark.timeout(180)
async def test_a_collector_killed_in_the_middle_of_an_incident_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async with played(tmp_path, NINE, INVENTORY, WORLD, "ring:a@09:05+8m") as province:
        await province.until(BREAKS)
        assert province.incidents() == []
        await province.until(BREAKS + 80)
        ((open_, before),) = province.incidents()
        assert open_.incident.phase is Phase.OPEN
        await asyncio.to_thread(province.kill_and_start_again, 20.0)
        await province.until(MENDED - 30)
        ((still, meanwhile),) = province.incidents()
        assert (still.incident.id, still.incident.code) == (open_.incident.id, open_.incident.code)
        assert meanwhile == before
        await province.until(MENDED + 180)
        over, story = await province.revised()

    assert open_.incident.verdict.part == "ring:a"
    assert open_.incident.opened_at is not None
    assert BREAKS < open_.incident.opened_at <= BREAKS + 30
    assert open_.incident.hit == BEHIND
    assert over.incident.code == open_.incident.code
    assert [event.happened for event in story if event.happened in STAGES] == STAGES
    assert over.incident.revision is not None
    assert [cause.part for cause in over.incident.revision.causes] == ["ring:a"]
    assert abs(over.incident.revision.onset - BREAKS) <= 16
    assert abs(over.incident.revision.ended_at - MENDED) <= 16
    assert over.incident.phase is Phase.RESOLVED
    assert over.incident.ended_at is not None
    assert abs(over.incident.ended_at - MENDED) <= 30
