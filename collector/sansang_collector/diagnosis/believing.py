"""What is believed at one moment: what was learned, held back by what is usual anywhere while little was. Pure.

Until most machines were heard on ten working days, beliefs say that they are not this province's own.
"""

import numpy as np

from sansang_collector.expected import ALWAYS_ON, Usual, slot_of
from sansang_collector.habit_slots import SLOTS

from .beliefs import (
    LATE_UNLEARNED,
    LEAST_BASELINE,
    LEAVES_OFFICE,
    MOST_BASELINE,
    RESTART,
    Beliefs,
)
from .graph import NOBODY, Floats, Graph
from .learning import Learned
from .leaving import breakers, hazards

ENOUGH_DAYS = 10
"""Working days on which a machine was heard: enough to know its ways."""
ENOUGH_MACHINES = 0.8
"""Share of machines of whom enough is known: enough to say that of the province."""
LEAST_LATE, MOST_LATE = 0.01, 0.5
"""Who was never late may be tomorrow, and lateness on one line comes to all at once."""
MOST_RESTART = 1 / 50
_LATE_WEIGHT, _RESTART_WEIGHT = 400, 4000
"""So many reports count what is believed of anybody."""
_LEAVES_WEEKS = 4
_DAYS_A_WEEK, _REPORTS_PER_SLOT = 5, 60
_NEIGHBOURS = ((-1, 0.25), (0, 0.5), (1, 0.25))
"""Who left at a quarter past five may do so at five: how much quarters of an hour count for one another."""


def beliefs_at(learned: Learned, graph: Graph, usual: Usual, now: float) -> Beliefs:
    """Beliefs at ``now`` (Unix seconds) for the graph that ``learned`` is of; once a minute is often enough.

    ``usual``: calendars and habits of the communes.
    """
    reports = learned.reports.astype(np.float64)
    late = (learned.late + LATE_UNLEARNED * _LATE_WEIGHT) / (reports + _LATE_WEIGHT)
    restart = (learned.restarts + RESTART * _RESTART_WEIGHT) / (reports + _RESTART_WEIGHT)
    return Beliefs(
        baseline=np.clip((learned.failed + 1.0) / (learned.tried + 60.0), LEAST_BASELINE, MOST_BASELINE).astype(float),
        late=np.clip(late, LEAST_LATE, MOST_LATE),
        restart=np.clip(restart, RESTART / 10, MOST_RESTART),
        leaves=_leaves(learned, graph, usual, now),
        breaker=np.array(breakers(usual, learned.evenings, graph.communes, now)),
        learned=is_enough(learned),
    )


def is_enough(learned: Learned) -> bool:
    """Whether the province's own rates are known well enough for the lower thresholds."""
    ever = learned.days[learned.days > 0]
    return len(ever) > 0 and float((ever >= ENOUGH_DAYS).mean()) >= ENOUGH_MACHINES


def _leaves(learned: Learned, graph: Graph, usual: Usual, now: float) -> Floats:
    """By agent: what its commune does at this time, and what it did itself, weighed by the weeks it was heard."""
    of_commune = np.array([*hazards(usual, graph.communes, now), LEAVES_OFFICE])
    said = of_commune[np.where(graph.agent_commune == NOBODY, len(graph.communes), graph.agent_commune)]
    said[[number for number, one in enumerate(graph.agents) if one.role in ALWAYS_ON]] = LEAVES_OFFICE
    slot = slot_of(now)
    own = np.zeros(len(graph.agents))
    for beside, weight in _NEIGHBOURS:
        own += weight * learned.leaves[:, (slot + beside) % SLOTS]
    weeks = 20 * (1 - 0.95 ** learned.days.astype(np.float64)) / _DAYS_A_WEEK
    leaves: Floats = (own + said * _REPORTS_PER_SLOT * _LEAVES_WEEKS) / (_REPORTS_PER_SLOT * (weeks + _LEAVES_WEEKS))
    return leaves
