"""What a diagnosis believes that has watched this province for weeks: the simulation's own rates, as given. Pure.

So the table says what the diagnosis does with habits it knows; how well it learns them is measured elsewhere.
"""

from math import log

import numpy as np

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.beliefs import (
    LEAST_BASELINE,
    LEAVES_CLOSING,
    LEAVES_OFFICE,
    MOST_BASELINE,
    NO_BREAKER,
    Beliefs,
)
from sansang_collector.diagnosis.believing import beliefs_at
from sansang_collector.diagnosis.graph import NOBODY, RATES, Floats, Graph
from sansang_collector.diagnosis.learning import Learned
from sansang_collector.simulation.bursts import BAD_LOSS
from sansang_collector.simulation.faults import day_of
from sansang_collector.simulation.quick_scene import Scene
from sansang_collector.topology import GATEWAY

REPORTS_A_DAY = 8 * 240
CLOSING_MIN, OPEN_MIN = (16 * 60 + 25, 17 * 60 + 40), (7 * 60 + 30, 16 * 60 + 25)
LUNCH_MIN = (11 * 60 + 25, 13 * 60 + 40)
BREAKER_RATE = 7.4
_LEAST_LATE = 0.005


def beliefs(graph: Graph, scene: Scene, now: float, *, learned: bool) -> Beliefs:
    """For this moment; before anything was learned the inventory's opening hours are known all the same."""
    if not learned:
        return beliefs_at(Learned(graph), graph, scene.usual, now)
    agents, rates = len(graph.agents), scene.options.noise
    minute = (now - day_of(now)) / 60
    leaving = CLOSING_MIN[0] <= minute < CLOSING_MIN[1] or LUNCH_MIN[0] <= minute < LUNCH_MIN[1]
    return Beliefs(
        baseline=_baseline(graph, scene),
        late=np.full(agents, rates.late + _LEAST_LATE),
        restart=np.full(agents, max(rates.restarts_per_day, 0.2) / REPORTS_A_DAY),
        leaves=np.full(agents, LEAVES_CLOSING if leaving else LEAVES_OFFICE),
        breaker=np.array([_breaker(scene, code, minute) for code in graph.communes]),
        learned=True,
    )


def _baseline(graph: Graph, scene: Scene) -> Floats:
    """Echoes fail as often as the commune's line loses, gateways hardly ever, services now and then."""
    found = np.full(graph.checks, LEAST_BASELINE)
    names = {code: list(places) for code, places in graph.names.items()}
    for number, agent in enumerate(graph.agents):
        if graph.agent_commune[number] == NOBODY:
            continue
        first, loss = graph.first[agent.key], scene.world.places[agent.commune].loss
        for place, name in enumerate(names[agent.commune]):
            found[first + place] = 0.0 if name == GATEWAY else _asked(scene, loss) if "-" in name else loss
    inward = graph.first[""]
    for place, name in enumerate(graph.names[""]):
        found[inward + place] = LEAST_BASELINE if name.startswith(Component.TERMINAL) else 0.0
    bounded: Floats = np.clip(found, LEAST_BASELINE, MOST_BASELINE)
    return bounded


def _asked(scene: Scene, loss: float) -> float:
    """How often a question to a service fails: by itself, and where a burst takes its retries too."""
    lost = max(BAD_LOSS, loss) if scene.options.correlated else loss
    return scene.options.noise.spurious + (loss / lost * lost**3 if loss else 0.0)


def _breaker(scene: Scene, code: str, minute: float) -> float:
    if not CLOSING_MIN[0] <= minute:
        return NO_BREAKER
    return BREAKER_RATE if scene.world.places[code].hours.breaker else min(0.0, log(RATES[Component.SITE_POWER]))
