"""A simulation on its own collector, stopped where a test wants to look: real HTTP, real files, one driven clock."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from sansang_collector.inventory import versions
from sansang_collector.inventory.model import Inventory
from sansang_collector.settings import CollectorSettings
from sansang_collector.simulation import own_collector
from sansang_collector.simulation.driving import Drive, Player
from sansang_collector.simulation.enrolling import Registrar
from sansang_collector.simulation.faults import Fault
from sansang_collector.simulation.machine import Machine
from sansang_collector.simulation.own_collector import OwnCollector
from sansang_collector.simulation.tally import Tally
from sansang_collector.simulation.tempo import Driven
from sansang_collector.simulation.weather import Weather
from sansang_collector.simulation.wire import Wire, place_of
from sansang_collector.simulation.world import World
from sansang_collector.store import Store


class Play:
    """Under way; its clock stands still between two calls of :meth:`until`."""

    def __init__(self, own: OwnCollector, drive: Drive, tempo: Driven, tally: Tally, wire: Wire) -> None:
        self.own, self.tally = own, tally
        self._drive, self._tempo, self._wire = drive, tempo, wire

    async def until(self, at: float) -> None:
        await self._drive.run(at)
        await self.own.settled()

    async def get(self, path: str) -> Any:
        said = await self._wire.ask("GET", path)
        assert said.status == 200, said
        return msgspec.json.decode(said.body)

    async def agents(self) -> list[dict[str, Any]]:
        page = await self.get("/api/v1/agents?limit=1000")
        return list(page["items"])

    async def page(self, path: str) -> str:
        said = await self._wire.ask("GET", path, headers={"Accept": "text/html"})
        return said.body.decode()


@asynccontextmanager
async def playing(
    folder: Path, inventory: Inventory, world: World, start: float, faults: Sequence[Fault] = ()
) -> AsyncIterator[Play]:
    settings = CollectorSettings(data_dir=str(folder), listen="127.0.0.1:0")
    access = own_collector.prepare(settings, start, 1.0)
    store = Store(folder)
    store.write_sync(lambda connection: versions.apply(connection, inventory, start, "test"))
    store.close()
    tempo, tally = Driven(start, math.inf), Tally()
    async with own_collector.running(settings, tempo.now, math.inf) as own:
        tempo.settle = own.settled
        place = place_of(own.url)
        registrar = Registrar(lambda: Wire(place, access.admin))
        await registrar.enrol(world.machines)
        players = [
            Player(Machine(pc, world, start, tally), Wire(place, registrar.enrolled[pc].token)) for pc in world.machines
        ]
        drive, wire = Drive(players, Weather(world, faults), tempo, tally), Wire(place, access.admin)
        try:
            yield Play(own, drive, tempo, tally, wire)
        finally:
            await drive.end()
            wire.close()
