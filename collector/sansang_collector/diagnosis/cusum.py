"""Whether something is worse than it was: sums of the newest blocks, capped and without the two that say most. Pure.

So one burst, or two within half an hour, change nothing whatever they lose; the price is that nothing is said before
two and a half minutes.
"""

from typing import NamedTuple

import numpy as np

from .evidence import BLOCKS
from .graph import Floats, Ints
from .trail import Singles, Trail

LEAST_BLOCKS = 3
FLOOR = 3.0
"""A block without losses says less than one with them, by so much: a loss that comes and goes is a loss."""


class Change(NamedTuple):
    """By share and candidate (only those asked for): ``capped`` decides whether, ``whole`` (by blocks too) which."""

    candidates: Ints
    capped: Floats
    whole: Floats
    """First axis: the newest block, the newest two, and so on."""


def standing(trail: Trail, numbers: range, calm: Singles, cap: float) -> Singles:
    """By candidate: an upper bound of what :func:`changes` finds, cheap for all."""
    sums, block = (np.zeros_like(trail.scores[:, 0]) for _ in range(2))
    least, most = -cap / FLOOR / calm, cap / calm
    for number in numbers:
        np.minimum(trail.scores[:, number % BLOCKS], most, out=block)
        np.maximum(block, least, out=block)
        sums += block
        np.maximum(sums, 0, out=sums)
    return np.asarray(sums.max(axis=0) * calm)


def changes(trail: Trail, numbers: range, calm: Singles, cap: float, candidates: Ints) -> Change:
    """Exactly, for a few candidates."""
    rows = [number % BLOCKS for number in reversed(numbers)]
    blocks = trail.scores[:, rows][:, :, candidates].astype(np.float64).transpose(1, 0, 2)
    capped = np.clip(blocks * calm[candidates], -cap / FLOOR, cap)
    total, first, second = (np.zeros(capped.shape[1:]) for _ in range(3))
    best = np.full(capped.shape[1:], -np.inf)
    for count, block in enumerate(capped, start=1):
        total += block
        second = np.maximum(second, np.minimum(first, block))
        first = np.maximum(first, block)
        if count >= LEAST_BLOCKS:
            best = np.maximum(best, total - first - second)
    return Change(candidates, best, np.cumsum(blocks, axis=0))
