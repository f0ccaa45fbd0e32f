"""Small made-up provinces for simulations: two rings, a district each, nobody asked anything."""

from sansang_collector.inventory.model import (
    AccessNode,
    Commune,
    Core,
    Inventory,
    Kind,
    Line,
    LineKind,
    Province,
    Ring,
    Topology,
)

OPEN = "mon-fri 07:30-11:30 13:30-17:00"
FRIDAY = 1_782_406_800.0
"""2026-06-26 00:00:00 in Vietnam."""


def at(clock: str, day: int = 0) -> float:
    """Unix seconds of ``09:00`` on that Friday, or ``day`` days later."""
    hour, minute = clock.split(":")
    return FRIDAY + day * 86400 + int(hour) * 3600 + int(minute) * 60


def code(number: int) -> str:
    """A commune's code."""
    return f"{6001 + number * 3:05}"


def province(communes: int = 6, nodes: int = 4) -> Inventory:
    """Communes hang from ``nodes`` access nodes in turn; half of the nodes are ring ``a``, the others ring ``b``."""
    names = [f"an-{n}" for n in range(nodes)]
    half = nodes // 2
    return Inventory(
        province=Province(name="Tỉnh thử", code="20", hours=OPEN),
        communes=tuple(
            Commune(code=code(n), name=f"Xã {n}", kind=Kind.XA, former_district=f"Huyện {n % nodes}")
            for n in range(communes)
        ),
        lines=tuple(
            Line(id=f"{code(n)}-tslcd2", commune=code(n), kind=LineKind.TSLCD2, access_node=names[n % nodes])
            for n in range(communes)
        ),
        access_nodes=tuple(AccessNode(id=name, name=f"Trạm {name}") for name in names),
        topology=Topology(
            core=Core(address="10.255.0.1"),  # so that what the centre assigns in time asks for it too
            rings=(Ring(id="a", nodes=tuple(names[:half])), Ring(id="b", nodes=tuple(names[half:]))),
        ),
    )
