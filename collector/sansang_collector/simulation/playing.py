"""One whole simulation against one collector: make the agents, play them, and take everything back however it ends."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .driving import Drive, Player
from .enrolling import Registrar
from .faults import Fault
from .machine import Machine
from .tally import Tally
from .tempo import Pace
from .weather import Weather
from .wire import Place, Wire
from .world import World


class Wanted(NamedTuple):
    """What is to be played."""

    world: World
    faults: Sequence[Fault]
    lasts: float
    """Seconds of the pace's clock; infinite: until cancelled."""


async def play(
    wanted: Wanted, place: Place, admin: str, pace: Pace, tally: Tally, on_start: Callable[[], None]
) -> list[int]:
    """Play until the time is over or the task is cancelled; the agents whose removal was not confirmed.

    ``on_start`` is called once every agent has its token. A cancellation ends the playing and not the taking back.
    Raises EnrolError or NoAnswerError where agents could not be made.
    """
    registrar = Registrar(lambda: Wire(place, admin))
    try:
        await _play(wanted, place, registrar, pace, tally, on_start)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:  # else time-outs of what follows would be taken for the same cancellation
            task.uncancel()
    finally:
        left = await registrar.remove()
    return left


async def _play(
    wanted: Wanted, place: Place, registrar: Registrar, pace: Pace, tally: Tally, on_start: Callable[[], None]
) -> None:
    world = wanted.world
    await registrar.tidy(world.places)
    await registrar.enrol(world.machines)
    on_start()
    start = pace.now()
    players = [
        Player(Machine(pc, world, start, tally), Wire(place, registrar.enrolled[pc].token)) for pc in world.machines
    ]
    drive = Drive(players, Weather(world, wanted.faults), pace, tally)
    try:
        await drive.run(start + wanted.lasts)
    finally:
        await drive.end()
