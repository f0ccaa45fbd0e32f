"""Whether the collector hears what it should: nothing is said of others while it may be its own ears. Pure.

After a start, a pause or a cut it listens until everyone who was there has spoken. It is cut off when it hears no
machine at all and the vantage beside it does not get out either, or there is none to ask.
"""

import math
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.assignment import Role
from sansang_collector.topology import GATEWAY

from .evidence import AHEAD_S, REPORT_S, Evidence
from .graph import Graph
from .sighting import Sighting

LISTEN_S = 75.0
"""A machine tries again within a minute after an outage, and reports four times in one."""
LEAST = 3
"""Of fewer machines the silence of all is nothing special."""
TOGETHER_S = 30.0
"""Who spoke no earlier than this before the last one was in contact then."""
ASK_S = 30.0
"""For so long the vantage's word is waited for: its checks take up to 14 s, its report as long again."""
GRACE_S = 5.0
"""A report on its way."""
BY_CHANCE = 1e-4
"""Of so many places one may have its reports so close together that it counts as silent between them."""
FRESH_S = 45.0
KNOWN_S = 3600.0
"""A gateway that has answered within this time would answer."""


class Hearing(StrEnum):
    """How well it hears."""

    WELL = "well"
    LISTENING = "listening"
    """It began to listen a moment ago."""
    DOUBTFUL = "doubtful"
    """Nobody is heard, and why is about to be known."""
    CUT_OFF = "cut_off"


class Ears:
    """Of one collector; ``now`` is Unix seconds everywhere and goes forward."""

    def __init__(self, now: float) -> None:
        self.since = now
        """When it began to listen."""
        self.cut_off_since: float | None = None
        """When it last heard anyone, while it is cut off."""
        self._missed: frozenset[int] = frozenset()
        """Who was there before; empty where nobody is known to have been."""
        self._gateway_ok = self._gateway_bad = self._out = -math.inf

    def listen(self, evidence: Evidence | None, now: float) -> None:
        """Begin anew: what was said meanwhile could not be heard."""
        self._begin(now, _there(evidence) if evidence is not None else frozenset())

    def take(self, sighting: Sighting) -> None:
        """Remember what a vantage says of its own way out; an impossible time says nothing."""
        for one in sighting.results:
            if one.at > sighting.received + AHEAD_S:
                continue
            failed = 2 * one.failed > one.tried
            if one.check == GATEWAY and failed:
                self._gateway_bad = max(self._gateway_bad, one.at)
            elif one.check == GATEWAY:
                self._gateway_ok = max(self._gateway_ok, one.at)
            elif not failed:
                self._out = max(self._out, one.at)

    def judge(self, evidence: Evidence, now: float) -> Hearing:
        """How well it hears now."""
        machines = _machines(evidence.graph)
        last = _last(evidence, machines)
        if self.cut_off_since is not None and last > self.cut_off_since:
            self._begin(last, self._missed)
        if self._is_listening(evidence, now):
            return Hearing.LISTENING
        count = int(_in_contact(evidence, machines).sum())
        if self.cut_off_since is None and (count < LEAST or now - last <= quiet_s(count)):
            return Hearing.WELL
        found = self._asked(evidence, last, now)
        if found is Hearing.CUT_OFF and self.cut_off_since is None:
            self.cut_off_since, self._missed = last, _there(evidence)
        elif found is not Hearing.CUT_OFF and self.cut_off_since is not None:
            self._begin(now, self._missed)
            return Hearing.LISTENING
        return found

    def _begin(self, since: float, missed: frozenset[int]) -> None:
        self.since, self._missed = since, missed
        self.cut_off_since = None

    def _is_listening(self, evidence: Evidence, now: float) -> bool:
        if float(np.nanmax(evidence.heard, initial=-math.inf)) < self.since:
            return True
        if not 0 <= now - self.since < LISTEN_S:
            return False
        if not self._missed:
            return True
        numbers = [evidence.graph.agent_numbers[one] for one in self._missed if one in evidence.graph.agent_numbers]
        return not bool((evidence.heard[numbers] >= self.since).all())

    def _asked(self, evidence: Evidence, last: float, now: float) -> Hearing:
        """What the vantage says, if there is one to ask."""
        if now - _last(evidence, ~_machines(evidence.graph)) > FRESH_S:
            return Hearing.CUT_OFF
        if max(self._out, self._gateway_ok) > last + 1.0:
            return Hearing.WELL
        answers = last - self._gateway_ok < KNOWN_S
        if answers and self._gateway_bad > last:
            return Hearing.CUT_OFF
        return Hearing.DOUBTFUL if now - last < ASK_S else Hearing.WELL


def quiet_s(machines: int) -> float:
    """How long so many machines are never all silent by chance, with a grace for reports on their way.

    Each reports at a moment of its own in every round; that ``n`` moments leave a gap of a share ``g`` of the round has
    a chance of ``n (1 - g)^(n - 1)``, and who has such moments has the gap in every round.
    """
    if machines < 2:
        return GRACE_S + REPORT_S
    return GRACE_S + REPORT_S * (1 - math.pow(BY_CHANCE / machines, 1 / (machines - 1)))


def _machines(graph: Graph) -> NDArray[np.bool_]:
    """By agent: whether it is no vantage."""
    return np.array([one.role is not Role.VANTAGE for one in graph.agents], np.bool_)


def _last(evidence: Evidence, among: NDArray[np.bool_]) -> float:
    """When one of these was last heard; long ago if never."""
    return float(np.nanmax(evidence.heard[among], initial=-math.inf))


def _in_contact(evidence: Evidence, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who of these was there when the last one of them was heard, and had not said goodbye."""
    since = _last(evidence, among) - TOGETHER_S
    there: NDArray[np.bool_] = among & (np.nan_to_num(evidence.heard, nan=-math.inf) >= since) & np.isnan(evidence.bye)
    return there


def _there(evidence: Evidence) -> frozenset[int]:
    """Their ids."""
    graph = evidence.graph
    flags = _in_contact(evidence, _machines(graph))
    known = flags & ~np.isnan(evidence.heard)
    return frozenset(one.id for one, flag in zip(graph.agents, known, strict=True) if flag)
