"""From look to look: suspected, open, updated, matured, closing, resolved, back again. Pure; one incident per cause.

``step`` says what a look makes of the incidents, ``held`` what the next look takes as given. Nobody else changes them
but people, whose deeds lie in the incidents handed in: resolved by hand (no true end), merged (held back by another).
"""

from collections.abc import Container, Iterator, Sequence
from typing import TypeVar

from .aftermath import REOPEN_DEGRADED_S, REOPEN_S
from .context import Context
from .course import Course
from .ending import began, end_what_is_well, mature
from .finding import HOUR_S, take_suspicions, take_verdict
from .incident import Incident, Phase, Step
from .matching import is_only_put_away, match
from .standing import judge, leave_what_is_gone
from .verdict import Assessment, Held, Level

_One = TypeVar("_One")
RECENT_S = max(HOUR_S, REOPEN_S, REOPEN_DEGRADED_S)
"""Incidents resolved within this time are handed to :func:`step` too: they may come back."""
BELIEVED_S = 12 * 3600.0
"""For so long what somebody resolved by hand stays away although its evidence says otherwise."""


def step(incidents: Sequence[Incident], assessment: Assessment, now: float, context: Context) -> list[Step]:
    """What this look changes, ``now`` in Unix seconds; ``incidents`` are all under way or resolved lately.

    A step whose incident has no number begins one. While the collector is cut off nothing changes.
    """
    if assessment.cut_off:
        return []
    course = Course(incidents, now, context)
    leave_what_is_gone(course)
    verdicts = sorted(assessment.verdicts, key=lambda verdict: (-verdict.score, verdict.part))
    for found in match(verdicts, course.incidents, context.share, context.home):
        take_verdict(course, found)
    take_suspicions(course, assessment.suspects)
    end_what_is_well(course, assessment)
    mature(course)
    judge(course)
    return course.steps()


def held(incidents: Sequence[Incident], now: float, parts: Container[str] | None = None) -> list[Held]:
    """What explains its evidence and is watched for recovery; ``parts``: what the graph has, where that may be less."""
    found: dict[tuple[str, Level], Held] = {}
    for one in _explaining(incidents, now):
        key = one.verdict.part, one.verdict.level
        if parts is not None and one.verdict.part not in parts:
            continue
        known = found.get(key)
        found[key] = Held(
            part=one.verdict.part,
            level=one.verdict.level,
            onset=one.verdict.onset if known is None else min(known.onset, one.verdict.onset),
            opened_at=began(one),
            loss=one.verdict.loss[1] if one.verdict.loss else 1.0,
            communes=_both(known.communes if known else (), one.verdict.communes),
            agents=_both(known.agents if known else (), one.verdict.agents),
        )
    return list(found.values())


def _explaining(incidents: Sequence[Incident], now: float) -> Iterator[Incident]:
    """All but what is made anew from the evidence each time: suspicions, and young incidents that were found again."""
    for one in incidents:
        settled = one.matured or not one.found or one.verdict.level is not Level.DOWN
        if (
            one.phase is Phase.CLOSING
            or (one.phase is Phase.OPEN and settled)
            or (one.phase is Phase.SUSPECT and one.verdict.expected_off)
            or (is_only_put_away(one) and now - (one.resolved_at or 0.0) < BELIEVED_S)
        ):
            yield one


def _both(some: tuple[_One, ...], more: tuple[_One, ...]) -> tuple[_One, ...]:
    return tuple(dict.fromkeys((*some, *more)))
