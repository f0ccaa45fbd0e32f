"""Whether what a shared part is said to spoil is not rather the trouble of a few machines of their own. Pure.

A machine that is slow fails one question in seven, of all it asks; a few of these look like a far part that fails one
in fifty, of everybody. What such a machine says is then its own.
"""

import numpy as np
from numpy.typing import NDArray

from .gauge import Rows, effect, gain
from .graph import Floats, Ints
from .refit import GRID

ALONE = 7.0
"""Nats by which a machine's questions have to be better explained by itself: so seldom is one out of order."""


def of_everybody(found: Rows, machines: Ints, *, direct: bool) -> float:
    """Which share, 0 to 1, of what speaks for a part is left without the machines whose questions explain themselves.

    ``machines``: by row of ``found`` whose it is. Echoes always count: no machine's software loses them.
    """
    shared = np.array([gain(found, effect(found, share, direct=direct)) for share in GRID])
    whole = shared.sum(axis=1)
    asked = found.chosen(found.retried)
    who, where = np.unique(machines[found.retried], return_inverse=True)
    places = where.astype(np.int64)
    if not len(who) or whole.max() <= 0:
        return 1.0
    own = np.array([_by(places, gain(asked, effect(asked, share, direct=True)), len(who)) for share in GRID])
    together = _by(places, shared[int(np.argmax(whole))][found.retried], len(who))
    alone = own.max(axis=0) - ALONE > together
    kept = ~found.retried | ~np.isin(machines, who[alone])
    return float(max(0.0, shared[:, kept].sum(axis=1).max()) / whole.max())


def _by(places: NDArray[np.int64], values: Floats, count: int) -> Floats:
    return np.bincount(places, values, count).astype(np.float64)
