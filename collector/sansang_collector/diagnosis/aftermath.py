"""What a verdict may owe to what went before: an echo of a recovery, what is left of it, or a return. Pure.

None of that is news; what has been told once is not told again under another number.
"""

from .course import Course
from .incident import Incident, Phase
from .matching import WITHIN, Share, covers, is_alike, is_nested, parts_of
from .verdict import Level, Verdict

INCIDENT = "incident"
"""What holds an incident back that was merged into another one; a colon and its number follow."""
STORM_S, STALE_S = 60.0, 240.0
"""For so long after a recovery what lies behind it is believed only by what was measured after it: silence, which is
seen at once, and other failures, which may be those of a check that is made every few minutes."""
REOPEN_S, REOPEN_DEGRADED_S = 600.0, 3600.0
"""A loss that comes and goes is one trouble, however long it was away within the hour."""
RECEDED = 0.8
"""Of those who were silent, so many at most still are in what recovers."""


def is_echo_of_recovery(course: Course, verdict: Verdict) -> bool:
    """Whether it lies behind or before something that has just recovered, and speaks of the time before that."""
    return any(
        one.ended_at is not None
        and verdict.onset < one.ended_at
        and course.now < one.ended_at + (STORM_S if verdict.agents else STALE_S)
        and is_nested(verdict.part, one.verdict.part, course.context.share)
        for one in course.incidents
        if one.phase in (Phase.RESOLVED, Phase.CLOSING)
    )


def recent(course: Course, verdict: Verdict) -> int | None:
    """The incident that was resolved lately and comes back with this."""
    for place in course.places(Phase.RESOLVED):
        one = course.incidents[place]
        gone_at = max(one.resolved_at or 0.0, one.ended_at or 0.0)
        degraded = verdict.level is not Level.DOWN and one.verdict.level is not Level.DOWN
        akin = not parts_of(verdict).isdisjoint(parts_of(one.verdict))
        akin = akin or (degraded and is_alike(verdict.part, one.verdict.part, course.context.share))
        if akin and course.now - gone_at <= (REOPEN_DEGRADED_S if degraded else REOPEN_S):
            return place
    return None


def was_merged(course: Course, verdict: Verdict) -> bool:
    """Whether an incident of it was merged into one that is still open: then it is of that one."""
    still = {f"{INCIDENT}:{course.incidents[place].id}" for place in course.places(Phase.OPEN)}
    return any(
        one.held_back in still and not parts_of(verdict).isdisjoint(parts_of(one.verdict))
        for one in (course.incidents[place] for place in course.places(Phase.DROPPED))
    )


def is_receding(one: Incident, verdict: Verdict, share: Share) -> bool:
    """Whether the verdict is only what is left of a young incident while it recovers: most of those who were silent
    speak again, and the rest lies behind its part. It is held from the next look on, which will say whether it is well.
    """
    before, now = set(one.verdict.agents), set(verdict.agents)
    if one.matured or not now or one.verdict.expected_off or not parts_of(verdict).isdisjoint(parts_of(one.verdict)):
        return False
    behind = share(verdict.part, one.verdict.part) >= WITHIN > share(one.verdict.part, verdict.part)
    return behind and now <= before and len(now) < RECEDED * len(before)


def is_less(course: Course, verdict: Verdict, one: Incident) -> bool:
    """Whether it is only a piece of a settled incident that loses a share: what remains of it after a refit."""
    same = one.verdict.part in verdict.instead_of or not parts_of(verdict).isdisjoint(parts_of(one.verdict))
    return one.matured and not same and not covers(verdict, one, course.context.share)
