"""Whether the vantage's echoes may be believed: each probe for itself, and all of them together.

A probe that never answered, or that stopped while those behind it go on reporting, is deaf and proves nothing; where
all fail at once it is the collector's own way that is cut, unless its own gateway answers: then it is the core.
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
SURELY = 2
"""Reports that a vantage has to miss before it is not merely late."""
MEMORY_S = 180.0
"""So long what was seen while it was blind stays in the windows."""
MOST_SHARE = 0.5
"""Where more than this of all probes lose echoes, and not all of them, it is the vantage that loses them."""
LATELY, BEFORE, LONG_BEFORE = 4, 6, 12
"""Slots: the newest of them, and those between the other two, have to show it: what breaks or mends does so once."""
LOSES, ANSWERS = 0.15, 0.1
"""A probe of which so much is lost and so much comes back is neither broken nor well."""


class View(NamedTuple):
    """What the vantage is good for at one moment."""

    ignored: Flags
    """By check: an echo that proves nothing."""
    answering: Flags
    """By part that communes share: by the newest word most of what looks at it answers."""
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
        deaf = self._deaf(silence.heard)
        fails, all_fail = self._fails(evidence, deaf, now)
        mute = bool((silence.silent & self._is_vantage).any())
        surely = fails or bool((silence.missed[self._is_vantage & silence.silent] >= SURELY).any())
        if all_fail or self._is_unsteady(evidence):
            self._saw_wrong = now
        if not (fails or mute):
            self._blind_since = np.nan
        elif np.isnan(self._blind_since):
            self._blind_since = self._began(silence, now)
        ignored = np.zeros(evidence.graph.checks, np.bool_)
        wrong = now - self._saw_wrong < MEMORY_S
        ignored[self._candidates.probes if wrong else self._candidates.probes[deaf]] = True
        view = View(ignored, self._answering(evidence, ignored, now))
        return self._judged(view, silence, surely=surely) if fails or mute else view

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

    def _is_unsteady(self, evidence: Evidence) -> bool:
        """Whether most probes lose some and get some back all the time: whoever asks does, not all those parts."""
        chosen = self._candidates
        failed, tried, _ = evidence.newest((LATELY, BEFORE, LONG_BEFORE), chosen.probes.astype(np.intp))
        usable, unsteady = tried[0] > 0, np.ones(len(chosen.probes), np.bool_)
        for lost, sent in ((failed[0], tried[0]), (failed[2] - failed[1], tried[2] - tried[1])):
            unsteady &= (lost >= LOSES * sent) & (sent - lost >= ANSWERS * sent) & (sent > 0)
        return bool(usable.sum() >= LEAST_PROBES and unsteady.sum() > MOST_SHARE * usable.sum())

    def _fails(self, evidence: Evidence, deaf: Flags, now: float) -> tuple[bool, bool]:
        """Whether the core, or all where no core is known, does not answer; and whether all is silent with it."""
        chosen = self._candidates
        if self._gateway_answers(evidence, now):
            return False, False
        usable = ~deaf & (now - np.nan_to_num(evidence.last_at[chosen.probes], nan=-np.inf) <= FRESH_S)
        failed = evidence.last_failed[chosen.probes] & usable
        core = chosen.probes == chosen.core
        nearly_all = bool(failed.any() and failed.sum() >= SHARE_BLIND * usable.sum())
        if usable[core].any():
            return bool(failed[core].any()), bool(failed[core].any()) and nearly_all
        return (nearly_all and usable.sum() >= LEAST_PROBES,) * 2

    def _gateway_answers(self, evidence: Evidence, now: float) -> bool:
        """Also after the first of what fails now began to."""
        check = self._candidates.own_gateway
        if check == NOBODY or evidence.last_failed[check]:
            return False
        core = self._failing_since[self._candidates.probes == self._candidates.core]
        since = np.nan_to_num(core if len(core) else self._failing_since, nan=-np.inf).max(initial=-np.inf)
        return bool(evidence.last_at[check] >= max(now - FRESH_S, since))

    def _began(self, silence: Silence, now: float) -> float:
        began = np.nanmin(self._failing_since) if not np.isnan(self._failing_since).all() else now
        spoke = silence.heard[self._is_vantage & silence.silent]
        return float(max(now - 2 * REPORT_S, min([began, now, *(spoke + LATER_S)])))

    def _answering(self, evidence: Evidence, ignored: Flags, now: float) -> Flags:
        chosen, parts = self._candidates, len(evidence.graph.parts)
        check = chosen.probes[chosen.direct_probe]
        with np.errstate(invalid="ignore"):
            fresh = (evidence.last_at[check] >= now - FRESH_S) & ~ignored[check]
        well = fresh & ~evidence.last_failed[check]
        return 2 * np.bincount(chosen.direct_part[well], minlength=parts) > np.bincount(
            chosen.direct_part[fresh], minlength=parts
        )

    def _judged(self, view: View, silence: Silence, *, surely: bool) -> View:
        machines = ~self._is_vantage & ~np.isnan(silence.heard)
        with np.errstate(invalid="ignore"):
            alive = machines & (silence.heard > self._blind_since + LATER_S)
            gone = machines & silence.silent & (silence.heard >= self._blind_since - EARLIER_S) & ~alive
        known = int(alive.sum() + gone.sum())
        recent = int((machines & (silence.heard >= self._blind_since - EARLIER_S)).sum())
        cut_off = bool(gone.sum() > CUT_OFF * known)
        if 2 * known < recent or (cut_off and not surely):
            return view._replace(undecided=True)
        return view._replace(cut_off=cut_off)


def _behind(candidates: Candidates) -> tuple[np.typing.NDArray[np.intp], np.typing.NDArray[np.int32]]:
    """Pairs of a probe's place and a machine whose reports cross what it looks at."""
    places = np.full(int(max(candidates.cell_part.max(initial=0), candidates.targets.max(initial=0))) + 1, NOBODY)
    places[candidates.targets] = np.arange(len(candidates.targets))
    place = places[candidates.way_part]
    return place[place != NOBODY], candidates.way_agent[place != NOBODY]
