"""Which part is degraded, since when, and what else it may be: the best explanation of what changed. Pure.

Capped sums decide whether anything did, whole ones which part it is: a cap would make a bad line look like a bad ring.
"""

import math
from typing import NamedTuple

import numpy as np

from .columns import Flags
from .cusum import LEAST_BLOCKS, Change, changes, standing
from .graph import Floats, Ints
from .trail import Trail

THRESHOLD = 20.0
"""Nats from which on a part counts as degraded, for a province …"""
PROVINCE = 65
"""… of so many communes; a larger one has more chances to be wrong."""
SUSPECT = 6.0
"""Nats below the threshold from which on it may be."""
RIVAL = 4.0
"""Nats from which on a part may be what explains a change that another one showed."""
SAME = 3.0
"""Nats within which two explanations are equally good."""


class Finding(NamedTuple):
    """A change, and the candidates that explain it."""

    score: float
    blocks: int
    """How many of the newest it has been there."""
    causes: tuple[tuple[int, float], ...]
    """Candidates with their probabilities, the best first."""

    @property
    def candidate(self) -> int:
        """The most probable."""
        return self.causes[0][0]


def threshold(communes: int) -> float:
    """Nats, for so many communes."""
    return THRESHOLD + max(0.0, math.log(communes / PROVINCE)) if communes else THRESHOLD


def find(trail: Trail, numbers: range, spread: Floats, wanted: float, allowed: Flags) -> Finding | None:
    """The clearest change there is, if it comes within SUSPECT nats of ``wanted``.

    ``spread``: by candidate, how much more than by chance its blocks differ; they say so much less.
    """
    columns, cap = trail.columns, wanted / 3
    calm = (1 / spread).astype(np.float32)
    upper = standing(trail, numbers, calm, cap)
    most = upper + columns.log_rates
    if not (most[allowed] >= wanted - SUSPECT).any():
        return None
    candidates = np.flatnonzero((most >= RIVAL) & allowed).astype(np.int32)
    change = changes(trail, numbers, calm, cap, candidates)
    rates = columns.log_rates[candidates]
    scores = change.capped + rates
    place = int(np.argmax(scores.max(axis=0)))
    score = float(scores[:, place].max())
    if score < wanted - SUSPECT:
        return None
    said = change._replace(whole=change.whole / spread[candidates[place]])
    causes = _causes(said, scores, rates, _onset(change, place))
    (winner,) = np.flatnonzero(candidates == causes[0][0])
    return Finding(score, _onset(change, int(winner)), causes)


def _onset(change: Change, place: int) -> int:
    """How many of the newest blocks speak for it most clearly."""
    return LEAST_BLOCKS + int(np.argmax(change.whole[LEAST_BLOCKS - 1 :, :, place].max(axis=1)))


def _causes(change: Change, scores: Floats, rates: Floats, blocks: int) -> tuple[tuple[int, float], ...]:
    whole = np.where(scores >= RIVAL, change.whole[blocks - 1] + rates, -np.inf).max(axis=0)
    order: Ints = np.argsort(-whole, kind="stable").astype(np.int32)
    best = [place for place in order if whole[place] >= whole[order[0]] - SAME]
    weights = np.exp(whole[best] - whole[best[0]])
    shares = weights / weights.sum()
    return tuple((int(change.candidates[place]), float(share)) for place, share in zip(best, shares, strict=True))
