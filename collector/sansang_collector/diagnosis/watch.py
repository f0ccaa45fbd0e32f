"""One look for one kind of degradation: what is held is fitted anew or found to be over, then what is new is searched.

What was found explains its own evidence before the next one is looked for, in this look only; from then on what is held
does.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sansang_agent.contract.rung import Component

from . import breadth
from .beliefs import Beliefs
from .clumps import Clumps
from .columns import Columns
from .degradation import Finding, find, threshold
from .episodes import Episode
from .evidence import BLOCK_S, Evidence
from .gauge import LOSSES, Gauge, Rows, effect, gain
from .graph import KINDS, Floats, Ints
from .refit import Fit, fit
from .spreads import Spreads
from .trail import Trail

NOTES = (KINDS.index(Component.PC), KINDS.index(Component.COLLECTOR))
"""A single machine that loses some, or the way to ourselves, is worth a note: never a verdict."""
USUAL_UNLEARNED = 0.05
"""What a line may always lose, as long as nobody knows what it usually does."""
MOST_FOUND = 6
FITTED = 20
"""Blocks that a share is fitted to at most."""
OVER_BLOCKS, OVER = 4, -8.0
"""A degraded part is well after so many blocks that say so with so many nats."""
LEAST_SHARE = 0.03
SAME_CHECKS = 0.5
"""Two parts that share this much of their checks, of the one that has fewer, are one trouble."""
LISTENED_BLOCKS = 30
"""Before so much was listened to (a quarter of an hour) nobody knows what a line does in bursts all day long: whatever
a few minutes hold may be its manner, and is only suspected."""
MOST_SPREAD = 6.0
"""A bursty loss is over when it was well for so much longer at most."""


class Found(NamedTuple):
    """One degraded part."""

    finding: Finding
    fit: Fit
    begins: float
    goes_on: bool
    """Whether its newest blocks speak for it too: what came and went is no news."""
    instead_of: tuple[int, ...] = ()
    """Held parts (numbers)."""


class Renewed(NamedTuple):
    """What became of a held one: its fit of now, or that it is over."""

    episode: Episode
    fit: Fit | None
    score: float
    over: bool


class Watch:
    """Remembers blocks and how they spread."""

    def __init__(self, columns: Columns, gauge: Gauge) -> None:
        self.gauge = gauge
        self.trail = Trail(columns, gauge)
        self._columns = columns
        self._clumps = Clumps(columns)
        self._spreads = Spreads(len(columns))
        self._spread: Floats = np.ones(len(columns))
        self._learned = 0
        self._wanted = threshold(len(columns.graph.communes))
        self._has_listened = False

    def follow(self, evidence: Evidence, beliefs: Beliefs, episodes: Sequence[Episode]) -> None:
        """Take in what is new."""
        baseline = beliefs.baseline
        if not beliefs.learned:
            baseline = np.where(evidence.is_echo, np.maximum(baseline, USUAL_UNLEARNED), baseline)
        self.trail.follow(evidence, baseline, episodes)
        numbers = evidence.block_numbers()
        self._has_listened = any(self.trail.has_any(number) for number in numbers[:-LISTENED_BLOCKS])
        if numbers[-1] != self._learned:
            self._learn(evidence, baseline)
            self._learned = numbers[-1]

    def _learn(self, evidence: Evidence, usual: Floats) -> None:
        common = np.ones(len(self._columns))
        if self.gauge is LOSSES:
            self._clumps.learn(self.trail, evidence, usual)
            common = self._clumps.factors
        self._spreads.learn(self.trail, evidence.block_numbers(), common)
        self._spread = self._spreads.factors(common)

    def renew(self, evidence: Evidence, episode: Episode, opened_at: float) -> Renewed:
        """How a held part is now; ``opened_at``: no older block can say that it is over."""
        numbers = evidence.block_numbers()
        since = max(_number(episode.begins), numbers[-1] - FITTED + 1)
        blocks = self._blocks(evidence, episode.part, range(since, numbers[-1] + 1))
        direct = self._is_direct(episode.part)
        whole = fit(blocks, direct=direct)
        spread = min(MOST_SPREAD, whole.spread) if whole else 1.0
        shares = [episode.share] + [half for half in (episode.share / 2,) if half >= LEAST_SHARE]
        llrs = np.array([[_gain(one, share, direct) for one in blocks] for share in shares])
        after = len([number for number in range(since, numbers[-1] + 1) if number * BLOCK_S >= opened_at])
        sums = np.cumsum(llrs[:, ::-1], axis=1).max(axis=0)[:after]
        over = bool((sums[OVER_BLOCKS:] <= OVER * spread).any())
        goes_on = float(llrs[:, -OVER_BLOCKS:].sum(axis=1).max()) > 0
        return Renewed(episode, whole if goes_on else None, float(llrs[0].sum()), over)

    def search(self, evidence: Evidence, beliefs: Beliefs, episodes: Sequence[Episode]) -> list[Found]:
        """All changes that nothing explains yet, the clearest first; scores tell the sure ones."""
        known, found = list(episodes), list[Found]()
        allowed = np.ones(len(self._columns), np.bool_)
        for _turn in range(MOST_FOUND):
            finding = find(self.trail, evidence.block_numbers(), self._spread, self._wanted, allowed)
            if finding is None:
                break
            allowed[finding.candidate] = False
            one = self._settle(evidence, beliefs, known, found, finding)
            if one is None:
                continue
            found.append(one)
            allowed[one.finding.candidate] = False
            known = [each for each in known if each.part not in one.instead_of] + [self.episode(one)]
            self.follow(evidence, beliefs, known)
        return found

    def is_sure(self, found: Found) -> bool:
        """Whether a part is degraded that is worth telling, not only may be."""
        kind = self._columns.graph.kinds[self._columns.parts[found.finding.candidate]]
        enough = found.finding.score >= self._wanted and found.goes_on
        return enough and kind not in NOTES and self._has_listened

    def seen(self, evidence: Evidence, part: int, begins: float) -> Rows:
        """What was found across a part since then, one row per check and block."""
        numbers = evidence.block_numbers()
        blocks = self._blocks(evidence, part, range(max(numbers[0], _number(begins)), numbers[-1] + 1))
        return Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))

    def _settle(
        self, evidence: Evidence, beliefs: Beliefs, known: list[Episode], found: list[Found], finding: Finding
    ) -> Found | None:
        """What a finding comes to: something new, a held one seen better, or nothing, where it is told already."""
        part = int(self._columns.parts[finding.candidate])
        sure = [int(self._columns.parts[one.finding.candidate]) for one in found if self.is_sure(one)]
        if any(self._shares(evidence, part, other) for other in sure):
            return None
        mine = [self.episode(one) for one in found]
        held = [one for one in known if one.on and one.level is self.gauge.level and one not in mine]
        same = [one for one in held if self._shares(evidence, part, one.part)]
        if not same:
            return self._fitted(evidence, finding)
        self.follow(evidence, beliefs, [one for one in known if one not in same])
        every = np.ones(len(self._columns), np.bool_)
        better = find(self.trail, evidence.block_numbers(), self._spread, self._wanted, every)
        is_new = better is not None and int(self._columns.parts[better.candidate]) not in [one.part for one in same]
        settled = self._fitted(evidence, better) if better is not None and is_new else None
        if settled is None or not self.is_sure(settled):
            self.follow(evidence, beliefs, known)
            return None
        return settled._replace(
            instead_of=tuple(one.part for one in same), begins=min(settled.begins, *(one.begins for one in same))
        )

    def _fitted(self, evidence: Evidence, finding: Finding) -> Found | None:
        part = int(self._columns.parts[finding.candidate])
        newest = evidence.block_numbers()[-1]
        blocks = self._blocks(evidence, part, range(newest - min(finding.blocks, FITTED) + 1, newest + 1))
        direct = self._is_direct(part)
        fitted = fit(blocks, direct=direct)
        if fitted is None or not self._is_of_everybody(finding, blocks, direct):
            return None
        goes_on = sum(_gain(one, max(LEAST_SHARE, fitted.best), direct) for one in blocks[-OVER_BLOCKS:]) > 0
        return Found(finding, fitted, (newest - finding.blocks + 1) * BLOCK_S, goes_on)

    def _is_of_everybody(self, finding: Finding, blocks: Sequence[Rows], direct: bool) -> bool:
        """Whether enough speaks for a shared part without the machines that are out of order themselves."""
        graph = self._columns.graph
        if graph.kinds[self._columns.parts[finding.candidate]] in NOTES or finding.score < self._wanted:
            return True
        found = Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))
        machines = graph.check_agent[found.checks]
        return finding.score * breadth.of_everybody(found, machines, direct=direct) >= self._wanted

    def episode(self, found: Found) -> Episode:
        """What a finding explains from its onset on."""
        part = int(self._columns.parts[found.finding.candidate])
        return Episode((part,), self.gauge.level, found.fit.best, found.begins, np.inf, found.fit.in_bursts)

    def _blocks(self, evidence: Evidence, part: int, numbers: range) -> list[Rows]:
        across = self._columns.across(part)
        return [self.trail.rows(evidence, number, across, without=part) for number in numbers]

    def _is_direct(self, part: int) -> bool:
        return bool(self._columns.direct[self._columns.numbers[part]])

    def _shares(self, evidence: Evidence, part: int, other: int) -> bool:
        """Whether two parts have half of their checks that were ever made in common."""
        one, two = (self._made(evidence, which) for which in (part, other))
        least = min(len(one), len(two))
        return least > 0 and len(np.intersect1d(one, two, assume_unique=True)) >= SAME_CHECKS * least

    def _made(self, evidence: Evidence, part: int) -> Ints:
        across = self._columns.across(part)
        made: Ints = across[np.isfinite(evidence.last_at[across])]
        return made


def _gain(found: Rows, share: float, direct: bool) -> float:
    return float(gain(found, effect(found, share, direct=direct)).sum())


def _number(at: float) -> int:
    return int(at // BLOCK_S)
