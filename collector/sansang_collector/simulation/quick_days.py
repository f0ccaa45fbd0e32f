"""When a machine of the fast world runs: its people's days, less the times without power. Repeatable."""

from collections.abc import Iterator, Sequence
from math import inf
from random import Random
from typing import NamedTuple

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.report import GoodbyeReason
from sansang_collector.profiles.election import Machine

from .days import Stint, stints
from .faults import DAY_S, day_of
from .quick_scene import Scene

BACK_S = (40.0, 200.0)
"""How long a machine takes to come back after its power did."""


class On(NamedTuple):
    """A stretch of being on; ``boots``: whether the system starts with it."""

    begins: float
    ends: float
    goodbye: GoodbyeReason | None
    boots: bool


def ons(machine: Machine, scene: Scene, dice: Random) -> list[On]:
    """When it is on within the scene, darkness taken out."""
    found: list[On] = []
    asleep = False
    for stint in _stints(machine, scene):
        for on in _lit(stint, scene.mains.dark(machine), dice, boots=not asleep):
            begins = max(on.begins, scene.begins)
            if begins < min(on.ends, scene.ends):
                found.append(On(begins, on.ends, on.goodbye, on.boots and on.begins > scene.begins))
        asleep = stint.goodbye is GoodbyeReason.SLEEP
    return found


def _stints(machine: Machine, scene: Scene) -> list[Stint]:
    if machine.role in (Role.MINI, Role.VANTAGE):
        return [Stint(-inf, inf)]
    place, found = scene.world.places[machine.commune], list[Stint]()
    day = day_of(scene.begins) - DAY_S
    while day < scene.ends:
        seed = f"{scene.world.seed}/{machine.commune}"
        for one in stints(place.hours, scene.seed(machine), day, scene.options.noise, seed):
            if found and one.begins <= found[-1].ends:
                found[-1] = Stint(found[-1].begins, one.ends, one.goodbye)
            else:
                found.append(one)
        day += DAY_S
    return found if scene.options.goodbyes else [one._replace(goodbye=None) for one in found]


def _lit(stint: Stint, dark: Sequence[tuple[float, float]], dice: Random, *, boots: bool) -> Iterator[On]:
    begins = stint.begins
    for off, back in dark:
        if off >= stint.ends or back <= begins:
            continue
        if off > begins:
            yield On(begins, off, None, boots)
        begins, boots = back + dice.uniform(*BACK_S), True
    if begins < stint.ends:
        yield On(begins, stint.ends, stint.goodbye, boots)
