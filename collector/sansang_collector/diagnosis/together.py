"""What explains all that was seen best, all parts of the explanation taken together. Pure.

Parts that cannot be it are left out first, which is most of them at most looks; then what was found one after the other
is held against what is found without its first.
"""

from collections.abc import Sequence

import numpy as np

from . import likelihood, silence
from .candidates import Flags, narrow
from .graph import NOBODY, Floats
from .likelihood import Sums
from .search import AGES, LEAST_LATER, SAME, Pick, Scene, Search, below, onset

FEW = 200
"""Failing checks and silent machines up to which it is worth while to ask first whether anything may be broken."""
ONE_MORE = 18.0
"""Nats that one more part costs an explanation, as much as a verdict needs: what late reports and chance make of a
single moment is soon explained better by two."""


def explain(scene: Scene, expected: Floats, explained: Flags, least: float, most: int) -> list[Pick]:
    """What explains all best together: where a shared part and another one that lies on the same ways were found one
    after the other, also what is found without the first is weighed.

    What explains most by itself may leave the clearest sign unexplained: eight communes without power, and a ring of
    seven of them as well, for the sake of the eighth and of the nodes that fail.
    """
    scene = _narrowed(scene, expected, explained, least)
    if not scene.eligible.any():
        return []
    best = list(Search(scene, expected, explained).picks(least, most))
    for pick in best:
        if _is_entangled(scene, pick, best):
            eligible = scene.eligible.copy()
            eligible[pick.part] = False
            other = list(Search(scene._replace(eligible=eligible), expected, explained).picks(least, most))
            return max(best, other, key=_together)
    return best


def _narrowed(scene: Scene, expected: Floats, explained: Flags, least: float) -> Scene:
    """With those parts alone that could score enough to matter if nothing spoke against them: mostly none or few, and
    that is much cheaper to find out.
    """
    graph = scene.graph
    failing = np.flatnonzero(scene.seen.failed[-1])
    bad = likelihood.ratios(expected[failing], Sums(*(one[:, failing] for one in scene.seen))).max(axis=0, initial=0.0)
    failing, bad = failing[bad > 0], bad[bad > 0]
    with np.errstate(invalid="ignore"):
        lately = scene.silence.spoke >= onset(scene.evidence, AGES[-1]) - silence.EARLIER_S
    silent = np.flatnonzero((scene.silence.weight > 0) & lately & ~explained & (graph.report_check != NOBODY))
    if len(failing) + len(silent) > FEW:
        return scene
    most = np.where(scene.eligible, graph.log_rates, -np.inf)
    for check, nats in zip(scene.chosen.checks[failing], bad, strict=True):
        most[graph.path(int(check))] += nats
    for agent in silent:
        most[graph.path(int(graph.report_check[agent]))] += scene.silence.weight[agent]
    plausible = most >= (min(least, LEAST_LATER - SAME) if (most >= least).any() else np.inf)
    narrowed = narrow(scene.candidates, plausible)
    chosen = likelihood.narrow(scene.chosen, plausible[scene.candidates.cell_part])
    return scene._replace(candidates=narrowed, chosen=chosen, eligible=plausible)


def _is_entangled(scene: Scene, pick: Pick, picks: Sequence[Pick]) -> bool:
    if not scene.candidates.shared[pick.part]:
        return False
    count = len(scene.graph.agents)
    mine = below(scene.candidates, pick.part, count)
    return any((below(scene.candidates, other.part, count) & mine).any() for other in picks if other is not pick)


def _together(picks: Sequence[Pick]) -> float:
    """Each was scored with those before it given, so that their sum, less what each costs, is what they come to."""
    return sum(max(0.0, pick.score - ONE_MORE) for pick in picks)
