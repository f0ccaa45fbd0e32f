"""How much of what one part carries is carried by another too: which verdicts can be of the same trouble. Pure.

A part's checks are looked up once, when first asked for; a graph lives as long as its inventory.
"""

import numpy as np

from .graph import Graph, Ints


class Shares:
    """Of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._checks: dict[str, Ints] = {}

    def share(self, part: str, outer: str) -> float:
        """The share of ``part``'s checks that cross ``outer`` as well, 0 to 1; 0 for parts there are none of."""
        if part == outer:
            return 1.0
        inner = self._of(part)
        if not len(inner):
            return 0.0
        return len(np.intersect1d(inner, self._of(outer), assume_unique=True)) / len(inner)

    def _of(self, part: str) -> Ints:
        if part not in self._checks:
            number = self._graph.part_numbers.get(part)
            places = np.flatnonzero(self._graph.members == number) if number is not None else np.zeros(0, np.int64)
            crossing = np.searchsorted(self._graph.offsets, places, side="right") - 1
            self._checks[part] = np.unique(crossing).astype(np.int32)
        return self._checks[part]
