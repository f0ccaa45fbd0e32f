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
EVERY_BLOCKS, WEIGHED_BLOCKS = 4, 10
"""How often it is found anew how losses clump, and how much is asked across what."""
PRIOR_EXPECTED = 20.0
"""What is believed beforehand, that each is lost on its own, is worth so many losses."""
TURNS, SETTLED = 8, 0.98
"""Until it is settled which blocks are out of the ordinary: more turns make no difference."""


class Clumps:
    """Of the lines of a graph, over the last half hour."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._commune = columns.graph.part_commune[columns.parts]
        is_line = columns.graph.kinds[columns.parts] == KINDS.index(Component.ACCESS_LINK)
        self._lines = np.flatnonzero(is_line & (self._commune != NOBODY))
        self._squares, self._expected = (np.zeros((BLOCKS, len(self._lines)), np.float32) for _ in range(2))
        self._company: Floats = np.zeros(len(columns))
        """By candidate: what a burst of a line takes at once of what crosses it, in the mean."""
        self._factors: Floats = np.ones(len(columns))
        self._weighed = self._found = self._newest = 0

    @property
    def factors(self) -> Floats:
        """By candidate: how much more than by chance its blocks differ; 1 where losses come one by one."""
        return self._factors

    def learn(self, trail: Trail, evidence: Evidence, usual: Floats) -> None:
        """Take in the blocks whose neighbours on both sides are known; ``usual``: what fails usually, by check."""
        numbers = evidence.block_numbers()
        for number in range(max(numbers[0], self._newest + 1), numbers[-1] - AROUND):
            row = number % BLOCKS
            expected = self._steady(trail, number, numbers)
            self._squares[row] = (trail.bad[row, self._lines] - expected) ** 2
            self._expected[row] = expected
            self._newest = number
        if numbers[-1] - self._weighed >= WEIGHED_BLOCKS:
            self._weigh(evidence, usual)
            self._weighed = numbers[-1]
        if numbers[-1] - self._found >= EVERY_BLOCKS:
            self._factors = self._settled()
            self._found = numbers[-1]

    def _settled(self) -> Floats:
        """A block counts at most so many times what is found for all, and that is found anew.

        So rare bursts count little, those that lines have every quarter of an hour count whole.
        """
        company = self._company[self._lines].astype(np.float32)
        weighed = self._expected * company
        asked = float(weighed.sum()) + PRIOR_EXPECTED * (company.mean() if len(company) else 1.0)
        if not weighed.any():
            return np.ones(len(self._columns))
        expected = self._expected.sum(axis=0)
        over: Floats = self._squares.sum(axis=0) - expected
        clumped = np.inf
        for _turn in range(TURNS):
            before, clumped = clumped, max(0.0, float(over.sum()) / asked)
            if clumped >= SETTLED * before or 1 + clumped * company.max() <= CHANCE:
                break
            most = MOST_SQUARE * (self._expected + clumped * weighed)
            over = np.minimum(self._squares, most, out=most).sum(axis=0) - expected
        return self._by_candidate(over, weighed.sum(axis=0), asked)

    def _steady(self, trail: Trail, number: int, numbers: range) -> Floats:
        """By line: what a block would hold by what is usual, or by what most around it hold where that is more."""
        rows = [one % BLOCKS for one in range(max(numbers[0], number - AROUND), number + AROUND + 1)]
        places = np.ix_(np.array(rows), self._lines)
        awaited = trail.expected[places]
        levels = trail.bad[places] / np.where(awaited > 0, awaited, np.inf)
        level = np.partition(levels, len(rows) // 2, axis=0)[len(rows) // 2]
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
