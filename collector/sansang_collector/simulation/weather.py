"""What is broken at one moment, for every machine and check: faults laid over the paths of a world. Pure.

Worked out again only when a fault begins or ends, so that asking costs a look-up.
"""

from collections.abc import Sequence

from sansang_agent.contract.rung import Component
from sansang_collector.topology import REPORT

from .faults import Fault
from .noise import Hit
from .world import Pc, Place, World


class Weather:
    """The faults of a world, asked at a time that only goes forward."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self._world = world
        self._faults = faults
        self._now: tuple[Fault, ...] = ()
        self._hits: dict[str, dict[str, tuple[Hit, ...]]] = {}
        self._dark: dict[str, Fault] = {}
        """By commune, or by machine (``commune/name``)."""
        self._software: dict[str, tuple[Hit, ...]] = {}

    def turn(self, at: float) -> None:
        """Let it be that time."""
        active = tuple(fault for fault in self._faults if fault.holds(at))
        if active != self._now:
            self._now = active
            self._lay()

    def hits(self, pc: Pc, check: str) -> tuple[Hit, ...]:
        """The broken parts on the way of this machine's check."""
        found = self._hits.get(pc.commune, {}).get(check, ())
        if self._software and check in self._world.places[pc.commune].software:
            return (*found, *self._software.get(pc.key, ()))
        return found

    def of_commune(self, code: str) -> dict[str, tuple[Hit, ...]]:
        """The broken parts by check, its machines themselves left out; checks that cross none are left out."""
        return self._hits.get(code, {})

    def dark(self, pc: Pc) -> Fault | None:
        """What keeps the machine from running at all: no power, or itself broken."""
        return self._dark.get(pc.commune) or self._dark.get(pc.key) if self._dark else None

    def reports(self, pc: Pc) -> tuple[Hit, ...]:
        """The broken parts on the way of its reports."""
        return self._hits.get(pc.commune, {}).get(REPORT, ())

    def _lay(self) -> None:
        self._hits, self._dark, self._software = {}, {}, {}
        for fault in self._now:
            kind = self._world.parts[fault.component]
            owner = fault.component.partition(":")[2]
            if kind is Component.PC_APP:
                self._software[owner] = (*self._software.get(owner, ()), Hit(kind, fault))
            elif kind is Component.PC:
                self._dark[owner] = fault
            else:
                for place in self._world.places.values():
                    self._strike(place, Hit(kind, fault))

    def _strike(self, place: Place, hit: Hit) -> None:
        if hit.fault.component in place.power and hit.fault.down:
            self._dark[place.code] = hit.fault
        for check, path in place.paths.items():
            if hit.fault.component in path:
                found = self._hits.setdefault(place.code, {})
                found[check] = (*found.get(check, ()), hit)
