"""Which verdict is of which incident: the same part, an overlapping class, or mostly the same checks. Pure.

So the first partial view ("access node A") becomes "ring" in the same incident, and several that turn out to be one
are merged into it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sansang_agent.contract.rung import Component

from . import apart
from .apart import Home
from .candidates import FAR
from .incident import Incident, Phase
from .verdict import Level, Verdict

MOSTLY = 0.5
"""Parts that each share this much of their checks with the other can be two views of one thing …"""
WITHIN = 0.8
"""… and so can those of which one has this much of its checks in the other. Not less: half of what a commune asks
crosses the WAN, and its power has nothing to do with that."""
ONE_EVENT_S = 120.0
"""What began further apart is not one event, whatever it shares."""

Share = Callable[[str, str], float]


class Match(NamedTuple):
    """A verdict with the places of the incidents that it is of; no place: it is news."""

    verdict: Verdict
    places: tuple[int, ...] = ()


def match(verdicts: Sequence[Verdict], incidents: Sequence[Incident], share: Share, home: Home) -> list[Match]:
    """Every verdict once, every incident at most once, by the surest kinship first.

    What is of an incident that somebody split off, and what is left of it, are verdicts of their own; ``home`` is the
    commune of a machine.
    """
    followed = {place: one for place, one in enumerate(incidents) if is_followed(one)}
    kinships = (_same, _named, _one_class, _mostly_one(share))

    def is_of(verdict: Verdict, one: Incident) -> bool:
        return any(akin(verdict, one) for akin in kinships)

    portions = apart.portions(verdicts, followed, is_of, home)
    free = set(followed)
    found: list[list[int]] = [[] for _ in portions]
    for akin in kinships:
        for number, (verdict, places, _) in enumerate(portions):
            if not found[number]:
                kin = next((place for place in sorted(free & places) if akin(verdict, incidents[place])), None)
                if kin is not None:
                    found[number].append(kin)
                    free.discard(kin)
    for number, (verdict, places, _) in enumerate(portions):
        covered = [
            place
            for place in sorted(free & places)
            if _named(verdict, incidents[place]) or covers(verdict, incidents[place], share)
        ]
        found[number].extend(covered)
        free.difference_update(covered)
    return [
        Match(one.verdict, tuple(places))
        for one, places in zip(portions, found, strict=True)
        if places or not one.split_off
    ]


def is_followed(one: Incident) -> bool:
    """Whether looks still say something of it."""
    return one.phase in (Phase.SUSPECT, Phase.OPEN, Phase.CLOSING) or is_only_put_away(one)


def is_only_put_away(one: Incident) -> bool:
    """Whether somebody resolved it by hand while its evidence said otherwise, which it still does."""
    return one.phase is Phase.RESOLVED and one.ended_at is None


def parts_of(verdict: Verdict) -> set[str]:
    """The class: everything that may be the cause."""
    return {verdict.part, *(cause.part for cause in verdict.causes)}


def _same(verdict: Verdict, one: Incident) -> bool:
    return verdict.part == one.verdict.part


def _named(verdict: Verdict, one: Incident) -> bool:
    return one.verdict.part in verdict.instead_of and one.phase in (Phase.OPEN, Phase.CLOSING)


def _one_class(verdict: Verdict, one: Incident) -> bool:
    return not parts_of(verdict).isdisjoint(parts_of(one.verdict))


def _mostly_one(share: Share) -> Callable[[Verdict, Incident], bool]:
    def akin(verdict: Verdict, one: Incident) -> bool:
        if covers(verdict, one, share):
            return True
        if one.matured and not _both_degraded(verdict, one):
            return False
        return _can_be_one(verdict, one) and is_nested(verdict.part, one.verdict.part, share)

    return akin


def covers(verdict: Verdict, one: Incident, share: Share) -> bool:
    """Whether the verdict's part stands above the incident's and explains it: one event, seen whole only now."""
    return _can_be_one(verdict, one) and share(one.verdict.part, verdict.part) >= WITHIN


def related(verdict: Verdict, others: Iterable[Verdict], share: Share) -> bool:
    """Whether most of what it says is said by one of the others already."""
    return any(is_nested(verdict.part, other.part, share) for other in others)


def is_nested(part: str, other: str, share: Share) -> bool:
    """Whether one lies within the other, or they are about the same."""
    there, back = share(part, other), share(other, part)
    return max(there, back) >= WITHIN or min(there, back) >= MOSTLY


def is_alike(part: str, other: str, share: Share) -> bool:
    """Whether they are about the same, as far as checks can tell: a line and the network behind it."""
    return min(share(part, other), share(other, part)) >= MOSTLY


def _can_be_one(verdict: Verdict, one: Incident) -> bool:
    if one.verdict.agents and Component(verdict.part.partition(":")[0]) in FAR:  # what lies beyond silences nobody
        return False
    if is_only_put_away(one) or one.verdict.expected_off or verdict.expected_off:
        return False
    return _both_degraded(verdict, one) or abs(verdict.onset - one.verdict.onset) <= ONE_EVENT_S


def _both_degraded(verdict: Verdict, one: Incident) -> bool:
    return verdict.level is not Level.DOWN and one.verdict.level is not Level.DOWN
