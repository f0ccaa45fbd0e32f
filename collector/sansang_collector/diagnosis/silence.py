"""What it says that machines fall silent: much when it is together, little alone, nothing after a goodbye. Pure.

Silence is a state: it weighs as much as its harmless explanations are unlikely, and no more the longer it lasts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .beliefs import Beliefs
from .candidates import Flags
from .evidence import REPORT_S, Evidence
from .graph import Floats

GRACE_S = 3.0
"""A report that is later than this is late."""
ALIGNED = 2.0
"""Reports within which a harmless silence would seem to begin together with others."""
RESTART_REPORTS = 6
"""A machine that restarts misses at most so many."""
EARLIER_S, LATER_S = REPORT_S + 5.0, 3.0
"""Who fell silent by a fault at some moment spoke last within so long before it, and hardly after it."""
CONTRADICTION = -5.0
"""Nats of a machine that delivered a report measured after the part is said to have broken."""
OFFLINE_LEAVES = 5.0
"""Nobody's goodbye arrives while the way is cut: so many times more machines go without one."""


class Silence(NamedTuple):
    """By agent; those never heard are neither silent nor alive."""

    heard: Floats
    """When it spoke last; NaN: never."""
    spoke: Floats
    """The same, or from when on it could have spoken again."""
    missed: Floats
    """Reports."""
    weight: Floats
    """Nats of its being silent; 0 where it is not, or said goodbye."""
    silent: Flags
    """It missed a report and did not say goodbye."""


def observe(evidence: Evidence, beliefs: Beliefs, released: Floats, now: float) -> Silence:
    """Who is silent at ``now``.

    ``released``: by agent when a part that explained its silence was well again (NaN: none did); from then it counts.
    """
    heard = np.where(evidence.spoke >= evidence.since, evidence.spoke, np.nan)
    away = np.nan_to_num(np.maximum(released - heard, 0.0))
    spoke = np.where(away > 0, released, heard)
    missed = np.maximum(0.0, np.floor(np.nan_to_num(now - spoke - GRACE_S) / REPORT_S))
    silent = (missed >= 1) & np.isnan(evidence.bye)
    leaves = beliefs.leaves * np.maximum(1.0, OFFLINE_LEAVES * away / REPORT_S / ALIGNED)
    harmless = beliefs.late**missed + ALIGNED * (beliefs.restart * (missed <= RESTART_REPORTS) + leaves)
    weight = np.where(silent, -np.log(np.clip(harmless, 1e-9, 1.0)), 0.0)
    return Silence(heard, spoke, missed, weight, silent)


def by_onset(silence: Silence, explained: Flags, onsets: Sequence[float]) -> Floats:
    """By onset and agent: nats for a part on the way of its reports having broken then."""
    began = np.asarray(onsets)[:, None]
    with np.errstate(invalid="ignore"):
        then = (silence.spoke >= began - EARLIER_S) & (silence.spoke <= began + LATER_S)
    return np.where(then & ~explained, silence.weight, 0.0) + _alive(silence, began)


def still(silence: Silence, explained: Flags, onsets: Sequence[float]) -> Floats:
    """The same whenever it fell silent: whether what broke earlier is still broken then."""
    weight = np.where(explained, 0.0, silence.weight)
    return weight + _alive(silence, np.asarray(onsets)[:, None])


def _alive(silence: Silence, began: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(silence.heard > began + LATER_S, CONTRADICTION, 0.0)
