"""What is usual, as far as it was learned: how often a check fails, a machine is late, restarts or goes without a word.

The likelihoods hold what was seen against it; arrays are by check, agent and commune of a graph, for one moment.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from .graph import Floats, Graph

BASELINE, LEAST_BASELINE, MOST_BASELINE = 1 / 60, 0.006, 0.06
"""How often a check fails where nothing is broken: before anything was learned, and the bounds of what may be."""
LATE, LATE_UNLEARNED = 0.03, 0.10
"""Share of reports that arrive later than their grace."""
RESTART = 1 / 2000
"""Chance per report that the machine restarts."""
LEAVES_OFFICE, LEAVES_CLOSING = 5e-5, 2e-3
"""Chance per report that it is switched off without a goodbye."""
NO_BREAKER = -5.0


class Beliefs(NamedTuple):
    """For one moment."""

    baseline: Floats
    """By check: the share of answers that fail where nothing is broken, LEAST_BASELINE to MOST_BASELINE."""
    late: Floats
    """By agent: share of reports that are late."""
    restart: Floats
    """By agent: chance per report."""
    leaves: Floats
    """By agent: chance per report, at this time of this weekday, that it goes off without a goodbye."""
    breaker: Floats
    """By commune: ln of the yearly rate that would be fitting for "all is switched off" at this moment."""
    learned: bool = False
    """Whether rates are this province's own; thresholds are higher until they are."""


@runtime_checkable
class Believer(Protocol):
    """A localiser that holds what it sees against what is usual."""

    def believe(self, beliefs: Beliefs) -> None:
        """Hold it against this from now on."""
        ...


def unlearned(graph: Graph) -> Beliefs:
    """What is believed of a province that was never watched before, in office hours."""
    agents = len(graph.agents)
    return Beliefs(
        baseline=np.full(graph.checks, BASELINE),
        late=np.full(agents, LATE_UNLEARNED),
        restart=np.full(agents, RESTART),
        leaves=np.full(agents, LEAVES_OFFICE),
        breaker=np.full(len(graph.communes), NO_BREAKER),
    )
