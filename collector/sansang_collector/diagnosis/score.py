"""SCORE (Kompella and others, NSDI 2005) with two-of-three confirmation: the simple localiser, kept as an oracle. Pure.

A part is named when nearly all that crosses it fails, and it explains more of that than any other. It knows neither
loss nor habits: for hard faults in office hours it is right, ten to twenty seconds later than likelihoods are.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sansang_agent.contract.rung import Component

from .evidence import REPORT_S, Evidence
from .graph import KINDS, NOBODY, Floats, Graph, Ints
from .verdict import Assessment, Cause, Fact, Ground, Held, Level, Verdict

HIT_RATIO = 0.85
"""Of what was seen across a part lately, so much has to fail."""
RECOVERED_RATIO = 0.5
SILENT_S, GONE_S = 2 * REPORT_S + 5.0, 900.0
"""A machine that missed two reports is silent; one that has been for long has gone off."""
WINDOWS_S = (10.0, 20.0, 30.0, 45.0, 60.0)
CONFIRM_S, CONFIRMED = 60.0, 1.5
"""A check that is asked twice a minute has to fail twice, in results' worth; one asked more rarely others confirm."""
LEAST, LEAST_UNCONFIRMED = 2, 3
MOST_VERDICTS = 12
_NEVER_NAMED = (Component.PC, Component.PC_APP, Component.COLLECTOR)

Flags = NDArray[np.bool_]


class Seen(NamedTuple):
    """By check; the check that is the way of a machine's reports stands for its silence."""

    bad: Flags
    good: Flags
    confirmed: Flags
    at: Floats
    """When that was last seen."""


class Score:
    """Remembers nothing between two looks."""

    def __init__(self, graph: Graph, hit_ratio: float = HIT_RATIO) -> None:
        """``hit_ratio`` 1.0 makes it set cover: whatever something still crosses is well."""
        self._graph, self._hit_ratio = graph, hit_ratio
        self._check_of = np.repeat(np.arange(graph.checks), np.diff(graph.offsets))
        self._members, self._owners = graph.members, self._check_of
        kinds = [KINDS.index(kind) for kind in _NEVER_NAMED]
        self._named = ~np.isin(graph.kinds, kinds)

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """The parts that explain most, one after the other; what ``held`` parts explain is left out."""
        seen = observed(evidence, now)
        recovered = frozenset((one.part, one.level) for one in held if self._is_well(one, seen, now))
        open_ = ~self._across(
            self._graph.part_numbers[one.part] for one in held if one.part in self._graph.part_numbers
        )
        self._narrow(seen.bad)
        verdicts: list[Verdict] = []
        while len(verdicts) < MOST_VERDICTS and (seen.bad & open_).any():
            verdict = self._best(seen, open_, now)
            if verdict is None:
                break
            verdicts.append(verdict)
            open_ &= ~self._across([self._graph.part_numbers[verdict.part]])
        return Assessment(now, tuple(verdicts), recovered=recovered)

    def _narrow(self, bad: Flags) -> None:
        """Count only what crosses parts that a failed check crosses."""
        crossed = np.zeros(len(self._graph.parts), np.bool_)
        crossed[self._graph.members[bad[self._check_of]]] = True
        among = crossed[self._graph.members]
        self._members, self._owners = self._graph.members[among], self._check_of[among]

    def _best(self, seen: Seen, open_: Flags, now: float) -> Verdict | None:
        """Of all windows the part that explains most."""
        best: tuple[float, int, Flags, list[int]] | None = None
        for window in reversed(WINDOWS_S):  # of equals the one that most was seen in
            fresh = seen.at >= now - window
            bad, good = seen.bad & (fresh | seen.confirmed), seen.good & fresh
            found = self._eligible(bad & open_, bad, good, seen.confirmed)
            if found is not None and (best is None or found[0] > best[0]):
                best = (found[0], found[1], bad & open_, found[2])
        return None if best is None else self._verdict(best[1], best[3], best[2], seen)

    def _eligible(self, fresh: Flags, bad: Flags, good: Flags, confirmed: Flags) -> tuple[float, int, list[int]] | None:
        covers, fails, works = self._count(fresh), self._count(bad), self._count(good)
        sure = self._count(fresh & confirmed)
        enough = (covers >= LEAST) & ((sure > 0) | (covers >= LEAST_UNCONFIRMED)) & self._named
        eligible = np.flatnonzero(enough & (fails >= self._hit_ratio * (fails + works)))
        if not len(eligible):
            return None
        rank = covers[eligible] + 1e-3 * self._graph.log_rates[eligible]
        best = int(eligible[np.argmax(rank)])
        alike = [int(part) for part in eligible if covers[part] == covers[best]]
        return float(covers[best]), best, alike

    def _count(self, flags: Flags) -> Ints:
        """By part: how many of these checks cross it."""
        return np.bincount(self._members[flags[self._owners]], minlength=len(self._graph.parts)).astype(np.int32)

    def _across(self, parts: Iterator[int] | Sequence[int]) -> Flags:
        found = np.zeros(self._graph.checks, np.bool_)
        wanted = np.zeros(len(self._graph.parts), np.bool_)
        wanted[list(parts)] = True
        found[self._check_of[wanted[self._graph.members]]] = True
        return found

    def _is_well(self, one: Held, seen: Seen, now: float) -> bool:
        part = self._graph.part_numbers.get(one.part, NOBODY)
        if part == NOBODY:
            return True
        lately = self._across([part]) & (seen.at >= max(now - 2 * REPORT_S, one.opened_at))
        works, fails = int((lately & seen.good).sum()), int((self._across([part]) & seen.bad).sum())
        return works >= 2 and fails < RECOVERED_RATIO * (works + fails)

    def _verdict(self, part: int, alike: list[int], bad: Flags, seen: Seen) -> Verdict:
        graph = self._graph
        covered = self._across([part]) & bad
        silent = np.flatnonzero((graph.report_check != NOBODY) & covered[graph.report_check])
        owners = graph.check_agent[covered]
        communes = {int(graph.agent_commune[agent]) for agent in owners if agent != NOBODY}
        own = graph.part_commune[part]
        communes |= {int(own)} if own != NOBODY else set()
        rates = np.exp(graph.log_rates[alike])
        causes = sorted(zip(rates / rates.sum(), (graph.parts[n].id for n in alike), strict=True), reverse=True)
        kind, _, key = graph.parts[part].id.partition(":")
        return Verdict(
            part=graph.parts[part].id,
            level=Level.DOWN,
            score=float(covered.sum()),
            onset=float(seen.at[covered].min()),
            onset_within_s=SILENT_S,
            causes=tuple(Cause(id_, float(share)) for share, id_ in causes),
            communes=tuple(sorted(graph.communes[number] for number in communes)),
            agents=tuple(graph.agents[agent].id for agent in silent),
            services=(key,) if kind in (Component.SVC_TCP, Component.SVC_APP) else (),
            checks=int(covered.sum()) - len(silent),
            grounds=tuple(_grounds(len(silent), covered, seen, self._across([part]))),
        )


def observed(evidence: Evidence, now: float) -> Seen:
    """What each check and each machine's silence comes to at ``now``."""
    graph = evidence.graph
    window = evidence.window(CONFIRM_S, now)
    often = window.results >= 2
    each = window.tried / np.maximum(1, window.results)
    confirmed = often & (window.failed >= CONFIRMED * each)
    known = now - np.nan_to_num(evidence.last_at, nan=-np.inf) <= CONFIRM_S
    bad = known & evidence.last_failed & (confirmed | ~often)
    good, at = known & ~evidence.last_failed, np.nan_to_num(evidence.last_at, nan=-np.inf)
    told = np.flatnonzero((graph.report_check != NOBODY) & ~np.isnan(evidence.spoke))
    checks, quiet_s, said_bye = graph.report_check[told], now - evidence.spoke[told], ~np.isnan(evidence.bye[told])
    at[checks] = evidence.spoke[told]
    bad[checks] = confirmed[checks] = (quiet_s > SILENT_S) & (quiet_s < GONE_S) & ~said_bye
    good[checks] = (quiet_s <= REPORT_S + 5.0) & ~said_bye
    return Seen(bad, good, confirmed, at)


def _grounds(silent: int, covered: Flags, seen: Seen, across: Flags) -> Iterator[Ground]:
    if silent:
        yield Ground(Fact.SILENT, silent)
    failing = int(covered.sum()) - silent
    if failing:
        yield Ground(Fact.FAILS, failing, failing + int((across & seen.good).sum()))
