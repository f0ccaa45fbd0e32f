"""What one rule of the ladder found, and the few questions all rules ask of services.

Pure; causes.py and service_causes.py make findings, ladder.py turns one into a verdict.
"""

from collections.abc import Iterable
from typing import NamedTuple

from .contract.outcome import Outcome
from .contract.rung import Component, Rung
from .evidence import Evidence, outcome
from .verdict import Cause, Facts, Seen, State


class Finding(NamedTuple):
    """A cause with where it stands, what is suspected, and the checks it rests on."""

    state: State
    cause: Cause
    rung: Rung | None = None
    components: tuple[Component, ...] = ()
    facts: Facts = Facts()
    proof: tuple[str, ...] = ()


def failing(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """Those that were measured and failed."""
    return tuple(each for each in seen if outcome(each) is Outcome.FAILED)


def ids(seen: Iterable[Seen]) -> tuple[str, ...]:
    """Their checks' ids."""
    return tuple(each.check.id for each in seen)


def state_of_services(evidence: Evidence) -> State | None:
    """Down when a mandatory service fails or no service answers, degraded when another fails; None when none does."""
    services = evidence.at(Rung.SERVICE)
    failed = failing(services)
    if not failed:
        return None
    answers = any(outcome(each) is Outcome.OK for each in services)
    return State.DOWN if not answers or any(each.check.mandatory for each in failed) else State.DEGRADED
