"""Which parts explain together what was seen: the best one first, then what is left without it, and so on. Pure.

Every candidate is scored for every moment of the last three minutes at which it may have broken.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from . import likelihood, silence
from .candidates import Candidates, Flags
from .evidence import SLOT_S, Evidence
from .graph import NOBODY, Floats, Graph, Ints
from .likelihood import WINDOWS, Active, Sums
from .silence import Silence

AGES = range(1, WINDOWS[-1] + 1)
"""How many slots ago a part may have broken."""
WINDOW_OF = np.searchsorted(WINDOWS, AGES, side="right") - 1
"""By age: the longest window that does not reach before it."""
CAP = -6.0
"""What one commune, or one probe, may say at most against what others depend on too: its parent may be wrong,
and what one machine repeats without end is still one machine's word."""
REFUTED = -8.0
"""What happened since speaks so clearly against a part that it is well again."""
ANSWERS = 1.5
"""A probe that answered as often since the moment, in results' worth, rules the part out."""
AGREE = 2
"""So many machines have to find that something beyond the core fails."""
SAME = 3.0
"""Nats that two causes may differ by and still not be told apart."""
LATER, LEAST_LATER = 2, 6.0
"""Slots after the best moment that are looked at for that, as long as the best still says so much."""


class Scene(NamedTuple):
    """All that one look is about."""

    graph: Graph
    candidates: Candidates
    evidence: Evidence
    chosen: Active
    seen: Sums
    silence: Silence
    eligible: Flags
    """By part."""
    homes: Ints
    """By check of the graph: the commune it is about."""


class Pick(NamedTuple):
    """A part that explains more than any other, and what it explains."""

    part: int
    score: float
    age: int
    """Slots since it broke."""
    agents: Ints
    """Silent ones, by number."""
    failing: Ints
    """Active checks, by place, that failed across it."""
    rivals: tuple[tuple[int, float], ...]
    """Parts that explain the same nearly as well, with their scores, the best first: itself."""


class Search:
    """Goes from what is known to be broken to what else must be."""

    def __init__(self, scene: Scene, expected: Floats, explained: Flags) -> None:
        """``expected``: how often active checks fail with all that is known; ``explained``: by agent."""
        self._scene = scene
        self._expected, self._explained = expected, explained
        self._eligible = scene.eligible.copy()
        self._onsets = [onset(scene.evidence, age) for age in AGES]
        self._parts, self._starts = np.unique(scene.candidates.cell_part, return_index=True)
        way = scene.candidates.way_cell
        self._way_begins = np.flatnonzero(np.diff(way, prepend=-1))
        self._scores = np.zeros((len(AGES), 0))
        self._cells = np.zeros((len(AGES), 0))
        self._vetoed = _vetoed(scene)

    def picks(self, least: float, most: int) -> Iterable[Pick]:
        """The best explanation, then the best of what that leaves, while they score ``least`` or more."""
        self._score()
        while most and self._scores.size:
            best = int(self._scores.max(axis=0).argmax())
            if self._scores[:, best].max() < least:
                return
            pick = self._pick(best)
            if pick is None:
                self._eligible[self._parts[best]] = False
                self._scores[:, best] = -np.inf
                continue
            yield pick
            self._take(pick)
            self._score()
            most -= 1

    def _score(self) -> None:
        """By age and candidate (``_parts``), prior included."""
        scene = self._scene
        if not len(self._parts):
            return
        nats = likelihood.ratios(self._expected, scene.seen)
        cells = likelihood.by_cell(nats, scene.chosen, scene.candidates)
        quiet = silence.by_onset(scene.silence, self._explained, self._onsets)
        self._cells = self._spoken(cells[WINDOW_OF], quiet)
        together = np.add.reduceat(self._cells, self._starts, axis=1)
        rows = [length - 1 for length in WINDOWS]
        still = silence.still(scene.silence, self._explained, [self._onsets[row] for row in rows])
        since = np.add.reduceat(self._spoken(cells, still), self._starts, axis=1)
        refuted = _earlier_minimum(since)[WINDOW_OF] <= REFUTED
        scores = np.where(refuted | self._vetoed[:, self._parts], -np.inf, together)
        self._scores = scores + np.where(self._eligible, scene.graph.log_rates, -np.inf)[self._parts]

    def _spoken(self, cells: Floats, agents: Floats) -> Floats:
        """By row: all cells with their machines' silence, a commune's word on what it shares with others capped."""
        chosen = self._scene.candidates
        whole = cells.copy()
        if len(self._way_begins):
            quiet = np.add.reduceat(agents.take(chosen.way_agent, axis=1), self._way_begins, axis=1)
            whole[:, chosen.way_cell[self._way_begins]] += quiet
        whole[:, chosen.capped] = np.maximum(whole[:, chosen.capped], CAP)
        return whole

    def _pick(self, best: int) -> Pick | None:
        """None where a single machine says so of what lies beyond the core, or a single commune against the others; and
        where echoes alone say so of a part that reports go on to come through.
        """
        scene, part, age = self._scene, int(self._parts[best]), int(self._scores[:, best].argmax()) + 1
        agents, failing = self._silenced(part, age), self._failing(part, age)
        alone = self._machines(failing) < AGREE or self._without_the_loudest(best, age) <= REFUTED
        if scene.candidates.far[part] and not len(agents) and alone:
            return None
        if scene.candidates.shared[part] and not len(agents) and self._is_crossed(part, age):
            return None
        rivals = self._rivals(best, age)
        return Pick(rivals[0][0], float(self._scores[:, best].max()), age, agents, failing, rivals)

    def _is_crossed(self, part: int, age: int) -> bool:
        """Whether reports of most of the communes behind it were taken since, and came."""
        chosen, graph, heard = self._scene.candidates, self._scene.graph, self._scene.silence.heard
        behind = chosen.way_agent[chosen.way_part == part]
        behind = behind[~np.isnan(heard[behind])]
        alive = behind[heard[behind] > self._onsets[age - 1] + silence.LATER_S]
        homes, all_homes = (len(np.unique(graph.agent_commune[them])) for them in (alive, behind))
        return 2 * homes > all_homes

    def _rivals(self, best: int, age: int) -> tuple[tuple[int, float], ...]:
        """What explains the same nearly as well at the same moment, or a little later: results that were measured in
        the slot in which it broke, but before, speak against those that more is known of.
        """
        rows = [row for row in range(max(0, age - 1 - LATER), age) if self._scores[row, best] >= LEAST_LATER]
        behind = np.min(self._scores[rows, best][:, None] - self._scores[rows], axis=0)
        score = float(self._scores[age - 1, best])
        part = int(self._parts[best])
        found = [
            (int(self._parts[one]), score - float(behind[one]))
            for one in np.flatnonzero(behind <= SAME)
            if one == best or self._same(int(self._parts[one]), part, age)
        ]
        return tuple(sorted(found, key=lambda one: -one[1]))

    def _same(self, part: int, best: int, age: int) -> bool:
        agents, failing = self._silenced(best, age), self._failing(best, age)
        return np.array_equal(self._silenced(part, age), agents) and np.array_equal(self._failing(part, age), failing)

    def _silenced(self, part: int, age: int) -> Ints:
        """Silent machines on the way of whose reports it lies, and which nothing else explains."""
        chosen, now = self._scene.candidates, self._scene.silence
        below = chosen.way_agent[chosen.way_part == part]
        with np.errstate(invalid="ignore"):
            lately = now.spoke[below] >= self._onsets[age - 1] - silence.EARLIER_S
            before = now.spoke[below] <= self._onsets[age - 1] + silence.LATER_S
        return np.sort(below[now.silent[below] & lately & before & ~self._explained[below]])

    def _failing(self, part: int, age: int) -> Ints:
        """Active checks that failed across it and that nothing else explains; not those told of through it."""
        scene, row = self._scene, WINDOW_OF[age - 1]
        count = len(scene.chosen.checks)
        if not count:
            return np.zeros(0, np.int32)
        places = scene.chosen.source[scene.candidates.cell_part[scene.chosen.cell] == part]
        places = places[places < count]
        failed = 2 * scene.seen.failed[row, places] > scene.seen.tried[row, places]
        return np.sort(places[failed & (self._expected[places] <= likelihood.EXPLAINED)])

    def _without_the_loudest(self, best: int, age: int) -> float:
        """What all communes but the one that says most for it say."""
        ends = self._starts[best + 1] if best + 1 < len(self._starts) else self._cells.shape[1]
        said = self._cells[age - 1, self._starts[best] : ends]
        return float(said.sum() - said.max())

    def _machines(self, failing: Ints) -> int:
        return len(np.unique(self._scene.graph.check_agent[self._scene.chosen.checks[failing]]))

    def _take(self, pick: Pick) -> None:
        """From now on it explains what it explains."""
        scene = self._scene
        self._eligible[pick.part] = False
        self._expected = with_down(scene, self._expected, pick.part)
        self._explained = self._explained | below(scene.candidates, pick.part, len(self._explained))


def onset(evidence: Evidence, age: int) -> float:
    """When the slot of this age began."""
    return evidence.slot_began - (age - 1) * SLOT_S


def with_down(scene: Scene, expected: Floats, part: int, share: float = likelihood.DOWN) -> Floats:
    """What is expected of active checks when one more part is broken."""
    echoes = scene.evidence.is_echo[scene.chosen.checks]
    effect = likelihood.spoils(scene.graph, part, share, echoes)
    return likelihood.expect(expected, likelihood.crossing(scene.chosen, scene.candidates, part), effect)


def below(candidates: Candidates, part: int, agents: int) -> Flags:
    """By agent: its reports cross the part."""
    found = np.zeros(agents, np.bool_)
    found[candidates.way_agent[candidates.way_part == part]] = True
    return found


def _earlier_minimum(since: Floats) -> Floats:
    """By window: the least that any shorter one says."""
    least = np.minimum.accumulate(since, axis=0)
    return np.concatenate([np.full((1, since.shape[1]), np.inf), least[:-1]])


def _vetoed(scene: Scene) -> Flags:
    """By age and part: at least half of the probes that look at a shared part answered since."""
    chosen, parts = scene.candidates, len(scene.graph.parts)
    place = np.full(scene.graph.checks, NOBODY)
    place[scene.chosen.checks] = np.arange(len(scene.chosen.checks))
    at = place[chosen.probes[chosen.direct_probe]]
    seen, part = scene.seen, chosen.direct_part[at != NOBODY]
    at = at[at != NOBODY]
    usable = seen.results[-1, at] > 0
    at, part = at[usable], part[usable]
    of = np.bincount(part, minlength=parts)
    tried = np.maximum(seen.tried[:, at], 1.0)
    answers = (tried - seen.failed[:, at]) / tried * seen.results[:, at] >= ANSWERS
    yes = [np.bincount(part, row, parts) for row in answers]
    return np.stack([(of > 0) & (2 * row >= of) for row in yes])[WINDOW_OF]
