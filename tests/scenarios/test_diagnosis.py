"""A ring breaks in a played province: the running collector finds it, is killed in the middle, and goes on with it."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.incidents import rows
from sansang_collector.incidents.rows import Event, Kept, Wanted
from sansang_collector.inventory import versions
from sansang_collector.rights import ALL
from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector, world
from sansang_collector.simulation.driving import Drive, Player
from sansang_collector.simulation.enrolling import Registrar
from sansang_collector.simulation.faults import parse_fault
from sansang_collector.simulation.machine import Machine
from sansang_collector.simulation.tally import Tally
from sansang_collector.simulation.tempo import Driven
from sansang_collector.simulation.weather import Weather
from sansang_collector.simulation.wire import Place, Wire, place_of
from sansang_collector.simulation.world import World
from sansang_collector.store import Store
from tests.collector.simulation.provinces import at, province
from tests.support.clocked_collector import ClockedCollector

NINE = at("09:00")
BREAKS, MENDED = at("09:05"), at("09:13")
STAGES = [Happening.OPENED, Happening.MATURED, Happening.CLOSING, Happening.RESOLVED]
"""Each once, in this order; beside them it may be suspected first and told more exactly later."""
INVENTORY = province(8, 4)
WORLD = world.make(INVENTORY, 8, 3, seed=1)
BEHIND = ("06001", "06004", "06013", "06016")
"""The communes of ring ``a``."""


class Clock(Driven):
    """The collector's, which is another process."""

    def __init__(self, collector: ClockedCollector, start: float) -> None:
        super().__init__(start, math.inf)
        self.collector = collector

    async def reach(self, to: float) -> None:
        while self.now() < to:
            await super().reach(min(to, self.now() + 5.0))
            self.collector.now(self.now())
            await self.collector.settle()


class Played:
    """Machines that talk to a collector in another process, which can be killed between two moments."""

    def __init__(self, folder: Path, collector: ClockedCollector, clock: Clock, drive: Drive) -> None:
        self.collector = collector
        self._folder, self._clock, self._drive = folder, clock, drive

    async def until(self, moment: float) -> None:
        await self._drive.run(moment)
        await self.collector.settle()

    def kill_and_start_again(self, later_s: float) -> None:
        """On the same files and port; nobody was heard meanwhile."""
        self.collector.kill()
        now = self._clock.now() + later_s
        self.collector = self._clock.collector = ClockedCollector(self._folder, now, self.collector.port)

    async def revised(self) -> tuple[Kept, list[Event]]:
        """The one incident, once what was stored meanwhile has corrected it: looked for every few real seconds."""
        while True:
            ((kept, story),) = self.incidents()
            if kept.incident.revision is not None:
                return kept, story
            await asyncio.sleep(0.5)

    def incidents(self) -> list[tuple[Kept, list[Event]]]:
        """All there ever were."""
        store = Store(self._folder)
        try:
            with store.read() as connection:
                kept = rows.listed(connection, ALL, Wanted(), 100)
                return [(one, rows.story(connection, one.incident.id)) for one in kept]
        finally:
            store.close()


@asynccontextmanager
async def played(folder: Path, made: World, *faults: str) -> AsyncIterator[Played]:
    access = own_collector.prepare(CollectorSettings(data_dir=str(folder)), NINE, 1.0)
    store = Store(folder)
    store.write_sync(lambda connection: versions.apply(connection, INVENTORY, NINE, "test"))
    store.close()
    collector = ClockedCollector(folder, NINE)
    clock, tally, place = Clock(collector, NINE), Tally(), place_of(collector.url)
    registrar = Registrar(lambda: Wire(place, access.admin))
    await registrar.enrol(made.machines)
    players = [_player(registrar, place, made, number, tally) for number in range(len(made.machines))]
    weather = Weather(made, [parse_fault(fault, NINE) for fault in faults])
    playing = Played(folder, collector, clock, Drive(players, weather, clock, tally))
    try:
        yield playing
    finally:
        await playing._drive.end()
        playing.collector.kill()


def _player(registrar: Registrar, place: Place, made: World, number: int, tally: Tally) -> Player:
    pc = made.machines[number]
    return Player(Machine(pc, made, NINE, tally), Wire(place, registrar.enrolled[pc].token))


@pytest.mark.timeout(180)
async def test_a_collector_killed_in_the_middle_of_an_incident_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async with played(tmp_path, WORLD, "ring:a@09:05+8m") as province:
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
