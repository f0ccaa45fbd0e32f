"""What was broken when, so that nothing is learned of a time in which nothing was as usual. Pure."""

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .graph import NOBODY, Graph
from .incident import Incident, Phase

MARGIN_S = 30.0
"""An onset is as sure as this."""
Flags = NDArray[np.bool_]


class Trouble(NamedTuple):
    """Parts one of which was broken, whom that hit, and when; Unix seconds, ``ends`` infinite while it lasts."""

    parts: tuple[str, ...]
    communes: frozenset[str]
    begins: float
    ends: float

    def touches(self, begins: float, ends: float) -> bool:
        """Whether it was there at some time between these."""
        return self.begins <= ends and begins <= self.ends


def troubles(incidents: Iterable[Incident]) -> list[Trouble]:
    """What incidents say; what came to nothing says nothing."""
    found = []
    for one in incidents:
        if one.phase is Phase.DROPPED:
            continue
        parts = (one.verdict.part, *(cause.part for cause in one.verdict.causes))
        communes = frozenset((*one.hit, *one.verdict.communes))
        ends = inf if one.ended_at is None else one.ended_at + MARGIN_S
        found.append(Trouble(tuple(dict.fromkeys(parts)), communes, one.onset - MARGIN_S, ends))
    return found


def crossing(graph: Graph, parts: Iterable[str]) -> Flags:
    """By check: whether it crosses one of these parts; those the graph does not have are left out."""
    wanted = np.zeros(len(graph.parts), np.bool_)
    wanted[[graph.part_numbers[part] for part in parts if part in graph.part_numbers]] = True
    if not wanted.any():
        return np.zeros(graph.checks, np.bool_)
    so_far = np.concatenate(([0], np.cumsum(wanted[graph.members])))
    return so_far[graph.offsets[1:]] > so_far[graph.offsets[:-1]]


def is_shared(graph: Graph, one: Trouble) -> bool:
    """Whether communes share what was broken; so may be what nobody knows."""
    numbers = [graph.part_numbers.get(part, NOBODY) for part in one.parts]
    return any(number == NOBODY or graph.part_commune[number] == NOBODY for number in numbers)
