"""From a pick to a verdict: whom it hits, since when, and the facts that speak for it and against others. Pure."""

import math
from collections.abc import Iterator

import numpy as np

from sansang_agent.contract.rung import Component

from . import likelihood
from .beliefs import Beliefs
from .candidates import OF_COMMUNE, Flags
from .evidence import REPORT_S
from .graph import KINDS, NOBODY, Floats, Ints
from .search import WINDOW_OF, Pick, Scene, below, onset
from .silence import LATER_S
from .verdict import Cause, Fact, Ground, Verdict

MOST_PROBES = 6
"""Probes that are told of one by one."""
LAST_ONE_OUT = math.log(50.0)
"""ln of the yearly rate fitting for "switched off" where everybody of the commune has just said goodbye."""
JUST_S = 1800.0
_SERVICES = (Component.SVC_TCP, Component.SVC_APP)


def verdict(scene: Scene, beliefs: Beliefs, pick: Pick) -> Verdict:
    """What is said of it."""
    part = scene.graph.parts[pick.part]
    of_commune = part.kind in OF_COMMUNE
    began, within = _onset(scene, pick)
    return Verdict(
        part=part.id,
        score=round(pick.score, 3),
        onset=began,
        onset_within_s=within,
        causes=_causes(scene, pick),
        communes=_communes(scene, pick),
        agents=tuple(scene.graph.agents[agent].id for agent in pick.agents),
        services=_services(scene, pick),
        checks=len(pick.failing),
        grounds=tuple(_grounds(scene, pick)),
        needs_confirmation=of_commune,
        expected_off=of_commune and _is_off(scene, beliefs, pick),
    )


def _onset(scene: Scene, pick: Pick) -> tuple[float, float]:
    """Between the last word of those it silenced and the first report that is missing."""
    spoke = scene.silence.spoke[pick.agents]
    began = onset(scene.evidence, pick.age)
    if not len(spoke):
        return began, REPORT_S
    last, first_missing = float(spoke.max()), float(spoke.min()) + REPORT_S
    if first_missing <= last:
        return last, REPORT_S
    return (last + first_missing) / 2, max(1.0, (first_missing - last) / 2)


def _causes(scene: Scene, pick: Pick) -> tuple[Cause, ...]:
    best = max(score for _, score in pick.rivals)
    weights = [math.exp(score - best) for _, score in pick.rivals]
    causes = [
        Cause(scene.graph.parts[part].id, round(weight / sum(weights), 4))
        for (part, _), weight in zip(pick.rivals, weights, strict=True)
    ]
    return tuple(causes)


def _communes(scene: Scene, pick: Pick) -> tuple[str, ...]:
    """Of silenced machines, and of checks and terminals that fail."""
    graph = scene.graph
    homes = set(graph.agent_commune[pick.agents].tolist())
    homes |= set(_homes(scene)[pick.failing].tolist())
    return tuple(graph.communes[home] for home in sorted(homes - {NOBODY}))


def _homes(scene: Scene) -> Ints:
    """By active check its commune."""
    return scene.homes[scene.chosen.checks]


def _services(scene: Scene, pick: Pick) -> tuple[str, ...]:
    """Those whose own checks fail across it."""
    graph = scene.graph
    if not scene.candidates.far[pick.part]:
        return ()
    crossed = {int(one) for place in pick.failing for one in graph.path(int(scene.chosen.checks[place]))}
    return tuple(
        sorted({graph.parts[one].id.partition(":")[2] for one in crossed if graph.parts[one].kind in _SERVICES})
    )


def _is_off(scene: Scene, beliefs: Beliefs, pick: Pick) -> bool:
    """Whether people going home explains the same better."""
    commune = int(scene.graph.part_commune[pick.part])
    fitting = float(beliefs.breaker[commune])
    if _all_said_goodbye(scene, commune, onset(scene.evidence, pick.age)):
        fitting = max(fitting, LAST_ONE_OUT)
    return fitting > float(scene.graph.log_rates[pick.part])


def _all_said_goodbye(scene: Scene, commune: int, began: float) -> bool:
    """Everybody who is known there has said goodbye, the last one just before."""
    bye, spoke = (values[scene.graph.agent_commune == commune] for values in (scene.evidence.bye, scene.evidence.spoke))
    bye = bye[~np.isnan(spoke)]
    return len(bye) > 0 and not np.isnan(bye).any() and bool(bye.max() >= began - JUST_S)


def _grounds(scene: Scene, pick: Pick) -> Iterator[Ground]:
    yield from _of_machines(scene, pick)
    yield from _of_probes(scene, pick)
    if scene.candidates.far[pick.part]:
        yield from _of_answers(scene, pick)
    hit = set(_communes(scene, pick))
    heard = set(scene.graph.agent_commune[~np.isnan(scene.silence.heard)].tolist())
    others = [home for home, code in enumerate(scene.graph.communes) if code not in hit and home in heard]
    well = int(_alive_communes(scene, onset(scene.evidence, pick.age))[others].sum())
    if others:
        yield Ground(Fact.ELSEWHERE_WELL, well, len(others))


def _of_machines(scene: Scene, pick: Pick) -> Iterator[Ground]:
    evidence, began = scene.evidence, onset(scene.evidence, pick.age)
    under = below(scene.candidates, pick.part, len(scene.graph.agents)) & ~np.isnan(scene.silence.heard)
    if len(pick.agents):
        yield Ground(Fact.SILENT, len(pick.agents), int(under.sum()))
    with np.errstate(invalid="ignore"):
        alive = int((under & (evidence.spoke > began + REPORT_S)).sum())
    goodbyes = int((under & ~np.isnan(evidence.bye)).sum())
    battery = int((~np.isnan(evidence.battery[pick.agents])).sum())
    if alive and not scene.candidates.far[pick.part]:
        yield Ground(Fact.STILL_HEARD, alive, int(under.sum()))
    if goodbyes and not scene.candidates.far[pick.part]:
        yield Ground(Fact.SAID_GOODBYE, goodbyes, int(under.sum()))
    if battery:
        yield Ground(Fact.ON_BATTERY, battery, len(pick.agents))


def _of_probes(scene: Scene, pick: Pick) -> Iterator[Ground]:
    """Of what lies beyond the core no probe tells."""
    chosen, graph = scene.candidates, scene.graph
    if chosen.far[pick.part]:
        return
    place = {int(check): at for at, check in enumerate(scene.chosen.checks)}
    row = WINDOW_OF[pick.age - 1]
    told = 0
    for check, target in zip(chosen.probes.tolist(), chosen.targets.tolist(), strict=True):
        at = place.get(check)
        if at is None or told >= MOST_PROBES or not _tells(scene, pick, target, check):
            continue
        failed, tried = int(scene.seen.failed[row, at]), int(scene.seen.tried[row, at])
        if tried:
            fact = Fact.PROBE_FAILS if 2 * failed > tried else Fact.PROBE_ANSWERS
            yield Ground(fact, failed, tried, graph.parts[target].id)
            told += 1


def _tells(scene: Scene, pick: Pick, target: int, check: int) -> bool:
    """Its own probe, those behind it, and the one just before it."""
    graph = scene.graph
    if pick.part in graph.path(check).tolist():
        return True
    commune = graph.part_commune[pick.part]
    mine = graph.part_commune[target]
    if commune == NOBODY:
        return False
    return bool(mine == commune or _is_node_of(scene, target, int(commune)))


def _is_node_of(scene: Scene, target: int, commune: int) -> bool:
    if KINDS[scene.graph.kinds[target]] is not Component.ACCESS_NODE:
        return False
    behind = scene.candidates.way_agent[scene.candidates.way_part == target]
    return bool((scene.graph.agent_commune[behind] == commune).any())


def _of_answers(scene: Scene, pick: Pick) -> Iterator[Ground]:
    row = WINDOW_OF[pick.age - 1]
    across = likelihood.crossing(scene.chosen, scene.candidates, pick.part)
    made = across & (scene.seen.results[row] > 0)
    yield Ground(Fact.FAILS, len(pick.failing), int(made.sum()))
    part = scene.graph.parts[pick.part]
    if part.kind is Component.SVC_APP:
        server = scene.graph.part_numbers.get(part.id.replace(Component.SVC_APP, Component.SVC_TCP, 1), NOBODY)
        yield from _of_server(scene, row, across, server)


def _of_server(scene: Scene, row: int, pages: Flags, server: int) -> Iterator[Ground]:
    if server == NOBODY:
        return
    connections = likelihood.crossing(scene.chosen, scene.candidates, server) & ~pages
    tried, failed = _whole(scene.seen.tried[row, connections]), _whole(scene.seen.failed[row, connections])
    if tried:
        yield Ground(Fact.TCP_WELL, tried - failed, tried)


def _whole(values: Floats) -> int:
    return int(values.sum())


def _alive_communes(scene: Scene, began: float) -> Flags:
    """By commune: somebody of it was heard since."""
    graph = scene.graph
    with np.errstate(invalid="ignore"):
        alive = (scene.evidence.spoke > began + LATER_S) & (graph.agent_commune != NOBODY)
    found = np.zeros(len(graph.communes), np.bool_)
    found[graph.agent_commune[alive]] = True
    return found
