"""Whether a service that was found to be down only turns some away: then its incident is a loss from now on. Pure.

A service that refuses a third of all now and then refuses four in a row, which looks like an outage; answers that come
and go after it was opened tell the two apart, and are no recovery.
"""

import math
from collections.abc import Sequence

import numpy as np

from sansang_agent.contract.rung import Component

from . import likelihood
from .candidates import Flags
from .evidence import SLOT_S
from .graph import KINDS, NOBODY, Floats, Graph, Ints
from .likelihood import WINDOWS
from .refit import NINETY
from .search import REFUTED, Scene
from .verdict import Cause, Fact, Ground, Held, Level, Verdict

SERVICES = (Component.SVC_TCP, Component.SVC_APP)
AGREE = 2
"""So many communes have to be turned away: of one alone it may be its own trouble."""
SHARES: Floats = np.linspace(0.02, 0.98, 97)


def partial(scene: Scene, baseline: Floats, held: Sequence[Held]) -> list[Verdict]:
    """Those of ``held`` that are down, but turn away a share only; ``baseline`` by active check."""
    found = (_partial(scene, baseline, one) for one in held if one.level is Level.DOWN)
    return [one for one in found if one is not None]


def _partial(scene: Scene, baseline: Floats, held: Held) -> Verdict | None:
    part = scene.graph.part_numbers[held.part]
    rows = _rows_since(scene, held.opened_at)
    if KINDS[scene.graph.kinds[part]] not in SERVICES or not rows:
        return None
    asked = _asked(scene, part)
    bad = scene.seen.failed[rows][:, asked]
    good = scene.seen.tried[rows][:, asked] - bad
    homes = np.unique(scene.homes[scene.chosen.checks][asked][bad[-1] > 0])
    if len(homes[homes != NOBODY]) < AGREE:
        return None
    usual = float(baseline[asked].mean())
    likely = bad[-1].sum() * np.log(SHARES) + good[-1].sum() * np.log1p(-SHARES)
    score = float(likely.max()) - _down_then_well(bad.sum(axis=1), good.sum(axis=1), usual)
    if score < -REFUTED:
        return None
    counted = Ground(Fact.FAILS, int(bad[-1].sum()), int(bad[-1].sum() + good[-1].sum()))
    return _verdict(scene.graph, held, homes, likely, score, counted)


def _rows_since(scene: Scene, opened_at: float) -> list[int]:
    """The windows that do not reach before the opening."""
    whole = math.floor(scene.evidence.now / SLOT_S) - math.floor(opened_at / SLOT_S)
    return [row for row, length in enumerate(WINDOWS) if length <= whole]


def _asked(scene: Scene, part: int) -> Flags:
    """Active checks of the service; of its server only those that ask no more, for a page may have its own trouble."""
    found = likelihood.crossing(scene.chosen, scene.candidates, part)
    if KINDS[scene.graph.kinds[part]] is Component.SVC_TCP:
        pages = scene.graph.kinds == KINDS.index(Component.SVC_APP)
        for place in np.flatnonzero(found):
            found[place] = not pages[scene.graph.path(int(scene.chosen.checks[place]))].any()
    return found


def _down_then_well(bad: Floats, good: Floats, usual: float) -> float:
    """How likely the best story without a share is: down or well all the time, or well since some moment.

    Both are by window, the shortest first.
    """
    down, well = ((math.log(share), math.log1p(-share)) for share in (likelihood.DOWN, usual))
    lately = np.append(0.0, bad * well[0] + good * well[1])
    before = np.append(bad[-1] * down[0] + good[-1] * down[1], (bad[-1] - bad) * down[0] + (good[-1] - good) * down[1])
    return float((lately + before).max())


def _verdict(graph: Graph, held: Held, homes: Ints, likely: Floats, score: float, counted: Ground) -> Verdict:
    inside = SHARES[likely >= likely.max() - NINETY]
    return Verdict(
        part=held.part,
        level=Level.LOSSY,
        score=round(score, 3),
        onset=held.onset,
        causes=(Cause(held.part, 1.0),),
        loss=(float(inside[0]), float(SHARES[likely.argmax()]), float(inside[-1])),
        communes=tuple(dict.fromkeys([*held.communes, *(graph.communes[home] for home in homes if home != NOBODY)])),
        services=(held.part.partition(":")[2],),
        checks=len(homes),
        grounds=(counted,),
    )
