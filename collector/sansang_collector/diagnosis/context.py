"""What the lifecycle of incidents has to know beside the assessment: the graph's parts, who owns what, what is planned.

Whoever runs it fills this in for each look; everything is plain values and functions without side effects.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity

from .verdict import Verdict


class Judged(NamedTuple):
    """Whose an incident is, how urgent, and how many counters in opening hours cannot serve because of it."""

    owner: Owner
    severity: Severity
    counters: int = 0
    wait_for: str = ""
    """The commune whose opening is waited for before anybody is told; empty: nobody waits."""


def _never(_commune: str, _since: float) -> None:
    return None


def _nowhere(_agent: int) -> str:
    return ""


class Context(NamedTuple):
    """For one look."""

    parts: Container[str]
    """The ids of all parts the graph has."""
    share: Callable[[str, str], float]
    """The share of the first part's checks that cross the second as well (``Shares.share``)."""
    judge: Callable[[Verdict, Sequence[str], float], Judged]
    """Of a verdict, the communes it hits and the time (``severity.judge`` with its first arguments bound)."""
    expected_on: Callable[[str, float], float | None] = _never
    """When the people of a commune that went off at a time should be back, Unix seconds; None: nobody can say."""
    parts_at_work: Mapping[str, int] = {}
    """Parts that are worked on now, as announced, and the number of the work."""
    communes_at_work: Mapping[str, int] = {}
    """Communes that announced work or a power cut takes along now."""
    situations: Mapping[int, int] = {}
    """Incidents that are told as part of a situation: their ids and the situation's."""
    home: Callable[[int], str] = _nowhere
    """The commune of a machine, by its number; empty where the graph has it not."""
