"""A played province whose machines talk to a real collector in another process, on one clock that tests turn."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sansang_collector.incidents import rows
from sansang_collector.incidents.rows import Event, Kept, Wanted
from sansang_collector.inventory import versions
from sansang_collector.inventory.model import Inventory
from sansang_collector.rights import ALL
from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector
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
from tests.support.clocked_collector import ClockedCollector


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

    def __init__(self, folder: Path, collector: ClockedCollector, clock: Clock, drive: Drive, admin: str) -> None:
        self.collector = collector
        self.admin = admin
        """A token for everything."""
        self.folder = folder
        self._clock, self._drive = clock, drive

    async def until(self, moment: float) -> None:
        await self._drive.run(moment)
        await self.collector.settle()

    async def end(self) -> None:
        """Let everybody go."""
        await self._drive.end()
        self.collector.kill()

    def kill_and_start_again(self, later_s: float) -> None:
        """On the same files and port; nobody was heard meanwhile."""
        self.collector.kill()
        now = self._clock.now() + later_s
        self.collector = self._clock.collector = ClockedCollector(
            self.folder, now, self.collector.port, **self.collector.settings
        )

    async def revised(self) -> tuple[Kept, list[Event]]:
        """The one incident, once what was stored meanwhile has corrected it: looked for every few real seconds."""
        while True:
            ((kept, story),) = self.incidents()
            if kept.incident.revision is not None:
                return kept, story
            await asyncio.sleep(0.5)

    def incidents(self) -> list[tuple[Kept, list[Event]]]:
        """All there ever were."""
        store = Store(self.folder)
        try:
            with store.read() as connection:
                kept = rows.listed(connection, ALL, Wanted(), 100)
                return [(one, rows.story(connection, one.incident.id)) for one in kept]
        finally:
            store.close()


@asynccontextmanager
async def played(
    folder: Path, start: float, inventory: Inventory, made: World, *faults: str, **settings: Any
) -> AsyncIterator[Played]:
    """From ``start``; ``faults`` as ``simulate`` takes them, ``settings`` are the collector's beside its folder."""
    access = own_collector.prepare(CollectorSettings(data_dir=str(folder)), start, 1.0)
    store = Store(folder)
    store.write_sync(lambda connection: versions.apply(connection, inventory, start, "test"))
    store.close()
    collector = ClockedCollector(folder, start, **settings)
    clock, tally, place = Clock(collector, start), Tally(), place_of(collector.url)
    registrar = Registrar(lambda: Wire(place, access.admin))
    await registrar.enrol(made.machines)
    players = [_player(registrar, place, made, number, start, tally) for number in range(len(made.machines))]
    weather = Weather(made, [parse_fault(fault, start) for fault in faults])
    playing = Played(folder, collector, clock, Drive(players, weather, clock, tally), access.admin)
    try:
        yield playing
    finally:
        await playing.end()


def _player(registrar: Registrar, place: Place, made: World, number: int, start: float, tally: Tally) -> Player:
    pc = made.machines[number]
    return Player(Machine(pc, made, start, tally), Wire(place, registrar.enrolled[pc].token))
