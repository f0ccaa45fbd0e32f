"""The simulated province: communes of an inventory, their machines, and what each check of theirs crosses. No I/O.

Paths are the topology's own, so that a fault on a ring is seen behind that ring and nowhere else.
"""

from random import Random
from typing import NamedTuple

import msgspec

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.check import Check, DnsCheck, HostCheck, IcmpCheck, Profile
from sansang_agent.contract.rung import Component, Network, Rung
from sansang_agent.contract.scalars import closest
from sansang_collector import topology
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.inventory.model import PAGES, Asker, Commune, Inventory, Service, ServiceCheck

from . import LABEL, days, noise
from .days import Hours
from .noise import Noise

BREAKERS = 0.15
"""Share of communes whose people throw the main breaker on leaving."""
PREFIX = "mo-phong-"
"""Begins the name of every simulated machine."""
SERVICE_PERIOD_S = 60.0
_POWER = (Component.SITE_POWER, Component.POWER_AREA)


class Place(NamedTuple):
    """One simulated commune."""

    code: str
    power: frozenset[str]
    """The parts that feed it."""
    paths: dict[str, tuple[str, ...]]
    """The parts each check crosses, the machine itself left out."""
    software: frozenset[str]
    """Checks that a machine's own software can spoil."""
    hours: Hours
    loss: float
    """What its line loses when nothing is broken, 0 to 1."""
    delay_ms: float


class Pc(NamedTuple):
    """One simulated machine."""

    commune: str
    name: str
    role: Role = Role.COUNTER

    @property
    def key(self) -> str:
        """As parts of machines are named: ``commune/name``."""
        return f"{self.commune}/{self.name}"


class World(NamedTuple):
    """Everything that is simulated, before any of it breaks."""

    seed: str
    profile: Profile
    places: dict[str, Place]
    machines: list[Pc]
    parts: dict[str, Component]
    """All that can break, by id."""
    noise: Noise

    def meant(self, part: str) -> str | None:
        """The part that was probably meant by an id there is none of."""
        return closest(part, self.parts)


class TooManyError(Exception):
    """More communes were asked for than there are: ``there`` of them."""

    def __init__(self, there: int) -> None:
        super().__init__(there)
        self.there = there


def make(inventory: Inventory, communes: int, machines: int, seed: int, rates: Noise | None = None) -> World:
    """The first ``communes`` of the inventory with ``machines`` each; raises :class:`TooManyError`."""
    if communes > len(inventory.communes):
        raise TooManyError(len(inventory.communes))
    codes = [one.code for one in inventory.communes[:communes]]
    pcs = [Pc(code, f"{PREFIX}{number}") for code in codes for number in range(1, machines + 1)]
    return of(inventory, topology.build(inventory), pcs, seed, rates)


def of(inventory: Inventory, built: topology.Topology, pcs: list[Pc], seed: int, rates: Noise | None = None) -> World:
    """The communes of these machines."""
    rates = Noise() if rates is None else rates
    codes = {pc.commune for pc in pcs}
    places = {one.code: _place(one, inventory, built, seed, rates) for one in inventory.communes if one.code in codes}
    crossed = {part for place in places.values() for path in place.paths.values() for part in path}
    parts = {part.id: part.kind for part in built.parts if part.id in crossed}
    parts |= {f"{kind}:{pc.key}": kind for pc in pcs for kind in (Component.PC, Component.PC_APP)}
    return World(str(seed), profile_of(inventory), places, pcs, parts, rates)


def _place(commune: Commune, inventory: Inventory, built: topology.Topology, seed: int, rates: Noise) -> Place:
    templates = built.templates[commune.code]
    dice = Random(f"{seed}/{commune.code}")  # noqa: S311  # a simulation must be repeatable
    breaker = dice.random() < BREAKERS
    hours = Hours(
        parse_hours(commune.hours or inventory.province.hours),
        days.days_of((*inventory.province.holidays, *commune.holidays)),
        breaker,
    )
    inside = (built.parts[number] for number in templates[topology.GATEWAY].path)
    return Place(
        commune.code,
        frozenset(part.id for part in inside if part.kind in _POWER),
        {check: tuple(built.parts[n].id for n in template.path) for check, template in templates.items()},
        frozenset(check for check, template in templates.items() if template.software),
        hours,
        noise.base_loss(rates, dice),
        dice.uniform(1, 9),
    )


def profile_of(inventory: Inventory) -> Profile:
    """What a simulated machine checks while the centre assigns it nothing; no target in it is ever asked."""
    near: tuple[Check, ...] = (
        HostCheck(id="machine", rung=Rung.MACHINE, target="local", name="Máy trạm"),
        IcmpCheck(id=topology.GATEWAY, rung=Rung.GATEWAY, target="{gateway}", name="Thiết bị đầu cuối"),
        IcmpCheck(id=topology.LINE, rung=Rung.LINE, target="tram.mo-phong.test", name="Trạm truy nhập"),
        IcmpCheck(id=topology.CORE, rung=Rung.CORE, target="loi.mo-phong.test", name="Mạng lõi tỉnh"),
        DnsCheck(id=topology.NAMES, rung=Rung.DNS, target="{dns}", query="mo-phong.test", name="Máy chủ tên miền"),
        IcmpCheck(
            id=topology.INTERNET,
            rung=Rung.INTERNET,
            target="internet.mo-phong.test",
            name="Internet",
            network=Network.INTERNET,
        ),
    )
    asked = [one for one in inventory.services if one.asked and one.asked_by is Asker.AGENTS]
    far = (_check(service, one) for service in asked for one in service.checks)
    return Profile(label=labelled(""), checks=(*near, *far))


def labelled(label: str) -> str:
    """The label of a profile that is only played; what it said before stays behind."""
    if label.startswith(LABEL):
        return label
    return f"{LABEL}: {label}" if label else f"{LABEL}: không máy nào bị hỏi · nothing is asked"


def _check(service: Service, one: ServiceCheck) -> Check:
    host = f"{service.id}.mo-phong.test"
    written = {
        "kind": str(one.kind), "id": service.check_id(one), "rung": str(Rung.SERVICE), "name": service.name,
        "target": f"https://{host}{one.path}" if one.kind in PAGES else f"{host}:{one.port or 443}",
        "network": str(service.network), "period": SERVICE_PERIOD_S, "confirm": False, "mandatory": service.mandatory,
    }  # fmt: skip
    return msgspec.convert(written, Check)  # type: ignore[no-any-return]  # a union is no class to mypy
