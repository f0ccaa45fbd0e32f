"""How the losses of a province's lines clump: how much more they vary than if each echo were lost on its own. Pure.

A burst takes all echoes of its moment, so that a line loses more at once the more is asked across it. One line shows
few bursts in half an hour, all lines together show hundreds: each is judged by what the others teach.
"""

import numpy as np

from sansang_agent.contract.rung import Component

from .columns import Columns
from .evidence import BLOCKS, Evidence
from .graph import KINDS, NOBODY, Floats
from .spreads import AROUND, CHANCE, MOST_SQUARE
from .trail import Trail

TRAIN = 20.0
"""Echoes that a burst takes at once where hardly anything is asked: those of one train, of which most are lost. A
train of five echoes weighs as much as half a minute's twenty that may fall into the same burst or not."""
WEIGHED_BLOCKS = 10
"""How often it is looked up how much is asked across what, and over how many blocks."""
PRIOR_EXPECTED = 20.0
"""What is believed beforehand, that each is lost on its own, is worth so many losses."""
TURNS = 8
"""Until it is settled which blocks are out of the ordinary."""


class Clumps:
    """Of the lines of a graph, over the last half hour."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._commune = columns.graph.part_commune[columns.parts]
        is_line = columns.graph.kinds[columns.parts] == KINDS.index(Component.ACCESS_LINK)
        self._lines = np.flatnonzero(is_line & (self._commune != NOBODY))
        self._squares: Floats = np.zeros((BLOCKS, len(self._lines)))
        self._expected: Floats = np.zeros((BLOCKS, len(self._lines)))
        self._company: Floats = np.zeros(len(columns))
        """By candidate: what a burst of a line takes at once of what crosses it, in the mean."""
        self._weighed = self._newest = 0

    def learn(self, trail: Trail, evidence: Evidence, usual: Floats) -> None:
        """Take in the blocks whose neighbours on both sides are known; ``usual``: what fails usually, by check."""
        numbers = evidence.block_numbers()
        if numbers[-1] - self._weighed >= WEIGHED_BLOCKS:
            self._weigh(evidence, usual)
            self._weighed = numbers[-1]
        for number in range(max(numbers[0], self._newest + 1), numbers[-1] - AROUND):
            row = number % BLOCKS
            expected = self._steady(trail, number, numbers)
            self._squares[row] = (trail.bad[row, self._lines] - expected) ** 2
            self._expected[row] = expected
            self._newest = number

    def factors(self) -> Floats:
        """By candidate: how much more than by chance its blocks differ; 1 where losses come one by one.

        A block counts at most so many times what is found for all, and that is found anew: rare bursts count little,
        those that lines have every quarter of an hour count whole.
        """
        company = self._company[self._lines]
        weights = float((self._expected * company).sum())
        asked = weights + PRIOR_EXPECTED * (company.mean() if len(company) else 1.0)
        if weights <= 0:
            return np.ones(len(self._columns))
        over: Floats = np.sum(self._squares - self._expected, axis=0)
        for _turn in range(TURNS):
            clumped = max(0.0, float(over.sum()) / asked)
            most = MOST_SQUARE * (1 + clumped * company) * self._expected
            over = np.sum(np.minimum(self._squares, most) - self._expected, axis=0)
        return self._by_candidate(over, np.sum(self._expected * company, axis=0), asked)

    def _steady(self, trail: Trail, number: int, numbers: range) -> Floats:
        """By line: what a block would hold by what is usual, or by what most around it hold where that is more."""
        rows = [one % BLOCKS for one in range(max(numbers[0], number - AROUND), number + AROUND + 1)]
        awaited = trail.expected[rows][:, self._lines].astype(np.float64)
        level = np.median(trail.bad[rows][:, self._lines] / np.where(awaited > 0, awaited, np.inf), axis=0)
        found: Floats = trail.expected[number % BLOCKS, self._lines] * np.maximum(1.0, level)
        return found

    def _by_candidate(self, over: Floats, weights: Floats, asked: float) -> Floats:
        """What a commune's own lines teach is left out for what is its own."""
        communes = len(self._columns.graph.communes)
        homes = self._commune[self._lines]
        own_over, own = (np.append(np.bincount(homes, each, communes), 0.0) for each in (over, weights))
        clumped: Floats = np.asarray(np.maximum(0.0, over.sum() - own_over) / (asked - own))
        found = 1 + clumped[self._commune] * self._company
        return np.where(found > CHANCE, found, 1.0)

    def _weigh(self, evidence: Evidence, usual: Floats) -> None:
        """How many echoes a burst takes at once: those of its commune's half minute, and of its train."""
        graph = self._columns.graph
        blocks = [evidence.half_minute(number) for number in evidence.block_numbers()[-WEIGHED_BLOCKS - 1 : -1]]
        tried: Floats = np.array([one.tried for one in blocks]).sum(axis=0, dtype=np.float64)
        heard = max(1, sum(one.grown > 0 for one in blocks))
        checks = np.flatnonzero(tried).astype(np.int32)
        counted, echo = tried[checks], evidence.is_echo[checks]
        homes = np.append(graph.agent_commune, NOBODY)[graph.check_agent[checks]]
        own = homes != NOBODY
        company = np.append(np.bincount(homes[own & echo], counted[own & echo], len(graph.communes)), 0.0)
        lost = counted * usual[checks]
        together = np.where(echo, company[homes] / heard + TRAIN, 0.0)
        whole, weighed = self._columns.sums(checks, np.stack([lost, lost * together]))
        self._company = weighed / np.where(whole > 0, whole, 1)
