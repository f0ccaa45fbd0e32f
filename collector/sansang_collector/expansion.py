"""A topology written out for every machine: numbered checks and one flat list of the parts they cross. Pure.

This is the shape the diagnosis multiplies with; 33,210 machines stay within two seconds and a few hundred megabytes.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import PLACES, Component

from .topology import Part, Template, Topology

MACHINES = (Component.PC, Component.PC_APP)


class Expanded(NamedTuple):
    """Check ``n`` crosses ``members[offsets[n]:offsets[n + 1]]``.

    Checks are numbered machine by machine, in the order of the commune's templates, then the vantage's.
    """

    parts: list[Part]
    """The topology's, then two for each machine: itself and its software."""
    first: dict[str, int]
    """The number of a machine's first check, by ``commune/name``; of the vantage's by ``""``."""
    names: dict[str, list[str]]
    """The checks of a commune's machines in their order; the vantage's by ``""``."""
    offsets: "array[int]"
    members: "array[int]"
    unplaced: list[str]
    """Machines of communes that the inventory does not have, as ``commune/name``."""

    def path(self, machine: str, check: str) -> list[Part]:
        """What ``check`` of ``machine`` (``commune/name``, or ``""`` for the vantage) crosses; KeyError if neither."""
        names = self.names[machine.partition("/")[0]]
        if check not in names:
            raise KeyError(check)
        number = self.first[machine] + names.index(check)
        return [self.parts[n] for n in self.members[self.offsets[number] : self.offsets[number + 1]]]


def expand(topology: Topology, machines: Mapping[str, Sequence[str]]) -> Expanded:
    """Write out all paths; ``machines``: names by commune."""
    made = Expanded(list(topology.parts), {}, {}, array("i", [0]), array("i"), [])
    for commune, names in machines.items():
        templates = topology.templates.get(commune)
        if templates is None:
            made.unplaced.extend(f"{commune}/{name}" for name in names)
            continue
        made.names[commune] = list(templates)
        for n, name in enumerate(names):
            made.first[f"{commune}/{name}"] = len(made.offsets) - 1 + n * len(templates)
        _add(made, _block(templates.values()), len(names))
        made.parts.extend(_machine(kind, commune, name) for name in names for kind in MACHINES)
    made.first[""], made.names[""] = len(made.offsets) - 1, list(topology.inward)
    for path in topology.inward.values():
        made.members.extend(path)
        made.offsets.append(len(made.members))
    return made


class _Block(NamedTuple):
    """The paths of one machine of a commune one after the other; all machines' are copies of it, which is fast."""

    members: "array[int]"
    ends: list[int]
    machines: list[int]
    """Where the machine's own number belongs."""
    software: list[int]
    """Where its software's does."""


def _block(templates: Iterable[Template]) -> _Block:
    block = _Block(array("i"), [], [], [])
    for template in templates:
        block.machines.append(len(block.members))
        block.members.append(0)
        if template.software:
            block.software.append(len(block.members))
            block.members.append(0)
        block.members.extend(template.path)
        block.ends.append(len(block.members))
    return block


def _add(made: Expanded, block: _Block, count: int) -> None:
    """Add the paths of ``count`` machines, whose parts are about to be added."""
    size, machine, start = len(block.members), len(made.parts), len(made.members)
    copies = block.members * count
    for first, places in ((machine, block.machines), (machine + 1, block.software)):
        numbers = array("i", range(first, first + len(MACHINES) * count, len(MACHINES)))
        for place in places:
            copies[place::size] = numbers
    made.members.extend(copies)
    made.offsets.extend([at + end for at in range(start, start + size * count, size) for end in block.ends])


def _machine(kind: Component, commune: str, name: str) -> Part:
    return Part(f"{kind}:{commune}/{name}", kind, name, PLACES[kind].owner, commune)
