"""What the fast world's machines run on and are plugged into: when they are dark, on battery, or at a dead cable's end.

All of it follows from the faults, which are known beforehand. Repeatable.
"""

from collections.abc import Sequence
from random import Random

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.rung import Component
from sansang_collector.profiles.election import Machine
from sansang_collector.topology import GATEWAY

from .faults import Fault
from .world import World

BATTERY_S = (300.0, 5400.0)
"""How long a battery lasts: from a small UPS to a notebook."""
DEAD = {Component.LAN: 0.5, Component.TERMINAL: 0.15, Component.SITE_POWER: 0.95, Component.POWER_AREA: 0.95}
"""How often the machines' cables end in nothing while such a part is down: a switch may be dead or only cut off, a
terminal may be dark and have the machines plugged into it."""


class Mains:
    """One world's."""

    def __init__(self, world: World, faults: Sequence[Fault], batteries: float) -> None:
        """``batteries``: the share of machines that have one."""
        self._world, self._faults, self._batteries = world, [one for one in faults if one.down], batteries

    def dark(self, machine: Machine) -> list[tuple[float, float]]:
        """When the machine cannot run: no power and no battery any more, or itself broken."""
        if machine.role is Role.VANTAGE:
            return []
        own, lasts = f"{Component.PC}:{machine.commune}/{machine.name}", self._lasts_s(machine)
        found = [(one.begins, one.ends) for one in self._faults if one.component == own]
        found += [(one.begins + lasts, one.ends) for one in self._cuts(machine)]
        return sorted(one for one in found if one[0] < one[1])

    def battery(self, machine: Machine, at: float) -> float | None:
        """Percent that the machine has left at that moment; None on mains, and without a battery."""
        if not (lasts := self._lasts_s(machine)):
            return None
        began = min((one.begins for one in self._cuts(machine) if one.holds(at)), default=None)
        return None if began is None else max(1.0, 100 - 99 * (at - began) / lasts)

    def loose(self, commune: str) -> list[tuple[float, float]]:
        """When the cables of its machines end in nothing; the vantage's, of commune "", never do."""
        place = self._world.places.get(commune)
        inside = place.paths[GATEWAY] if place else ()
        mine = [one for one in self._faults if one.component in inside and self._is_dead(one, commune)]
        return [(one.begins, one.ends) for one in mine]

    def _cuts(self, machine: Machine) -> list[Fault]:
        power = self._world.places[machine.commune].power
        return [one for one in self._faults if one.component in power]

    def _is_dead(self, fault: Fault, commune: str) -> bool:
        dice = Random(f"{self._world.seed}/{commune}/{fault}/dead")  # noqa: S311  # a simulation must be repeatable
        return dice.random() < DEAD.get(self._world.parts[fault.component], 0.0)

    def _lasts_s(self, machine: Machine) -> float:
        if not self._batteries or machine.role is Role.VANTAGE:
            return 0.0
        dice = Random(f"{self._world.seed}/{machine.commune}/{machine.name}/battery")  # noqa: S311
        return dice.uniform(*BATTERY_S) if dice.random() < self._batteries else 0.0
