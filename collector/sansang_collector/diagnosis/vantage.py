"""Whether the vantage's echoes may be believed: each probe for itself, and all of them together.

A probe that never answered, or that stopped while those behind it go on reporting, is deaf and proves nothing; where
all fail at once it is the collector's own way that is cut, unless its own gateway answers.
"""

from typing import NamedTuple

import numpy as np

from .candidates import Candidates, Flags, vantages
from .evidence import REPORT_S, Evidence
from .graph import NOBODY, Floats, Graph
from .silence import EARLIER_S, LATER_S, Silence

FRESH_S = 30.0
BEHIND_S = 10.0
"""A report so much later than a probe's first failure was not spoiled by what spoils the probe."""
RECENT_S = 60.0
SHARE_BLIND, LEAST_PROBES = 0.9, 5
CUT_OFF = 0.6
"""Of all machines, silent together while the vantage sees nothing."""
MEMORY_S = 180.0
"""So long what was seen while it was blind stays in the windows."""


class View(NamedTuple):
    """What the vantage is good for at one moment."""

    ignored: Flags
    """By check: an echo that proves nothing."""
    undecided: bool = False
    """It sees nothing, and whether machines still report is not known yet."""
    cut_off: bool = False
    """Nor does the collector hear of them."""


class Vantage:
    """Remembers since when which probe fails."""

    def __init__(self, graph: Graph, candidates: Candidates) -> None:
        self._candidates = candidates
        self._is_vantage = vantages(graph)
        probes = len(candidates.probes)
        self._answered = np.zeros(probes, np.bool_)
        self._failing_since = np.full(probes, np.nan)
        self._blind_since = np.nan
        self._saw_wrong = -np.inf
        self._pairs = _behind(candidates)
        self._fresh = True

    def look(self, evidence: Evidence, silence: Silence, now: float) -> View:
        """Take what is newest."""
        self._follow(evidence)
        deaf = self._deaf(silence.spoke)
        fails = self._all_fail(evidence, deaf, now)
        mute = bool((silence.silent & self._is_vantage).any())
        if fails:
            self._saw_wrong = now
        if not (fails or mute):
            self._blind_since = np.nan
        elif np.isnan(self._blind_since):
            self._blind_since = self._began(evidence, silence, now)
        ignored = np.zeros(evidence.graph.checks, np.bool_)
        wrong = fails or now - self._saw_wrong < MEMORY_S
        ignored[self._candidates.probes if wrong else self._candidates.probes[deaf]] = True
        return self._judged(ignored, silence) if fails or mute else View(ignored)

    def _follow(self, evidence: Evidence) -> None:
        probes = self._candidates.probes
        if self._fresh:
            window = evidence.window(240.0)
            self._answered = (window.tried > window.failed)[probes]
            self._fresh = False
        at, failed = evidence.last_at[probes], evidence.last_failed[probes] & ~np.isnan(evidence.last_at[probes])
        self._answered |= ~np.isnan(at) & ~failed
        begins = failed & np.isnan(self._failing_since)
        self._failing_since = np.where(begins, at, np.where(failed, self._failing_since, np.nan))

    def _deaf(self, spoke: Floats) -> Flags:
        """By probe."""
        place, agent = self._pairs
        since, count = self._failing_since[place], len(self._answered)
        with np.errstate(invalid="ignore"):
            known = np.bincount(place, spoke[agent] >= since - RECENT_S, count)
            later = np.bincount(place, spoke[agent] > since + BEHIND_S, count)
        return ~self._answered | ((later > 0) & (2 * later >= known))

    def _all_fail(self, evidence: Evidence, deaf: Flags, now: float) -> bool:
        chosen = self._candidates
        if chosen.own_gateway != NOBODY and self._answers(evidence, chosen.own_gateway, now):
            return False
        usable = ~deaf & (now - np.nan_to_num(evidence.last_at[chosen.probes], nan=-np.inf) <= FRESH_S)
        failed = evidence.last_failed[chosen.probes] & usable
        core = chosen.probes == chosen.core
        seen = failed[core].any() or (not usable[core].any() and usable.sum() >= LEAST_PROBES)
        return bool(seen and failed.sum() >= SHARE_BLIND * usable.sum())

    def _answers(self, evidence: Evidence, check: int, now: float) -> bool:
        return bool(now - evidence.last_at[check] <= FRESH_S and not evidence.last_failed[check])

    def _began(self, evidence: Evidence, silence: Silence, now: float) -> float:
        began = np.nanmin(self._failing_since) if not np.isnan(self._failing_since).all() else now
        spoke = silence.spoke[self._is_vantage & silence.silent]
        return float(max(now - 2 * REPORT_S, min([began, now, *(spoke + LATER_S)])))

    def _judged(self, ignored: Flags, silence: Silence) -> View:
        machines = ~self._is_vantage & ~np.isnan(silence.spoke)
        with np.errstate(invalid="ignore"):
            alive = machines & (silence.spoke > self._blind_since + LATER_S)
            gone = machines & silence.silent & (silence.spoke >= self._blind_since - EARLIER_S) & ~alive
        known = int(alive.sum() + gone.sum())
        recent = int((machines & (silence.spoke >= self._blind_since - EARLIER_S)).sum())
        if 2 * known < recent:
            return View(ignored, undecided=True)
        return View(ignored, cut_off=gone.sum() > CUT_OFF * known)


def _behind(candidates: Candidates) -> tuple[np.typing.NDArray[np.intp], np.typing.NDArray[np.int32]]:
    """Pairs of a probe's place and a machine whose reports cross what it looks at."""
    places = np.full(int(max(candidates.cell_part.max(initial=0), candidates.targets.max(initial=0))) + 1, NOBODY)
    places[candidates.targets] = np.arange(len(candidates.targets))
    place = places[candidates.way_part]
    return place[place != NOBODY], candidates.way_agent[place != NOBODY]
