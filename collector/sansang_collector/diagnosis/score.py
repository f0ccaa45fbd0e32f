"""SCORE (Kompella and others, NSDI 2005) with two-of-three confirmation: the simple localiser, kept as an oracle. Pure.

A part is named when nearly all that crosses it fails, and it explains more of that than any other. It knows neither
loss nor habits: for hard faults in office hours it is right, ten to twenty seconds later than likelihoods are.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    bad_since: Ints
    """The first of WINDOWS that what is bad counts in: each that is confirmed counts in all."""
    fails: Ints
    """By window and part: how many checks that cross it are bad …"""
    works: Ints
    """… and how many are good."""


class Ways:
    """Which parts checks cross, for counts of few checks."""

    def __init__(self, graph: Graph) -> None:
        self._members, self._parts = graph.members, len(graph.parts)
        self._begins, self._lengths = graph.offsets[:-1], np.diff(graph.offsets)

    def count(self, which: Flags, since: Ints) -> Ints:
        """By window and part: how many of these checks cross it that count ``since`` (by check) an earlier window or
        this one.
        """
        checks = np.flatnonzero(which)
        lengths = self._lengths[checks]
        shifts = np.cumsum(lengths) - lengths
        edges = np.arange(int(lengths.sum())) + np.repeat(self._begins[checks] - shifts, lengths)
        place = np.repeat(since[checks], lengths) * self._parts + self._members[edges]
        by_window = np.bincount(place, minlength=len(WINDOWS_S) * self._parts)
        return by_window[: len(WINDOWS_S) * self._parts].reshape(len(WINDOWS_S), self._parts).cumsum(axis=0)


class Sight:
    """What is seen at one moment, worked out once for several who look then."""

    def __init__(self, graph: Graph) -> None:
        self._ways = Ways(graph)
        self._seen: tuple[Evidence, float, Seen] | None = None

    def __call__(self, evidence: Evidence, now: float) -> Seen:
        """Nothing may arrive between two who ask for the same moment."""
        known = self._seen
        if known is None or known[0] is not evidence or known[1] != now:
            known = self._seen = evidence, now, observed(evidence, now, self._ways)
        return known[2]


class Score:
    """Remembers nothing between two looks."""

    def __init__(self, graph: Graph, hit_ratio: float = HIT_RATIO, sight: Sight | None = None) -> None:
        """``hit_ratio`` 1.0 makes it set cover: whatever something still crosses is well; ``sight``: one that several
        share.
        """
        self._graph, self._hit_ratio = graph, hit_ratio
        self._sight, self._ways = sight, Ways(graph)
        self._check_of = np.repeat(np.arange(graph.checks), np.diff(graph.offsets))
        kinds = [KINDS.index(kind) for kind in _NEVER_NAMED]
        self._named = ~np.isin(graph.kinds, kinds)

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """The parts that explain most, one after the other; what ``held`` parts explain is left out."""
        seen = observed(evidence, now, self._ways) if self._sight is None else self._sight(evidence, now)
        recovered = frozenset((one.part, one.level) for one in held if self._is_well(one, seen, now))
        open_ = ~self._across(
            self._graph.part_numbers[one.part] for one in held if one.part in self._graph.part_numbers
        )
        verdicts: list[Verdict] = []
        while len(verdicts) < MOST_VERDICTS and (seen.bad & open_).any():
            verdict = self._best(seen, open_)
            if verdict is None:
                break
            verdicts.append(verdict)
            open_ &= ~self._across([self._graph.part_numbers[verdict.part]])
        return Assessment(now, tuple(verdicts), recovered=recovered)

    def _best(self, seen: Seen, open_: Flags) -> Verdict | None:
        """Of all windows the part that explains most."""
        asked = seen.bad & open_
        covers, surely = (self._ways.count(which, seen.bad_since) for which in (asked, asked & seen.confirmed))
        best: tuple[float, int, int, list[int]] | None = None
        for window in reversed(range(len(WINDOWS_S))):  # of equals the one that most was seen in
            found = self._eligible(covers[window], surely[window], seen.fails[window], seen.works[window])
            if found is not None and (best is None or found[0] > best[0]):
                best = (found[0], window, *found[1:])
        if best is None:
            return None
        return self._verdict(best[2], best[3], asked & (seen.bad_since <= best[1]), seen)

    def _eligible(self, covers: Ints, sure: Ints, fails: Ints, works: Ints) -> tuple[float, int, list[int]] | None:
        """All by part: of what is asked for how much crosses it, how much of that is confirmed; of all what is bad and
        good.
        """
        enough = (covers >= LEAST) & ((sure > 0) | (covers >= LEAST_UNCONFIRMED)) & self._named
        eligible = np.flatnonzero(enough & (fails >= self._hit_ratio * (fails + works)))
        if not len(eligible):
            return None
        rank = covers[eligible] + 1e-3 * self._graph.log_rates[eligible]
        best = int(eligible[np.argmax(rank)])
        alike = [int(part) for part in eligible if covers[part] == covers[best]]
        return float(covers[best]), best, alike

    def _across(self, parts: Iterable[int]) -> Flags:
        """By check: it crosses one of them."""
        found, wanted = np.zeros(self._graph.checks, np.bool_), np.zeros(len(self._graph.parts), np.bool_)
        numbers = list(parts)
        if numbers:
            wanted[numbers] = True
            found[self._check_of[wanted[self._graph.members]]] = True
        return found

    def _is_well(self, one: Held, seen: Seen, now: float) -> bool:
        part = self._graph.part_numbers.get(one.part, NOBODY)
        if part == NOBODY:
            return True
        across = self._across([part])
        lately = across & (seen.at >= max(now - 2 * REPORT_S, one.opened_at))
        works, fails = int((lately & seen.good).sum()), int((across & seen.bad).sum())
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


def observed(evidence: Evidence, now: float, ways: Ways) -> Seen:
    """What each check and each machine's silence comes to at ``now``, and what that comes to for each part."""
    graph = evidence.graph
    window = evidence.window(CONFIRM_S, now)
    often = window.results >= 2
    each = window.tried / np.maximum(1, window.results)
    confirmed = often & (window.failed >= CONFIRMED * each)
    at = np.where(np.isnan(evidence.last_at), -np.inf, evidence.last_at)
    known = now - at <= CONFIRM_S
    bad = known & evidence.last_failed & (confirmed | ~often)
    good = known & ~evidence.last_failed
    told = np.flatnonzero((graph.report_check != NOBODY) & ~np.isnan(evidence.spoke))
    checks, quiet_s, said_bye = graph.report_check[told], now - evidence.spoke[told], ~np.isnan(evidence.bye[told])
    at[checks] = evidence.spoke[told]
    bad[checks] = confirmed[checks] = (quiet_s > SILENT_S) & (quiet_s < GONE_S) & ~said_bye
    good[checks] = (quiet_s <= REPORT_S + 5.0) & ~said_bye
    since = _since(at, now)
    bad_since = np.where(confirmed, np.int32(0), since)
    return Seen(bad, good, confirmed, at, bad_since, ways.count(bad, bad_since), ways.count(good, since))


def _since(at: Floats, now: float) -> Ints:
    """The first window that holds that moment; one more than there are where none does."""
    too_short: Ints = np.array([at < now - window for window in WINDOWS_S]).sum(axis=0, dtype=np.int32)
    return too_short


def _grounds(silent: int, covered: Flags, seen: Seen, across: Flags) -> Iterator[Ground]:
    if silent:
        yield Ground(Fact.SILENT, silent)
    failing = int(covered.sum()) - silent
    if failing:
        yield Ground(Fact.FAILS, failing, failing + int((across & seen.good).sum()))
