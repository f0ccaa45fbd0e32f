"""What incidents stand on and for: parts the inventory still has, whose they are, how urgent, who is told. Pure.

A change of the inventory never lets an incident point at a part that is gone; what is held back names what holds it.
"""

from msgspec.structs import replace

from sansang_agent.contract.severity import Severity

from .aftermath import INCIDENT
from .context import Context, Judged
from .course import Course
from .incident import Happening, Incident, Phase
from .matching import MOSTLY, is_followed, is_only_put_away, parts_of
from .verdict import Cause, Level

MAINTENANCE, SITUATION, HOURS = "maintenance", "situation", "hours"
"""What can hold an incident back beside another one; a colon and which one follow."""
CALM_S = 60.0
"""It must have been calmer for so long before it counts as less urgent; more urgent it is at once."""
_ORDER = list(Severity)


def leave_what_is_gone(course: Course) -> None:
    """After a change of the inventory: go on with what remains of a class, end what nothing remains of."""
    for place in range(len(course.incidents)):
        one = course.incidents[place]
        if is_followed(one) and not all(part in course.context.parts for part in parts_of(one.verdict)):
            _go_on_without(course, place)


def _go_on_without(course: Course, place: int) -> None:
    one = course.incidents[place]
    gone = f"part_gone={one.verdict.part}"
    left = [cause for cause in one.verdict.causes if cause.part in course.context.parts]
    if not left:
        if one.verdict.part not in course.context.parts:
            _end_as_gone(course, place, gone)
        return
    whole = sum(cause.probability for cause in left) or 1.0
    causes = tuple(Cause(cause.part, cause.probability / whole) for cause in left)
    if one.verdict.part in course.context.parts:
        course.change(place, verdict=replace(one.verdict, causes=causes))
        return
    course.change(place, verdict=replace(one.verdict, part=left[0].part, causes=causes))
    course.put_off(place, gone)
    if one.phase in (Phase.OPEN, Phase.CLOSING):
        course.tell_changes(place, at_once=True)


def _end_as_gone(course: Course, place: int, gone: str) -> None:
    one = course.incidents[place]
    if is_only_put_away(one):
        course.change(place, ended_at=course.now)
    elif one.phase is Phase.SUSPECT:
        course.change(place, phase=Phase.DROPPED, resolved_at=course.now)
        course.tell(place, Happening.DROPPED, gone)
    else:
        ended_at = course.now if one.ended_at is None else one.ended_at
        course.change(place, phase=Phase.RESOLVED, ended_at=ended_at, resolved_at=course.now)
        course.tell(place, Happening.RESOLVED, gone)


def judge(course: Course) -> None:
    """Whose it is, how urgent, and whether people may be told; then tell what changed."""
    for place in course.places(Phase.SUSPECT, Phase.OPEN):
        one = course.incidents[place]
        judged = course.context.judge(one.verdict, one.hit, course.now)
        urgent = _weigh(course, place, judged)
        course.change(place, counters=judged.counters)
        if one.phase is Phase.OPEN:
            urgent = _hold(course, place, _holder(course, one, judged)) or urgent
            course.tell_changes(place, at_once=urgent)


def _weigh(course: Course, place: int, judged: Judged) -> bool:
    """Take over owner and severity; whether that is to be told at once."""
    one = course.incidents[place]
    if one.phase is Phase.SUSPECT:
        course.change(place, owner=judged.owner, severity=judged.severity)
        return False
    aspects = []
    if judged.owner is not one.owner:
        aspects.append(f"owner={one.owner}")
    calmer = _ORDER.index(judged.severity) > _ORDER.index(one.severity)
    if judged.severity is not one.severity and not (calmer and course.now - one.changed_at < CALM_S):
        aspects.append(f"severity={one.severity}")
        course.change(place, severity=judged.severity)
    course.put_off(place, *aspects)
    course.change(place, owner=judged.owner)
    return bool(aspects)


def _hold(course: Course, place: int, holder: str) -> bool:
    """Let people be told, or not; whether they are to be told now. What this look began is told as it is."""
    one = course.incidents[place]
    if holder == one.held_back:
        return False
    course.change(place, held_back=holder)
    if course.is_new(place):
        return False
    if holder:
        course.tell(place, Happening.HELD_BACK, holder)
        return False
    if one.held_back.startswith(MAINTENANCE):
        course.tell(place, Happening.OVERRUN, one.held_back)
        return False
    course.put_off(place, f"held_back={one.held_back}")
    return True


def _holder(course: Course, one: Incident, judged: Judged) -> str:
    if one.held_back.startswith(INCIDENT) and _is_under_way(course, one.held_back):
        return one.held_back
    if (work := _work(course.context, one)) is not None:
        return f"{MAINTENANCE}:{work}"
    if (situation := course.context.situations.get(one.id)) is not None:
        return f"{SITUATION}:{situation}"
    return f"{HOURS}:{judged.wait_for}" if judged.wait_for else ""


def _is_under_way(course: Course, holder: str) -> bool:
    return any(
        f"{INCIDENT}:{course.incidents[place].id}" == holder for place in course.places(Phase.OPEN, Phase.CLOSING)
    )


def _work(context: Context, one: Incident) -> int | None:
    """The announced work that explains it: on a part that carries most of what it is about, or all over its place."""
    for part, work in context.parts_at_work.items():
        if any(context.share(cause, part) >= MOSTLY for cause in parts_of(one.verdict)):
            return work
    works = [context.communes_at_work.get(commune) for commune in one.hit]
    if works and None not in works and one.verdict.agents and one.verdict.level is Level.DOWN:
        return works[0]
    return None
