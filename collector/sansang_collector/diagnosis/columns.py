"""Sums over paths: what was found of checks, added up for every part that can be degraded. Pure.

All machines of a commune ask the same things the same way, so that only a commune's questions are followed along their
paths; the machine itself is added by its own number.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.rung import Component

from .graph import KINDS, NOBODY, VANTAGE_KEY, Floats, Graph, Ints

LEFT_OUT = (Component.SITE_POWER, Component.POWER_AREA, Component.PC_APP)
"""Power is there or not, it never loses a share; software that fails now and then explains nothing of others."""
DIRECT = (Component.PC, Component.DNS, Component.PDC, Component.SVC_TCP, Component.SVC_APP)
"""What fails a question as often as it fails at all: retries get around a lost packet, not around this."""
Flags = NDArray[np.bool_]


class Columns:
    """The parts of ``graph`` that can be degraded, as candidates numbered from 0, and what crosses them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        left_out = [KINDS.index(kind) for kind in LEFT_OUT]
        self.parts: Ints = np.flatnonzero(~np.isin(graph.kinds, left_out)).astype(np.int32)
        """By candidate: its part."""
        self.numbers = np.full(len(graph.parts), NOBODY, np.int32)
        """By part: its candidate, or NOBODY."""
        self.numbers[self.parts] = np.arange(len(self.parts), dtype=np.int32)
        self.direct: Flags = np.isin(graph.kinds[self.parts], [KINDS.index(kind) for kind in DIRECT])
        self.log_rates: Floats = graph.log_rates[self.parts]
        own = np.append(graph.agent_part, NOBODY)[graph.check_agent]
        self._machine = np.where(own == NOBODY, NOBODY, self.numbers[own])
        self.group, self._offsets, self._members = _groups(graph, self.numbers)
        self._across: dict[int, Ints] = {}

    def __len__(self) -> int:
        return len(self.parts)

    def sums(self, checks: Ints, network: Floats, direct: Floats | None = None) -> Floats:
        """By row of ``network`` and candidate: the sum over ``checks``; direct candidates get ``direct`` instead.

        Both by row and check (same order as ``checks``).
        """
        groups, places = self._grouped(checks)
        entries, lengths = self._entries(groups)
        targets = self._members[entries]
        machine = self._machine[checks]
        owned = np.flatnonzero(machine != NOBODY)
        machine = machine[owned]
        aside = self.direct[targets]
        found = np.empty((len(network), len(self)))
        for row, values in enumerate(network):
            other = values if direct is None else direct[row]
            along = np.repeat(np.bincount(places, values, len(groups)), lengths)
            if direct is not None:
                along = np.where(aside, np.repeat(np.bincount(places, other, len(groups)), lengths), along)
            found[row] = np.bincount(targets, along, len(self)) + np.bincount(machine, other[owned], len(self))
        return found

    def across(self, part: int) -> Ints:
        """The checks that cross this part of the graph, in order; remembered, for few parts are ever asked for."""
        if part not in self._across:
            entries = np.flatnonzero(self.graph.members == part)
            found = np.searchsorted(self.graph.offsets, entries, side="right") - 1
            self._across[part] = found.astype(np.int32)
        return self._across[part]

    @cached_property
    def vantage(self) -> tuple[int, int]:
        """The vantage's checks: the first one, and the one behind the last."""
        first = self.graph.first.get(VANTAGE_KEY, self.graph.checks)
        return first, first + len(self.graph.names.get(VANTAGE_KEY, ()))

    def _grouped(self, checks: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The groups of these checks, and which of them each check belongs to."""
        mine = self.group[checks]
        there = np.zeros(len(self._offsets) - 1, np.bool_)
        there[mine] = True
        groups = np.flatnonzero(there)
        numbers = np.empty(len(there), np.int64)
        numbers[groups] = np.arange(len(groups))
        return groups, numbers[mine]

    def _entries(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the paths of these groups lie, one after the other, and how long each is."""
        begins = self._offsets[groups]
        lengths = self._offsets[groups + 1] - begins
        shifts = np.repeat(begins - np.append(0, np.cumsum(lengths)[:-1]), lengths) if len(groups) else begins
        return np.arange(len(shifts)) + shifts, lengths


def _groups(graph: Graph, numbers: Ints) -> tuple[Ints, NDArray[np.int64], Ints]:
    """By check: its group; by group: where its candidates begin; the candidates, machines left out."""
    group = np.empty(graph.checks, np.int32)
    machines = np.isin(graph.kinds, [KINDS.index(Component.PC), KINDS.index(Component.PC_APP)])
    bases: dict[str, int] = {}
    lengths, members = [0], []
    for key, first in graph.first.items():
        commune = key.partition("/")[0]
        count = len(graph.names[commune])
        if commune not in bases:
            bases[commune] = len(lengths) - 1
            for check in range(first, first + count):
                path = graph.path(check)
                kept = numbers[path[~machines[path]]]
                members.append(kept[kept != NOBODY])
                lengths.append(len(members[-1]))
        group[first : first + count] = np.arange(bases[commune], bases[commune] + count)
    return group, np.cumsum(lengths), np.concatenate(members or [np.zeros(0, np.int32)])
