"""Whether a part that is held for down is well again: its silenced machines are back, or answers say so. Pure.

Only what was seen after the incident was opened counts, and of shared parts only what the communes say that it hit.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from . import likelihood, search
from .candidates import Flags
from .evidence import REPORT_S, SLOT_S
from .graph import NOBODY, Floats, Ints
from .likelihood import WINDOWS
from .search import CAP, REFUTED, Scene
from .verdict import Held, Level

BACK = 2
"""So many silenced machines that report again, of as many communes where it hit more than one, are enough."""
LEAST_SLOTS = 3
LATE_S = REPORT_S + 5.0
"""A machine that spoke so much later than the onset, and after it was found silent, is back."""


class Ended(NamedTuple):
    """A held part that is well again, and since when (Unix seconds)."""

    held: Held
    at: float


def recovered(scene: Scene, baseline: Floats, held: Sequence[Held]) -> list[Ended]:
    """Those of ``held`` that are down and well again."""
    found = []
    for one in held:
        if one.level is Level.DOWN:
            speaking = _speaking(scene, one)
            nats, last = _since(scene, baseline, one, held, speaking), _last_answers(scene, one, speaking)
            if last or is_back(scene, one) or _answers(scene, nats, one):
                found.append(Ended(one, _turned(scene, nats, last, one)))
    return found


def is_back(scene: Scene, held: Held) -> bool:
    """Whether enough of the machines that it silenced deliver reports."""
    graph = scene.graph
    numbers = [graph.agent_numbers[agent] for agent in held.agents if agent in graph.agent_numbers]
    if not numbers:
        return False
    back = _back(scene, held)
    homes, all_homes = (len({int(graph.agent_commune[number]) for number in them}) for them in (back, numbers))
    return len(back) >= min(BACK, len(numbers)) and homes >= min(BACK, all_homes)


def _back(scene: Scene, held: Held) -> list[int]:
    numbers = [scene.graph.agent_numbers.get(agent, NOBODY) for agent in held.agents]
    silent_at = max(held.onset + LATE_S, held.opened_at)
    return [one for one in numbers if one != NOBODY and scene.evidence.spoke[one] > silent_at]


def _since(scene: Scene, baseline: Floats, held: Held, others: Sequence[Held], speaking: Flags) -> Floats:
    """By window: nats of what was seen in it for the part's being down."""
    expected = baseline
    for one in others:
        if one is not held and one.level is not Level.SLOW:
            share = likelihood.DOWN if one.level is Level.DOWN else one.loss
            expected = search.with_down(scene, expected, scene.graph.part_numbers[one.part], share)
    return _said(scene, likelihood.ratios(expected, scene.seen), speaking)


def _answers(scene: Scene, nats: Floats, held: Held) -> bool:
    return any(nats[row] <= REFUTED for row in _after_opening(scene, held))


def _last_answers(scene: Scene, held: Held, speaking: Flags) -> list[float]:
    """When each check across it in the communes it hit last answered, if all they said since it was opened is that it
    is well; else nothing. Pages are asked for so seldom that no window ever holds those of two communes. What silenced
    machines is over when these are back.
    """
    if held.agents:
        return []
    checks = scene.chosen.checks[speaking]
    since = checks[scene.evidence.last_at[checks] > held.opened_at]
    homes, hit = set(scene.homes[since].tolist()), set(_numbers(scene.graph.communes, held.communes).tolist())
    if not hit or not hit <= homes or scene.evidence.last_failed[since].any():
        return []
    return [float(at) for at in scene.evidence.last_at[since]]


def _after_opening(scene: Scene, held: Held) -> list[int]:
    """The windows that do not reach before the opening, where everything was well."""
    whole = math.floor(scene.evidence.now / SLOT_S) - math.floor(held.opened_at / SLOT_S)
    return [row for row, length in enumerate(WINDOWS) if LEAST_SLOTS <= length <= whole]


def _said(scene: Scene, nats: Floats, speaking: Flags) -> Floats:
    """By window: what all say together; where several communes speak, none says more than CAP for its being well."""
    homes = scene.homes[scene.chosen.checks]
    of_commune = speaking & (homes != NOBODY)
    count = len(scene.graph.communes)
    by_home = np.stack([np.bincount(homes[of_commune], one[of_commune], count) for one in nats])
    alone = len(np.unique(homes[of_commune & (scene.seen.results[-1] > 0)])) < BACK
    said: Floats = (by_home if alone else np.maximum(by_home, CAP)).sum(axis=1, dtype=np.float64)
    said += nats[:, speaking & ~of_commune].sum(axis=1)
    return said


def _turned(scene: Scene, nats: Floats, last: Sequence[float], held: Held) -> float:
    """When its evidence turned: answers since then speak most clearly for its being well, or somebody spoke before."""
    spoke = [float(scene.evidence.spoke[number]) for number in _back(scene, held)]
    best = min(_after_opening(scene, held), key=lambda row: nats[row], default=None)
    answered = [search.onset(scene.evidence, WINDOWS[best])] if best is not None and nats[best] < 0 else []
    return max(held.onset, min([*spoke, *answered, *last, scene.evidence.now]))


def _speaking(scene: Scene, held: Held) -> Flags:
    """Active checks across it of the communes it hit, and the vantage's of what communes share."""
    graph = scene.graph
    found = likelihood.crossing(scene.chosen, scene.candidates, graph.part_numbers[held.part])
    home = scene.homes[scene.chosen.checks]
    hit = _numbers(graph.communes, held.communes)
    return found & (np.isin(home, hit) | (home == NOBODY)) if len(hit) else found


def _numbers(communes: list[str], codes: Iterable[str]) -> Ints:
    places = {code: number for number, code in enumerate(communes)}
    return np.array([places[code] for code in codes if code in places], np.int32)
