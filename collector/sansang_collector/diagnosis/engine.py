"""The likelihood engine: what broke, by weighing all that was seen against all that may have broken.

It remembers little of its last looks: which probes are deaf, and whose silence a part explained that is well by now.
"""

import math
from collections.abc import Sequence

import numpy as np

from sansang_agent.contract.rung import Component

from . import grounds, likelihood, partial, recovery, search, silence, together
from .beliefs import Beliefs, unlearned
from .candidates import Flags, candidates, check_commune
from .degraded import Degraded, Look
from .evidence import Evidence
from .graph import Floats, Graph
from .restarts import Restarts
from .search import Scene
from .vantage import Vantage, View
from .verdict import Assessment, Held, Level, Verdict

LEARNED, UNLEARNED = 18.0, 20.0
"""Nats from which on a verdict is given: with rates of this province's own, and before."""
SUSPECT = 6.0
"""So much less is a suspicion."""
FAR_LESS = 1.5
"""Nats less that what lies beyond the core needs: there is little of it, so that chance has fewer ways to hit it:
a threshold is the logarithm of how many candidates there are."""
PROVINCE = 65
"""Communes that the thresholds are meant for; more of them give chance more to play with."""
MOST = 12
RETURN_S = 900.0
"""How long machines may take to come back after what may have been power: they start anew, some only by hand …"""
BACK_S = 60.0
"""… and where only the way was cut: they try again once a minute at least."""
WAYS = (Component.ACCESS_NODE, Component.ARC, Component.RING, Component.SHARED_RISK, Component.CORE)
"""What keeps machines of several communes quiet that run on; where it is a single one's, power always may be it."""
DEGRADED_S = 30.0
"""How often degraded parts are looked for."""
_NOTHING = Look((), (), frozenset())


class Engine:
    """One graph's."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._candidates = candidates(graph)
        self._homes = check_commune(graph)
        self._beliefs = unlearned(graph)
        self._vantage = Vantage(graph, self._candidates)
        self._chosen: likelihood.Active | None = None
        self._freed, self._released = np.full((2, len(graph.agents)), np.nan)
        """By agent: when what kept it quiet was well again, and from when on it could have spoken."""
        self._kept_quiet: dict[str, Flags] = {}
        """By held part the machines whose silence it explained at the last look."""
        self._well = frozenset[str]()
        """Held parts that were well at the last look."""
        self._was_cut_off = False
        self._restarts = Restarts(graph)
        self._degraded = Degraded(graph)
        self._degraded_at = -math.inf

    def believe(self, beliefs: Beliefs) -> None:
        """Take what is usual from now on."""
        self._beliefs = beliefs

    @property
    def threshold(self) -> float:
        """Nats that a verdict needs."""
        base = LEARNED if self._beliefs.learned else UNLEARNED
        return base + math.log(max(1.0, len(self._graph.communes) / PROVINCE))

    def localise(self, evidence: Evidence, held: Sequence[Held], now: float) -> Assessment:
        """What is broken at ``now``, held parts left out."""
        evidence.advance(now)
        known = [one for one in held if one.part in self._graph.part_numbers]
        self._release(known, now)
        with np.errstate(invalid="ignore"):
            self._released[evidence.spoke > self._freed] = np.nan
        quiet = silence.observe(evidence, self._beliefs, self._released, now)
        view = self._vantage.look(evidence, quiet, now)
        if view.cut_off:
            self._was_cut_off = True
            return Assessment(at=now, cut_off=True)
        if self._was_cut_off:
            self._was_cut_off = False
            self._free(quiet.silent, RETURN_S, now)
            quiet = silence.observe(evidence, self._beliefs, self._released, now)
        scene = self._scene(evidence, quiet, view)
        return self._assess(scene, known, view.answering, now)

    def _scene(self, evidence: Evidence, quiet: silence.Silence, view: View) -> Scene:
        chosen = self._chosen = likelihood.active(evidence, self._candidates, self._chosen)
        seen = likelihood.sums(evidence, chosen, view.ignored)
        may = self._candidates
        eligible = may.far if view.undecided else may.far | may.of_commune | may.shared
        return Scene(self._graph, may, evidence, chosen, seen, quiet, eligible, self._homes)

    def _assess(self, scene: Scene, held: Sequence[Held], answering: Flags, now: float) -> Assessment:
        """``answering``: parts that may well be the cause, but whose own probes have yet to say so."""
        expected, explained = self._with(scene, held)
        least = self.threshold - FAR_LESS - SUSPECT
        picks = together.explain(self._without(scene, held), expected, explained, least, MOST)
        of_weight = (pick for pick in picks if pick.score >= self._least(pick.part) - SUSPECT)
        found = [grounds.verdict(scene, self._beliefs, pick) for pick in of_weight]
        restarting = self._restarts.restarting(found, now)
        sure = tuple(one for one in found if one.part not in restarting and self._is_sure(one, answering))
        usual = self._beliefs.baseline[scene.chosen.checks]
        in_part = tuple(partial.partial(scene, usual, held))
        partly = {one.part for one in in_part}
        well = [one for one in recovery.recovered(scene, usual, held) if one.held.part not in partly]
        self._well = frozenset(one.held.part for one in well)
        more = self._look_for_degraded(scene.evidence, held, sure, now)
        return Assessment(
            at=now,
            verdicts=sure + in_part + more.verdicts,
            suspects=tuple(one for one in found if one not in sure) + more.suspects,
            recovered=frozenset((one.held.part, one.held.level) for one in well) | more.recovered,
            ended={(one.held.part, one.held.level): one.at for one in well},
        )

    def _least(self, part: int) -> float:
        """Nats that this part needs."""
        return self.threshold - (FAR_LESS if self._candidates.far[part] else 0.0)

    def _is_sure(self, found: Verdict, answering: Flags) -> bool:
        part = self._graph.part_numbers[found.part]
        return found.score >= self._least(part) and not answering[part]

    def _look_for_degraded(self, evidence: Evidence, held: Sequence[Held], sure: Sequence[Verdict], now: float) -> Look:
        if 0 <= now - self._degraded_at < DEGRADED_S - 0.5:
            return _NOTHING
        self._degraded_at = now
        return self._degraded.look(evidence, self._beliefs, held, sure, now)

    def _with(self, scene: Scene, held: Sequence[Held]) -> tuple[Floats, Flags]:
        """What active checks are expected to do, and whose silence is explained, by what is held."""
        expected = self._beliefs.baseline[scene.chosen.checks]
        explained = np.zeros(len(self._graph.agents), np.bool_)
        for one in held:
            part = self._graph.part_numbers[one.part]
            share = likelihood.DOWN if one.level is Level.DOWN else one.loss
            if one.level is not Level.SLOW:
                expected = search.with_down(scene, expected, part, share)
            if one.level is Level.DOWN:
                explained |= search.below(self._candidates, part, len(explained))
                self._kept_quiet[one.part] = search.below(self._candidates, part, len(explained)) & scene.silence.silent
        return expected, explained

    def _without(self, scene: Scene, held: Sequence[Held]) -> Scene:
        eligible = scene.eligible.copy()
        for one in held:
            if one.level is Level.DOWN:
                eligible[self._graph.part_numbers[one.part]] = False
        return scene._replace(eligible=eligible)

    def _release(self, held: Sequence[Held], now: float) -> None:
        """Machines that a part kept quiet which is well and held no more could speak again from now on."""
        for part in self._kept_quiet.keys() - {one.part for one in held}:
            quiet = self._kept_quiet.pop(part)
            if part not in self._well:  # it was another part, or is of another incident now
                continue
            many = len(np.unique(self._graph.agent_commune[quiet])) > 1
            self._free(quiet, BACK_S if many and part.partition(":")[0] in WAYS else RETURN_S, now)

    def _free(self, agents: Flags, takes_s: float, now: float) -> None:
        """What kept them quiet is well; each may take so long to speak, or longer if something else kept it too."""
        self._freed[agents], self._released[agents] = now, np.fmax(self._released[agents], now + takes_s)
