"""A province's traffic as arrays: what its checks find in steps of five seconds, put straight into the evidence.

Periods are those that are really assigned; losses are drawn per commune and part, also in bursts. No wall time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.check import DnsCheck, IcmpCheck
from sansang_agent.contract.rung import Component
from sansang_collector import topology
from sansang_collector.diagnosis.columns import DIRECT
from sansang_collector.diagnosis.evidence import BLOCK_S, BLOCKS, SLOT_S, SLOTS, Evidence
from sansang_collector.diagnosis.graph import KINDS, NOBODY, AgentAt, Graph, build
from sansang_collector.profiles.compiler import Plan
from sansang_collector.profiles.templates import templates
from sansang_collector.simulation.provinces import Made

STEP_S = SLOT_S
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Loss = Callable[[float], float]
"""The share a part loses at a moment."""


class Asked(NamedTuple):
    """Checks that are made again and again: arrays of one order."""

    checks: Ints
    period: Ints
    """In steps."""
    phase: Ints
    tries: Ints
    """Echoes; 1 for a question."""


def graph_of(made: Made) -> Graph:
    """The graph of a made-up province."""
    return build(topology.build(made.inventory), [AgentAt(*one) for one in made.machines])


def asked_of(made: Made, graph: Graph, seed: int) -> Asked:
    """All checks as they are assigned to this province's machines."""
    dice = np.random.default_rng(seed)
    plan = Plan(made.inventory, templates(), made.machines)
    elected = plan.elect((), {})
    found: list[tuple[int, int, int, int]] = []
    for number, one in enumerate(graph.agents):
        mine = int(dice.integers(3))
        for check in plan.assignment(plan.machines[one.id], elected).profile.checks:
            at = graph.check(number, check.id)
            if at != NOBODY:
                period = max(1, round(check.period / STEP_S))
                often = isinstance(check, IcmpCheck | DnsCheck)
                phase = mine if often else int(dice.integers(period))
                found.append((at, period, phase % period, getattr(check, "count", 1)))
    return Asked(*np.array(found, np.int64).T)


class Traffic:
    """What is found of a province from ``now`` on; ``base``: what communes' lines always lose."""

    def __init__(self, graph: Graph, asked: Asked, seed: int, now: float, base: Floats | None = None) -> None:
        self.graph = graph
        self.asked = asked
        self.dice = np.random.default_rng(seed)
        self.now = now
        self.evidence = Evidence(graph, now)
        self.evidence.is_echo[asked.checks] = asked.tries > 1
        self.base = base_losses(len(graph.communes), self.dice) if base is None else base
        self.bursts_per_step = 0.002 / 3
        self.faults: dict[int, Loss] = {}
        """By part."""
        self.lines: dict[int, Loss] = {}
        """By commune: what its line loses at a moment, in place of ``base``."""
        self.slowed: dict[int, float] = {}
        """By part: the share of answers across it that are slow."""
        self.slow_usually = 0.01
        self.silent = np.zeros(len(graph.agents) + 1, np.bool_)
        """By agent, and never for the vantage (the last one): whose reports do not arrive."""
        self.deaf: Sequence[int] = ()
        """Checks that never find anything."""
        self._burst_until = np.zeros(len(graph.communes))
        self._burst_loss = np.zeros(len(graph.communes))
        self._commune = _communes(graph)[asked.checks]
        self._on_line = _crosses_line(graph)[asked.checks]
        self._across: dict[int, NDArray[np.bool_]] = {}
        self._echo = asked.tries > 1
        self._is_page = _pages(graph)[asked.checks]

    def run(self, until: float) -> None:
        """Go on to ``until``."""
        while self.now < until:
            self.step()

    def step(self) -> None:
        """Five seconds."""
        self._begin_bursts()
        due = np.flatnonzero(int(self.now // STEP_S) % self.asked.period == self.asked.phase)
        due = due[~self.silent[self.graph.check_agent[self.asked.checks[due]]]]
        failing = self._failing(due)
        tries = self.asked.tries[due]
        failed = self.dice.binomial(tries, failing)
        slow = self._slow(due)
        self.now += STEP_S
        put(self.evidence, self.now, self.asked.checks[due], failed, tries, slow)

    def cut(self, part: int) -> None:
        """Break a part: nothing crosses it, and who reports across it falls silent."""
        self.faults[part] = steady(1.0)
        for agent, check in enumerate(self.graph.report_check):
            self.silent[agent] |= check != NOBODY and part in self.graph.path(int(check))

    def mend(self, part: int) -> None:
        """End what :meth:`cut` began; only for one part at a time."""
        del self.faults[part]
        self.silent[:] = False

    def burst(self, commune: int, loss: float, seconds: float) -> None:
        """A commune's line loses much for a moment."""
        self._burst_until[commune] = self.now + seconds
        self._burst_loss[commune] = loss

    def _begin_bursts(self) -> None:
        begins = np.flatnonzero(self.dice.random(len(self._burst_until)) < self.bursts_per_step)
        for commune in begins:
            self.burst(int(commune), self.dice.uniform(0.2, 0.4), self.dice.choice([15.0, 30.0]))

    def _line(self) -> Floats:
        line = self.base.copy()
        for commune, loss in self.lines.items():
            line[commune] = loss(self.now)
        bursting = self._burst_until > self.now
        return np.asarray(1 - (1 - line) * (1 - np.where(bursting, self._burst_loss, 0)))

    def _failing(self, due: Ints) -> Floats:
        line = np.append(self._line(), 0.0)[self._commune[due]] * self._on_line[due]
        good = 1 - np.where(self._echo[due], line, line**3)
        good *= np.where(self._is_page[due], 1 - 0.003, 1.0)
        for part, loss in self.faults.items():
            share = loss(self.now)
            spoilt = np.where(self._echo[due] | self._is_direct(part), share, share**3)
            good *= 1 - np.where(self._crosses(part)[due], spoilt, 0)
        good[np.isin(self.asked.checks[due], self.deaf)] = 0
        return 1 - good

    def _slow(self, due: Ints) -> NDArray[np.bool_]:
        share = np.full(len(due), self.slow_usually)
        for part, slow in self.slowed.items():
            share = 1 - (1 - share) * (1 - np.where(self._crosses(part)[due], slow, 0))
        return np.asarray(self.dice.random(len(due)) < share)

    def _crosses(self, part: int) -> NDArray[np.bool_]:
        if part not in self._across:
            entries = np.flatnonzero(self.graph.members == part)
            checks = np.searchsorted(self.graph.offsets, entries, side="right") - 1
            self._across[part] = np.isin(self.asked.checks, checks)
        return self._across[part]

    def _is_direct(self, part: int) -> bool:
        return self.graph.parts[part].kind in DIRECT


def put(
    evidence: Evidence, at: float, checks: Ints, failed: Ints, tries: Ints, slow: NDArray[np.bool_] | None = None
) -> None:
    """Count results as :meth:`Evidence.apply` would, all at once; each check once."""
    evidence.advance(at)
    block, slot = int((at - 1) // BLOCK_S) % BLOCKS, int((at - 1) // SLOT_S) % SLOTS
    for kind, figures in enumerate((failed, tries)):
        evidence._counts[kind, block, checks] += figures.astype(np.uint16)
        evidence._slots[kind, slot, checks] += figures.astype(np.uint8)
    evidence._small[0, block, checks] += 1
    evidence._slots[2, slot, checks] += 1
    if slow is not None:
        answered = failed < tries
        evidence._small[1, block, checks[slow & answered]] += 1
        evidence._small[2, block, checks[answered]] += 1
    evidence._grown[block] += len(checks)
    evidence.last_at[checks] = at - 1
    evidence.last_failed[checks] = 2 * failed > tries
    agents = np.unique(evidence.graph.check_agent[checks])
    evidence.heard[agents[agents != NOBODY]] = at
    evidence.spoke[agents[agents != NOBODY]] = at


def base_losses(communes: int, dice: np.random.Generator) -> Floats:
    """Under 1 % for 70 of 100 lines, to 3 % for 20, to 5 % for 10."""
    kind = dice.choice(3, communes, p=(0.7, 0.2, 0.1))
    low, high = np.array([0.0, 0.01, 0.03])[kind], np.array([0.01, 0.03, 0.05])[kind]
    return np.asarray(dice.uniform(low, high))


def learned(traffic: Traffic) -> Floats:
    """The baseline by check as a week would have taught it."""
    echoes = np.append(traffic.base, 0.0)
    questions = echoes**3
    for commune, loss in traffic.lines.items():
        seen = np.array([loss(traffic.now - 86_400 + STEP_S * step) for step in range(2000)])
        echoes[commune], questions[commune] = seen.mean(), (seen**3).mean()
    crossing = _crosses_line(traffic.graph)
    where = _communes(traffic.graph)
    share = np.where(traffic.evidence.is_echo, echoes[where] * crossing, questions[where] * crossing + 0.003)
    return np.clip(share, 0.006, 0.06)


def bursty(mean: float, bad: float, dwell_s: float, seed: int, begins: float = -np.inf) -> Loss:
    """Gilbert-Elliott: ``bad`` lost in bursts of ``dwell_s`` on average, nothing between, ``mean`` over all."""
    dice = np.random.default_rng(seed)
    share = mean / bad
    leave = min(1.0, STEP_S / dwell_s)
    enter = leave * share / (1 - share)
    states = np.zeros(50_000, np.bool_)
    state = bool(dice.random() < share)
    chances = dice.random(len(states))
    for at in range(len(states)):
        state = bool(chances[at] >= leave) if state else bool(chances[at] < enter)
        states[at] = state
    return lambda now: 0.0 if now < begins else bad * float(states[int(now // STEP_S) % len(states)])


def steady(share: float, begins: float = -np.inf, ends: float = np.inf) -> Loss:
    """The same share all the time."""
    return lambda now: share if begins <= now < ends else 0.0


def part_of(graph: Graph, kind: Component, least_agents: int = 1, most_agents: int = 1_000_000, skip: int = 0) -> int:
    """Some part of a kind with so many machines below it."""
    them = np.flatnonzero(graph.kinds == KINDS.index(kind))
    for place in range(len(them)):
        number = int(them[(skip + place) % len(them)])
        if least_agents <= len(agents_below(graph, number)) <= most_agents:
            return number
    raise LookupError(f"no {kind} has {least_agents} to {most_agents} machines below it")


def agents_below(graph: Graph, part: int) -> Sequence[int]:
    """Machines with a check across it."""
    entries = np.flatnonzero(graph.members == part)
    owners = graph.check_agent[np.searchsorted(graph.offsets, entries, side="right") - 1]
    return [int(one) for one in np.unique(owners) if one != NOBODY]


def _communes(graph: Graph) -> Ints:
    """By check: its commune's number, of the vantage's too; the number behind the last for what has none."""
    found = np.full(graph.checks, len(graph.communes), np.int64)
    owned = graph.check_agent != NOBODY
    found[owned] = graph.agent_commune[graph.check_agent[owned]]
    for check in np.flatnonzero(~owned):
        communes = graph.part_commune[graph.path(int(check))]
        if (communes != NOBODY).any():
            found[check] = communes.max()
    return found


def _crosses_line(graph: Graph) -> NDArray[np.bool_]:
    link = graph.kinds[graph.members] == KINDS.index(Component.ACCESS_LINK)
    return np.asarray(np.add.reduceat(link, graph.offsets[:-1]) > 0)


def _pages(graph: Graph) -> NDArray[np.bool_]:
    page = graph.kinds[graph.members] == KINDS.index(Component.SVC_APP)
    return np.asarray(np.add.reduceat(page, graph.offsets[:-1]) > 0)


def at_rate(losses: Mapping[int, float]) -> dict[int, Loss]:
    """Steady losses by part."""
    return {part: steady(share) for part, share in losses.items()}
