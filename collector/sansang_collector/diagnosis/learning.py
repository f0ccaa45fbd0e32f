"""Learns what is usual: how often machines are late, restart or go without a word, how checks fail and take. Pure.

What is learned lies ten minutes back, so that an incident found meanwhile is left out; it fades over some weeks.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_collector.expected import Usual, slot_of
from sansang_collector.habit_slots import SLOTS
from sansang_collector.inventory.calendars import day_and_minute

from .evidence import AHEAD_S, BLOCK_S, BLOCKS, REPORT_S, Block, Evidence
from .graph import NOBODY, VANTAGE_KEY, Graph
from .manner import CheckManner, Evenings, Manner
from .sighting import Sighting
from .terminals import Sites
from .troubles import Flags, Trouble, crossing, is_shared

GRACE_S = 5.0
"""A report that arrives later than this after it was taken is late."""
SETTLED_S = 600.0
RESTART_S = 6 * REPORT_S + 30.0
"""A machine that is back within this time has restarted; one that stays away longer has gone off."""
DAY_FADES, WEEKS_FADE = 6 / 7, 19 / 20
"""What is left of figures and of leavings with every further day on which the machine was heard."""
SAMPLES = 40
"""So many times are looked at before it is said what is usual: a tenth more than all of them but one."""
MOST_UP = 0.01
"""How much more (ln) half a minute may make of what is usual: it shows ten minutes later what that did."""

Figures = NDArray[np.float32]


class _Gap(NamedTuple):
    agent: int
    begins: float
    ends: float


class Learned:
    """By check, agent and commune of ``graph``."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        checks, agents = graph.checks, len(graph.agents)
        self.failed, self.tried, self.timed = (np.zeros(checks, np.float32) for _ in range(3))
        self.usual_ms = np.full(checks, np.inf)
        """By check: 99 of 100 answers are faster; infinite while that is not known. For Evidence.usual_ms."""
        self.days, self.last_day = np.zeros(agents, np.int32), np.zeros(agents, np.int32)
        self.reports, self.late, self.restarts = (np.zeros(agents, np.float32) for _ in range(3))
        self.leaves = np.zeros((agents, SLOTS), np.float16)
        """By agent and quarter of an hour of the week: how often it went off without a goodbye."""
        self.evenings: dict[str, Evenings] = {}
        """By commune."""
        self.heard: set[int] = set()
        """Ids of agents of whom something may have been learned since somebody last emptied this."""
        self.sites = Sites(graph)
        self.spoke, self.bye = np.full(agents, np.nan), np.zeros(agents, np.bool_)
        """By agent: when it took its last report, and whether that said goodbye."""
        self.gaps: list[_Gap] = []
        """Silences too young to be learned of."""
        self._samples: dict[int, list[float]] = {}
        self._unsampled = np.ones(agents, np.bool_)
        self.upto = -math.inf
        """Up to when checks were learned of."""
        self._spared = frozenset[str](), np.zeros(checks, np.bool_)
        """What was last left out: parts, and by check whether it crosses one; mostly the same as a moment before."""

    def take(self, one: Sighting) -> None:
        """Take one report, beside Evidence.apply; what is no news teaches nothing."""
        agent = self.graph.agent_numbers.get(one.agent, NOBODY)
        if agent == NOBODY or not one.live or one.at is None or one.at <= self.spoke[agent]:
            return
        if one.at > one.received + AHEAD_S:
            return
        self._begin_day(agent, one.at)
        self.heard.add(one.agent)
        self.reports[agent] += 1
        self.late[agent] += one.received - one.at > GRACE_S
        if one.at - self.spoke[agent] > 2 * REPORT_S + GRACE_S and not self.bye[agent]:
            self.gaps.append(_Gap(agent, float(self.spoke[agent]), one.at))
        self.spoke[agent], self.bye[agent] = one.at, one.goodbye is not None
        if self._unsampled[agent]:
            self._sample(agent, one)

    def fold(self, evidence: Evidence, usual: Usual, troubles: Sequence[Trouble]) -> None:
        """Learn of what lies far enough back, every 30 s or so; cheap where there is nothing."""
        now = evidence.now
        self._learn_blocks(evidence, troubles)
        settled = [one for one in self.gaps if one.ends <= now - SETTLED_S]
        self.gaps = [one for one in self.gaps if one.ends > now - SETTLED_S]
        for gap in settled:
            if not self._is_excused(gap, usual, troubles):
                self._learn_gap(gap)
        shared = [one for one in troubles if one.touches(now, now) and is_shared(self.graph, one)]
        spared = frozenset().union(*(one.communes for one in shared))
        self.sites.watch(evidence, usual, self.evenings, spared)

    def restore(self, manners: Mapping[int, Manner], evenings: Mapping[str, Evenings]) -> None:
        """Take over what was kept, by agents' ids and communes; what is of nobody here is left out."""
        self.evenings.update({code: one for code, one in evenings.items() if code in self.graph.names})
        for id_, one in manners.items():
            agent = self.graph.agent_numbers.get(id_, NOBODY)
            if agent != NOBODY:
                self._put(agent, one)

    def go_on_from(self, before: "Learned") -> None:
        """Take over what lies open of another graph: up to when was learned, who spoke last, what is dark."""
        moved = {
            before.graph.agent_numbers[id_]: number
            for id_, number in self.graph.agent_numbers.items()
            if id_ in before.graph.agent_numbers
        }
        old, new = list(moved), list(moved.values())
        self.spoke[new], self.bye[new] = before.spoke[old], before.bye[old]
        self.gaps = [one._replace(agent=moved[one.agent]) for one in before.gaps if one.agent in moved]
        self.upto = before.upto
        self.sites.darkness = before.sites.darkness

    def was_deaf(self, until: float) -> None:
        """Nobody could be heard: that machines were silent and echoes lost up to ``until`` teaches nothing."""
        self.spoke.fill(np.nan)
        self.bye.fill(False)
        self.gaps.clear()
        self.upto = max(self.upto, until)

    def manner(self, id_: int) -> Manner:
        """What was learned of the machine with this id in the ledger, for its row."""
        agent = self.graph.agent_numbers[id_]
        slots = np.nonzero(self.leaves[agent] >= 0.05)[0]
        return Manner(
            days=int(self.days[agent]),
            last_day=int(self.last_day[agent]),
            reports=round(float(self.reports[agent])),
            late=_tenths(self.late[agent]),
            restarts=_tenths(self.restarts[agent]),
            leaves={int(slot): _tenths(self.leaves[agent, slot]) for slot in slots},
            checks={name: found for name, number in self._checks(agent) if (found := self._check(number)).tried},
        )

    def _begin_day(self, agent: int, at: float) -> None:
        day = day_and_minute(at)[0]
        if day <= self.last_day[agent]:
            return
        self.last_day[agent] = day
        self.days[agent] += 1
        for figures in (self.reports, self.late, self.restarts):
            figures[agent] *= DAY_FADES
        self.leaves[agent] *= np.float16(WEEKS_FADE)
        first, last = self._span(agent)
        for figures in (self.failed, self.tried, self.timed):
            figures[first:last] *= DAY_FADES

    def _sample(self, agent: int, one: Sighting) -> None:
        """Keep the first times of each check; they are where learning what is usual begins."""
        for seen in one.results:
            check = self.graph.check(agent, seen.check)
            if check == NOBODY or seen.ms is None or not seen.live or np.isfinite(self.usual_ms[check]):
                continue
            samples = self._samples.setdefault(check, [])
            samples.append(seen.ms)
            if len(samples) >= SAMPLES:
                self.usual_ms[check] = 1.1 * sorted(self._samples.pop(check))[-2]
        if self.reports[agent] > 10 * SAMPLES:  # by now all that it asks often has been seen often enough
            first, last = self._span(agent)
            self._unsampled[agent] = any(first <= check < last for check in self._samples)

    def _learn_blocks(self, evidence: Evidence, troubles: Sequence[Trouble]) -> None:
        oldest = (math.floor(evidence.now / BLOCK_S) - BLOCKS + 1) * BLOCK_S
        at = max(self.upto, oldest, math.ceil(evidence.since / BLOCK_S) * BLOCK_S)
        while at + BLOCK_S <= evidence.now - SETTLED_S:
            around = [one for one in troubles if one.touches(at, at + BLOCK_S)]
            parts = frozenset(part for one in around for part in one.parts)
            if parts != self._spared[0]:
                self._spared = parts, crossing(self.graph, parts)
            self._learn_block(evidence.half_minute(math.floor(at / BLOCK_S)), self._with_dark(at, at + BLOCK_S))
            at += BLOCK_S
        self.upto = at

    def _with_dark(self, begins: float, ends: float) -> Flags:
        """What is spared, and terminals of sites that are dark: every night where people throw the breaker."""
        dark = self.sites.dark_checks(begins, ends)
        if not dark:
            return self._spared[1]
        spared = self._spared[1].copy()
        spared[np.concatenate(dark)] = True
        return spared

    def _learn_block(self, block: Block, spared: Flags) -> None:
        counts = np.where(spared, 0, block.tried) > 0
        self.failed[counts] += block.failed[counts]
        self.tried[counts] += block.tried[counts]
        timed = counts & (block.timed > 0) & np.isfinite(self.usual_ms)
        slow, of = block.slow[timed].astype(np.float64), block.timed[timed].astype(np.float64)
        self.timed[timed] += of
        step = np.maximum(0.002, 1 / (200 + self.timed[timed]))
        self.usual_ms[timed] *= np.exp(np.minimum(step * (slow - 0.01 * of), MOST_UP))

    def _is_excused(self, gap: _Gap, usual: Usual, troubles: Iterable[Trouble]) -> bool:
        """Whether something broken explains it; of one commune alone only while somebody was expected to be there."""
        one = self.graph.agents[gap.agent]
        around = [it for it in troubles if one.commune in it.communes and it.touches(gap.begins, gap.ends)]
        if any(is_shared(self.graph, it) for it in around):
            return True
        due = usual.week(one.commune, one.role).due(gap.begins)
        return bool(around) and due is not None and due.at <= gap.begins

    def _learn_gap(self, gap: _Gap) -> None:
        if gap.ends - gap.begins <= RESTART_S:
            self.restarts[gap.agent] += 1
        else:
            self.leaves[gap.agent, slot_of(gap.begins)] += np.float16(1)

    def _put(self, agent: int, one: Manner) -> None:
        self.days[agent], self.last_day[agent], self.reports[agent] = one.days, one.last_day, one.reports
        self.late[agent], self.restarts[agent] = one.late / 10, one.restarts / 10
        for slot, tenths in one.leaves.items():
            if 0 <= slot < SLOTS:
                self.leaves[agent, slot] = tenths / 10
        for name, number in self._checks(agent):
            found = one.checks.get(name)
            if found is not None:
                self.failed[number], self.tried[number], self.timed[number] = (
                    found.failed / 10,
                    found.tried,
                    found.timed,
                )
                self.usual_ms[number] = found.usual_us / 1000 if found.usual_us else np.inf

    def _check(self, number: int) -> CheckManner:
        usual = float(self.usual_ms[number])
        return CheckManner(
            failed=_tenths(self.failed[number]),
            tried=round(float(self.tried[number])),
            timed=round(float(self.timed[number])),
            usual_us=round(1000 * usual) if math.isfinite(usual) else 0,
        )

    def _checks(self, agent: int) -> list[tuple[str, int]]:
        """Names and numbers of the checks whose manner lies in this machine's row."""
        first, last = self._span(agent)
        names = self.graph.names[self.graph.agents[agent].key.partition("/")[0]]
        return [(name, first + place) for name, place in names.items() if first + place < last]

    def _span(self, agent: int) -> tuple[int, int]:
        """The vantage's checks are any vantage's, and kept with the first of them."""
        one = self.graph.agents[agent]
        first = self.graph.first[one.key]
        if one.key == VANTAGE_KEY:
            is_first = all(other.key != VANTAGE_KEY for other in self.graph.agents[:agent])
            return first, first + (len(self.graph.names[VANTAGE_KEY]) if is_first else 0)
        return first, first + len(self.graph.names[one.commune])


def _tenths(figure: np.floating) -> int:
    return round(10 * float(figure))
