"""What the centre believes of a province: shared risks of two access nodes, and parents that are wrong. Pure."""

from random import Random

import msgspec

from sansang_collector.inventory.model import Inventory, Risk
from sansang_collector.simulation.provinces import Made

WRONG_SHARE = 0.1
RISKS = 3


def with_risks(made: Made, dice: Random) -> Made:
    """The same with a few pole routes that two access nodes of different rings share."""
    rings = list(made.inventory.topology.rings)
    risks = []
    for number in range(min(RISKS, len(rings) // 2)):
        one, other = dice.sample(rings, 2)
        nodes = (dice.choice(one.nodes), dice.choice(other.nodes))
        risks.append(Risk(id=f"tuyen-cot-{number}", name=f"Tuyến cột {number}", nodes=nodes))
    topology = msgspec.structs.replace(made.inventory.topology, risks=tuple(risks))
    return Made(msgspec.structs.replace(made.inventory, topology=topology), made.machines)


def misdeclared(inventory: Inventory, dice: Random, share: float = WRONG_SHARE) -> Inventory:
    """The inventory with a share of the communes hung from another access node than they are."""
    nodes = [node.id for node in inventory.access_nodes]
    lines = list(inventory.lines)
    for at in dice.sample(range(len(lines)), round(share * len(lines))):
        others = [node for node in nodes if node != lines[at].access_node]
        lines[at] = msgspec.structs.replace(lines[at], access_node=dice.choice(others))
    return msgspec.structs.replace(inventory, lines=tuple(lines))
