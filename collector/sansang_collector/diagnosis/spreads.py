"""How much more than by chance the losses of a part's blocks differ: what comes in bursts says less than it seems to.

Only what is a quarter of an hour old teaches, so that a fault which is just being found does not excuse itself, and
one burst teaches little.
"""

import numpy as np

from .evidence import BLOCKS
from .graph import Floats
from .trail import Trail

AGE = 30
"""Blocks: what is younger may be the beginning of what is looked for."""
MOST_SQUARE = 16.0
"""What one block counts at most: a single burst among thirty blocks makes no bursty line."""
AROUND = 5
"""Blocks before and after one that say what is lost around it: what is lost all the time, however much, is no burst."""
MEMORY = 240
"""Blocks, two hours: what is older is forgotten by and by."""
PRIOR, PRIOR_BLOCKS = 1.0, 15.0
"""What is believed of a part before anything was learned, by what lines of its province usually do, and how many
blocks that is worth …"""
CALM_BLOCKS = 120.0
"""… against its being calmer than they: a line that bursts seldom has not burst in half an hour for all that."""
CHANCE = 1.25
"""So much may come by chance, and by the burst now and then that every line has."""


class Spreads:
    """By candidate: the mean square of (found - expected) by its variance, were it as usual in its province.

    Expected is what is usual, or what is lost around that moment where that is more.
    """

    def __init__(self, candidates: int) -> None:
        self._squares: Floats = np.zeros(candidates)
        self._blocks: Floats = np.zeros(candidates)
        self._newest = 0

    def learn(self, trail: Trail, numbers: range, common: Floats) -> None:
        """Take in the blocks of ``numbers`` (all there are) that are old enough and were not taken in yet.

        ``common``: by candidate, how much more than by chance blocks differ where it is as others are.
        """
        for number in range(max(numbers[0], self._newest + 1), numbers[-1] - AGE + 1):
            bad, expected = trail.bad[number % BLOCKS], _around(trail, number, numbers)
            there = expected > 0
            squares = np.minimum(MOST_SQUARE, (bad - expected) ** 2 / np.where(there, common * expected, 1))
            fades = 1 - there / MEMORY
            self._squares = self._squares * fades + squares * there
            self._blocks = self._blocks * fades + there
            self._newest = number

    def factors(self, common: Floats) -> Floats:
        """By candidate; 1 where losses come one by one."""
        prior = np.where((common > 1) & (self._squares < PRIOR * self._blocks), CALM_BLOCKS, PRIOR_BLOCKS)
        found = (self._squares + PRIOR * prior) / (self._blocks + prior)
        return np.maximum(1.0, common * found / CHANCE)


def _around(trail: Trail, number: int, numbers: range) -> Floats:
    """By candidate: what a block would hold if it were as those around it, and at least what is usual."""
    rows = [one % BLOCKS for one in range(max(numbers[0], number - AROUND), number + AROUND + 1)]
    expected = trail.expected[rows].sum(axis=0, dtype=np.float64)
    level = trail.bad[rows].sum(axis=0) / np.where(expected > 0, expected, 1)
    found: Floats = trail.expected[number % BLOCKS] * np.maximum(1.0, level)
    return found
