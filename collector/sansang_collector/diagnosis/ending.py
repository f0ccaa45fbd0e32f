"""How incidents grow old and end: matured, closing, resolved with their true end, dropped. Pure.

Nothing ends because nothing is heard: an incident closes only when the localiser says that its evidence is well.
"""

from .course import Course
from .finding import HOUR_S, open_
from .incident import Happening, Incident, Phase
from .matching import is_only_put_away
from .verdict import Assessment, Level

MATURE_S = 60.0
CLOSE_S, CLOSE_DEGRADED_S = 30.0, 120.0
"""How long it must be well before it is over …"""
CLOSE_UNSTABLE_S, CLOSE_UNSTABLE_DEGRADED_S = 600.0, 1800.0
"""… and where it has been coming and going; a bursty line is well for many minutes at a time."""
NEWS_DEGRADED_S = 45.0
"""Degraded parts are looked at every 30 s; what was found then holds until the next time."""
DOUBT_S, DOUBT_DEGRADED_S = 30.0, 90.0
"""A closing one that was not found well for so long is open again."""
DROP_S, DROP_DEGRADED_S = 30.0, 90.0
"""How long a suspicion that nothing supports any more is kept."""
RETURN_S = 1200.0
"""How much later than they should people may switch on before they count as not come back."""


def began(one: Incident) -> float:
    """When it was opened, the last time."""
    return one.flaps[-1] if one.flaps else one.opened_at or one.detected_at


def end_what_is_well(course: Course, assessment: Assessment) -> None:
    """Follow up what recovered, and what was neither found nor found well."""
    for place in range(len(course.incidents)):
        one = course.incidents[place]
        if place in course.met:
            continue
        key = one.verdict.part, one.verdict.level
        if key in assessment.recovered:
            _is_well(course, place, assessment.ended.get(key, assessment.at))
        elif one.phase is Phase.SUSPECT:
            _wait(course, place)
        elif one.phase is Phase.CLOSING:
            _doubt(course, place)
        elif one.phase is Phase.OPEN and one.found and one.verdict.level is Level.DOWN:
            course.change(place, found=0)


def mature(course: Course) -> None:
    """Let those that have been open for long enough stay what they are; calm down what no longer comes and goes."""
    for place in course.places(Phase.OPEN, Phase.CLOSING):
        one = course.incidents[place]
        if not one.matured and course.now - began(one) >= MATURE_S:
            course.change(place, matured=True)
            course.tell(place, Happening.MATURED)
        if one.unstable and course.now - one.flaps[-1] > HOUR_S:
            course.change(place, unstable=False)


def _is_well(course: Course, place: int, ended_at: float) -> None:
    one = course.incidents[place]
    if is_only_put_away(one):
        course.change(place, ended_at=ended_at)
    elif one.phase is Phase.SUSPECT:
        _drop(course, place)
    elif one.phase is Phase.OPEN:
        course.change(
            place, phase=Phase.CLOSING, closing_since=course.now, seen_at=course.now, ended_at=max(ended_at, one.onset)
        )
        course.tell(place, Happening.CLOSING)
    elif one.phase is Phase.CLOSING:
        _is_still_well(course, place, ended_at)


def _is_still_well(course: Course, place: int, ended_at: float) -> None:
    one = course.incidents[place]
    since = course.now if one.closing_since is None else one.closing_since
    ended = one.ended_at if one.closing_since is not None else max(ended_at, one.onset)
    one = course.change(place, closing_since=since, seen_at=course.now, ended_at=ended)
    if course.now - since >= _patience(one) and not _has_others(course, one):
        course.change(place, phase=Phase.RESOLVED, resolved_at=course.now, pending="")
        course.tell(place, Happening.RESOLVED)


def _doubt(course: Course, place: int) -> None:
    """Closing, but not well in this look: it has to be well anew, and after a while it is open again."""
    one = course.incidents[place]
    degraded = one.verdict.level is not Level.DOWN
    if degraded and course.now - one.seen_at <= NEWS_DEGRADED_S:
        return
    course.change(place, closing_since=None)
    if course.now - one.seen_at > (DOUBT_DEGRADED_S if degraded else DOUBT_S):
        course.put_off(place, "ended=")
        course.change(place, phase=Phase.OPEN, ended_at=None, found=0)


def _patience(one: Incident) -> float:
    down = one.verdict.level is Level.DOWN
    if one.unstable:
        return CLOSE_UNSTABLE_S if down else CLOSE_UNSTABLE_DEGRADED_S
    return CLOSE_S if down else CLOSE_DEGRADED_S


def _has_others(course: Course, one: Incident) -> bool:
    """Whether people merged others into it that are not over."""
    return any(
        course.incidents[place].held_back == f"incident:{one.id}" for place in course.places(Phase.OPEN, Phase.CLOSING)
    )


def _wait(course: Course, place: int) -> None:
    """A suspicion that this look does not find."""
    one = course.incidents[place]
    if one.verdict.expected_off:
        _await_return(course, place)
        return
    if one.found:
        course.change(place, found=0)
    if course.now - one.seen_at > (DROP_S if one.verdict.level is Level.DOWN else DROP_DEGRADED_S):
        _drop(course, place)


def _await_return(course: Course, place: int) -> None:
    one = course.incidents[place]
    due = [course.context.expected_on(commune, one.onset) for commune in one.verdict.communes]
    expected = min((at for at in due if at is not None), default=None)
    if expected is not None and course.now >= expected + RETURN_S:
        course.change(place, onset=expected, found=0)
        open_(course, place, "did_not_come_back")


def _drop(course: Course, place: int) -> None:
    course.change(place, phase=Phase.DROPPED, resolved_at=course.now)
    course.tell(place, Happening.DROPPED)
