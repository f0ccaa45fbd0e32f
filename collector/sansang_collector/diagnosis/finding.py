"""What a verdict or a suspicion makes of incidents: a new one, one seen again, several that turn out to be one. Pure.

What is made of one commune's silence is told only once two looks in a row have found it.
"""

from collections.abc import Iterable

from .aftermath import INCIDENT, is_echo_of_recovery, is_less, is_receding, recent, was_merged
from .course import Course
from .incident import Happening, Incident, Phase
from .matching import Match, is_only_put_away, match, related
from .renaming import changes, keep_cause
from .verdict import Level, Verdict

LOOKS_NEEDED = 2
LOOK_S = 4.0
"""A look sooner after the last one than this confirms nothing that was not there then."""
ROW_S = 15.0
"""Looks further apart than this do not stand in a row."""
HOUR_S = 3600.0
FLAPS, FLAPS_DEGRADED = 3, 1
"""Coming back so often within an hour is unstable; a loss that comes back at all does so in bursts."""


def take_verdict(course: Course, found: Match) -> None:
    """Follow one verdict up."""
    if not found.places:
        _begin(course, found.verdict)
        return
    place = _oldest(course, found.places)
    before = course.incidents[place]
    course.met.update(found.places)
    if is_only_put_away(before) or is_less(course, found.verdict, before):
        return
    for other in found.places:
        if other != place:
            _take_up(course, other, before.id)
    if before.phase is Phase.SUSPECT:
        _confirm(course, place, found.verdict)
    elif is_receding(before, found.verdict, course.context.share):
        course.change(place, found=0)
    else:
        _go_on(course, place, keep_cause(before.verdict, found.verdict))


def take_suspicions(course: Course, suspects: Iterable[Verdict]) -> None:
    """What may be broken: seen again, or noted, unless it is a part of what is known."""
    for verdict in suspects:
        again = [one for one in match([verdict], course.incidents, _only_same, course.context.home) if one.places]
        for found in again:
            for place in found.places:
                _suspect_again(course, place, found.verdict)
        known = [course.incidents[place].verdict for place in course.places(Phase.SUSPECT, Phase.OPEN, Phase.CLOSING)]
        if not again and not related(verdict, known, course.context.share):
            course.add(_new(course, verdict, Phase.SUSPECT, found=0), Happening.SUSPECTED)


def _only_same(part: str, outer: str) -> float:
    return float(part == outer)


def _suspect_again(course: Course, place: int, verdict: Verdict) -> None:
    one = course.incidents[place]
    if place in course.met:
        return
    course.met.add(place)
    if one.phase is Phase.SUSPECT and not one.verdict.expected_off:
        course.change(place, verdict=verdict, found=0, seen_at=course.now, hit=_hit(one, verdict))
    elif one.phase is Phase.OPEN and not one.matured:
        course.change(place, seen_at=course.now)


def _begin(course: Course, verdict: Verdict) -> None:
    """Of a verdict that no incident under way is of."""
    not_found = (course.incidents[place] for place in course.places(Phase.OPEN) if not course.was_found(place))
    if any(is_receding(one, verdict, course.context.share) for one in not_found):
        return
    if was_merged(course, verdict):
        return
    unsure = verdict.needs_confirmation or verdict.expected_off or is_echo_of_recovery(course, verdict)
    if unsure:
        detail = "expected_off" if verdict.expected_off else ""
        course.add(_new(course, verdict, Phase.SUSPECT), Happening.SUSPECTED, detail)
        return
    if (gone := recent(course, verdict)) is not None:
        _reopen(course, gone, verdict)
        return
    course.add(_new(course, verdict, Phase.OPEN), Happening.OPENED)


def _confirm(course: Course, place: int, verdict: Verdict) -> None:
    """A suspicion is found again."""
    one = course.incidents[place]
    in_row = one.found > 0 and course.now - one.seen_at <= ROW_S
    if in_row and course.now - one.seen_at < LOOK_S:
        found, seen_at = one.found, one.seen_at
    else:
        found, seen_at = one.found + 1 if in_row else 1, course.now
    one = course.change(
        place, verdict=verdict, onset=verdict.onset, found=found, seen_at=seen_at, hit=_hit(one, verdict)
    )
    sure = found >= LOOKS_NEEDED or not verdict.needs_confirmation
    if not sure or verdict.expected_off or is_echo_of_recovery(course, verdict):
        return
    gone = recent(course, verdict)
    if gone is None:
        open_(course, place)
    else:
        _reopen(course, gone, verdict)
        _merge(course, place, course.incidents[gone].id)


def open_(course: Course, place: int, detail: str = "") -> None:
    """A suspicion is sure now."""
    course.change(place, phase=Phase.OPEN, opened_at=course.now, changed_at=course.now, pending="")
    course.tell(place, Happening.OPENED, detail)


def _go_on(course: Course, place: int, verdict: Verdict) -> None:
    """An open incident is found again, perhaps as something else."""
    one = course.incidents[place]
    course.put_off(place, *changes(one.verdict, verdict))
    if one.phase is Phase.CLOSING:
        course.put_off(place, "ended=")
    settled = one.matured or bool(one.flaps)
    course.change(
        place,
        phase=Phase.OPEN,
        verdict=verdict,
        onset=min(one.onset, verdict.onset) if settled else verdict.onset,
        found=one.found + 1,
        seen_at=course.now,
        closing_since=None,
        ended_at=None,
        hit=_hit(one, verdict),
    )


def _reopen(course: Course, place: int, verdict: Verdict) -> None:
    one = course.incidents[place]
    flaps = (*(at for at in one.flaps if course.now - at <= HOUR_S), course.now)
    unstable = len(flaps) >= (FLAPS if verdict.level is Level.DOWN else FLAPS_DEGRADED)
    course.met.add(place)
    course.change(
        place,
        phase=Phase.OPEN,
        verdict=verdict,
        found=1,
        seen_at=course.now,
        matured=False,
        changed_at=course.now,
        pending="",
        closing_since=None,
        ended_at=None,
        resolved_at=None,
        flaps=flaps,
        unstable=unstable,
        held_back="",
        hit=tuple(sorted({*one.hit, *verdict.communes})),
    )
    course.tell(place, Happening.REOPENED)
    if unstable and not one.unstable:
        course.tell(place, Happening.UNSTABLE)


def _take_up(course: Course, place: int, into: int) -> None:
    """Merge what this look does not find by itself; one that was told, only if the last look did not find it either."""
    one = course.incidents[place]
    if one.phase is Phase.SUSPECT or one.matured or not one.found or one.verdict.level is not Level.DOWN:
        _merge(course, place, into)
    else:
        course.change(place, found=0)


def _merge(course: Course, place: int, into: int) -> None:
    course.change(place, phase=Phase.DROPPED, resolved_at=course.now, held_back=f"{INCIDENT}:{into}")
    course.tell(place, Happening.MERGED, str(into))


def _oldest(course: Course, places: tuple[int, ...]) -> int:
    """The one whose number people know, or the one that was seen first."""

    def age(place: int) -> tuple[bool, float, int]:
        one = course.incidents[place]
        return one.phase is Phase.SUSPECT, one.opened_at or one.detected_at, one.id

    return min(places, key=age)


def _hit(one: Incident, verdict: Verdict) -> tuple[str, ...]:
    """While it is young the newest verdict is the whole truth; later only more communes can be hit."""
    settled = one.matured or bool(one.flaps)
    return tuple(sorted({*(one.hit if settled else ()), *verdict.communes}))


def _new(course: Course, verdict: Verdict, phase: Phase, found: int = 1) -> Incident:
    judged = course.context.judge(verdict, verdict.communes, course.now)
    opened = phase is Phase.OPEN
    return Incident(
        phase=phase,
        verdict=verdict,
        onset=verdict.onset,
        detected_at=course.now,
        found=found,
        seen_at=course.now,
        opened_at=course.now if opened else None,
        changed_at=course.now,
        owner=judged.owner,
        severity=judged.severity,
        counters=judged.counters,
        hit=tuple(sorted(verdict.communes)),
    )
