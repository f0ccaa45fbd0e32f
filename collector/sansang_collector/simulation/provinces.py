"""Made-up provinces of any size with all addresses entered, another for each seed: what the diagnosis is tried on.

Shapes follow the real one: communes with one to ten machines, about two on an access node, short rings, ten services.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from sansang_agent.contract.assignment import Role
from sansang_collector.inventory.model import (
    AccessNode,
    Commune,
    Core,
    Hosted,
    Inventory,
    Kind,
    Line,
    LineKind,
    Province,
    Reference,
    Resolver,
    Ring,
    Service,
    ServiceCheck,
    ServiceCheckKind,
    Topology,
)
from sansang_collector.profiles.election import Machine

VANTAGE_COMMUNE = "00000"
_PC_COUNTS, _PC_WEIGHTS = (1, 2, 3, 4, 5, 6, 8, 10), (12, 14, 16, 18, 16, 10, 8, 6)
_RING_SIZES, _RING_WEIGHTS = (1, 2, 3, 4), (15, 25, 35, 25)
_PER_NODE, _PER_NODE_WEIGHTS = (1, 2, 3), (35, 40, 25)
_SERVICES = 10
_NATIONAL = 0.6
"""Share of services in the national data centre."""
_MINI = 0.2
"""Share of communes with a machine that is always on."""


class Made(NamedTuple):
    """A province with its machines; the last one is the vantage."""

    inventory: Inventory
    machines: list[Machine]


def make(seed: int, communes: int = 65) -> Made:
    """The province of this seed."""
    dice = Random(f"province/{seed}")  # noqa: S311  # a simulation must be repeatable
    codes = [f"{4 + 3 * number:05}" for number in range(communes)]
    homes = _homes(codes, dice)
    nodes = list(dict.fromkeys(homes.values()))
    areas = {node: f"khu-vuc-{number // 4}" for number, node in enumerate(nodes)}
    inventory = Inventory(
        province=Province(name="Mô phỏng", code="99"),
        communes=tuple(
            Commune(code=code, name=f"Xã {code}", kind=Kind.XA, former_district=areas[homes[code]], counters=4)
            for code in codes
        ),
        lines=tuple(
            Line(
                id=f"{code}-a",
                commune=code,
                kind=LineKind.TSLCD2,
                access_node=homes[code],
                terminal_address=f"10.{number >> 8}.{number & 255}.1",
            )
            for number, code in enumerate(codes)
        ),
        access_nodes=tuple(
            AccessNode(id=node, address=f"10.200.{number >> 8}.{number & 255}") for number, node in enumerate(nodes)
        ),
        topology=Topology(
            core=Core(address="10.255.0.1"),
            internet=Reference(address="192.0.2.1"),
            rings=tuple(_rings(nodes, dice)),
            resolvers=(Resolver(id="tinh", address="10.255.0.53"),),
        ),
        services=tuple(_service(number, dice) for number in range(_SERVICES)),
    )
    return Made(inventory, _machines(codes, dice))


def _homes(codes: Sequence[str], dice: Random) -> dict[str, str]:
    """Each commune's access node: one to three neighbours share one."""
    homes: dict[str, str] = {}
    left, node = list(codes), 0
    while left:
        for code in left[: dice.choices(_PER_NODE, _PER_NODE_WEIGHTS)[0]]:
            homes[code] = f"tram-{node}"
        left = [code for code in left if code not in homes]
        node += 1
    return homes


def _rings(nodes: Sequence[str], dice: Random) -> list[Ring]:
    rings: list[Ring] = []
    at = 0
    while at < len(nodes):
        size = dice.choices(_RING_SIZES, _RING_WEIGHTS)[0]
        rings.append(Ring(id=f"vong-{len(rings)}", nodes=tuple(nodes[at : at + size])))
        at += size
    return rings


def _service(number: int, dice: Random) -> Service:
    hosted = Hosted.NATIONAL if dice.random() < _NATIONAL else Hosted.PROVINCE
    checks = (ServiceCheck(kind=ServiceCheckKind.TCP), ServiceCheck(kind=ServiceCheckKind.HTTP))
    name = f"dich-vu-{number}"
    return Service(id=name, name=f"Dịch vụ {number}", host=f"{name}.mo-phong.test", checks=checks, hosted=hosted)


def _machines(codes: Sequence[str], dice: Random) -> list[Machine]:
    found: list[Machine] = []
    for code in codes:
        count = dice.choices(_PC_COUNTS, _PC_WEIGHTS)[0]
        roles = [Role.COUNTER] * count
        if count > 1 and dice.random() < _MINI:
            roles[-1] = Role.MINI
        for place, role in enumerate(roles, start=1):
            found.append(Machine(len(found) + 1, code, f"may-{place}", role))
    return [*found, Machine(len(found) + 1, VANTAGE_COMMUNE, "dai-quan-sat", Role.VANTAGE)]
