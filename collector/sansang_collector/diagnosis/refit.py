"""How much a part loses, and between which bounds: the share that makes what was found most likely. Pure.

Bursts make neighbouring echoes alike, so that there is less to know than there are echoes: the interval is as much
wider as the blocks differ more than chance alone would have them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .gauge import MOST, Rows, effect
from .graph import Floats

GRID: Floats = np.geomspace(0.01, 0.98, 93)
"""Each a twentieth more than the one before."""
NINETY = 2.706 / 2
"""How many nats below the best the bounds of a 90 % interval lie (half the chi-square of one degree of freedom)."""

BURSTY = 3.0
"""What differs so much more than by chance comes in bursts."""


class Fit(NamedTuple):
    """A share with its bounds, and how much more than by chance the blocks differ (1: no more)."""

    low: float
    best: float
    high: float
    spread: float

    @property
    def shares(self) -> tuple[float, float, float]:
        """For a verdict."""
        return self.low, self.best, self.high

    @property
    def in_bursts(self) -> bool:
        """Whether what it loses is lost together."""
        return self.spread > BURSTY


def fit(blocks: Sequence[Rows], *, direct: bool) -> Fit | None:
    """The fit over blocks of rows by all that is known but this part; None where nothing was tried."""
    found = _together(blocks)
    if not len(found.checks):
        return None
    likely = np.array([_likelihood(found, share, direct=direct) for share in GRID])
    at = int(np.argmax(likely))
    spread = _spread(blocks, float(GRID[at]), direct=direct)
    inside = np.flatnonzero(likely >= likely[at] - NINETY * spread)
    return Fit(float(GRID[inside[0]]), float(GRID[at]), float(GRID[inside[-1]]), spread)


def _together(blocks: Sequence[Rows]) -> Rows:
    """One row per check: its sums over the blocks, by what was usual in the mean."""
    whole = Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
    checks, first, places = np.unique(whole.checks, return_index=True, return_inverse=True)
    counted = (whole.bad, whole.tried, whole.results)
    bad, tried, results = (np.bincount(places, values).astype(np.float64) for values in counted)
    usual = np.bincount(places, whole.usual * whole.tried) / tried
    return Rows(checks, bad, tried, results, usual, whole.retried[first])


def _failing(found: Rows, share: float, *, direct: bool) -> Floats:
    return np.minimum(MOST, 1 - (1 - found.usual) * (1 - effect(found, share, direct=direct)))


def _likelihood(found: Rows, share: float, *, direct: bool) -> float:
    failing = _failing(found, share, direct=direct)
    return float(found.bad @ np.log(failing) + (found.tried - found.bad) @ np.log1p(-failing))


def _spread(blocks: Sequence[Rows], share: float, *, direct: bool) -> float:
    squares = []
    for one in blocks:
        failing = _failing(one, share, direct=direct)
        variance = float(one.tried @ (failing * (1 - failing)))
        if variance > 0:
            squares.append((float(one.bad.sum()) - float(one.tried @ failing)) ** 2 / variance)
    return max(1.0, sum(squares) / max(1, len(squares) - 1)) if squares else 1.0
