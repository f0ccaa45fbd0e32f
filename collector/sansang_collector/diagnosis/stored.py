"""What a machine kept of the time in which nobody heard it, and what can be read off it: echoes, boots, edges. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .sighting import Seen

EDGE_S = 8.0
"""Around an onset and an end it is not sure which side a result belongs to."""
CONFIRMS_S, LAST_TRY_S = 8.0, 4.0
"""Three tries of 1 or 2 s, 1 s apart: so long a run that fails lasts, and its last try begins so long after it."""
BEFORE_S, AFTER_S = 60.0, 60.0
"""How far around the gap its true edges are looked for."""
BRIEF_S = 45.0
"""A gap of less may lie between two results of a machine that went on."""
BACK_S = 600.0
"""A machine may take this long to come back once its power is."""


class Around(NamedTuple):
    """A gap as it was seen from outside, Unix seconds."""

    onset: float
    ended_at: float


class Edges(NamedTuple):
    """When it began and ended by one source, and how closely that brackets the two (seconds)."""

    onset: float
    ended_at: float
    within: float


class Trains(NamedTuple):
    """Runs of a check that failed, of all that were stored."""

    failed: int
    of: int


class Stored(NamedTuple):
    """One machine, once all that it kept has arrived. Times are Unix seconds by the collector's clock."""

    agent: int
    boots: tuple[float, ...] = ()
    """When its system started, as far as that is known; also long ago."""
    results: tuple[Seen, ...] = ()
    """Of the checks of its adapters, its gateway, its line and the core."""
    on_battery: bool | None = None
    """Whether it ran on battery within the gap, by reports taken then; None: it does not say."""

    def of(self, check: str) -> list[Seen]:
        """Its results of one check."""
        return [seen for seen in self.results if seen.check == check]

    def tells_of(self, gap: Around) -> bool:
        """Whether it went on within the gap and saw something of it; asleep, or off all the while, it saw nothing."""
        brief = gap.ended_at - gap.onset < BRIEF_S
        return brief or any(gap.onset + EDGE_S < one.at < gap.ended_at for one in self.results)

    def restarted_in(self, gap: Around) -> bool:
        """Whether it went on for a while within the gap, went off, and started anew."""
        last = {boot: max((one.at for one in self.results if one.at < boot), default=boot) for boot in self.boots}
        return any(
            gap.onset + EDGE_S < at < gap.ended_at - EDGE_S and boot <= gap.ended_at + BACK_S
            for boot, at in last.items()
        )

    def booted_in(self, gap: Around) -> float | None:
        """When it started within the gap, or as it came back; None where it went on all the while."""
        ends = gap.ended_at + BACK_S
        boot = next((at for at in sorted(self.boots) if gap.onset - EDGE_S <= at <= ends), None)
        if boot is None or any(gap.onset + EDGE_S < one.at < boot - EDGE_S for one in self.results):
            return None
        return boot


def trains(found: Iterable[Seen], gap: Around) -> Trains:
    """What was stored within a gap whose edges are known: failures, and what went well surely inside of it.

    A run that began within the gap and ended after it went well at its last try, which says nothing.
    """
    inside = [one for one in found if gap.onset - EDGE_S <= one.at <= gap.ended_at + EDGE_S]
    failed = sum(_is_failure(one) for one in inside)
    well = sum(not _is_failure(one) and gap.onset + 2 <= one.at <= gap.ended_at - CONFIRMS_S for one in inside)
    return Trains(failed, failed + well)


def edges(found: Iterable[Seen], gap: Around) -> Edges | None:
    """When one source's failures around the gap begin and end; None where it has none, or nothing good beside them."""
    near = sorted((one for one in found if gap.onset - BEFORE_S <= one.at <= gap.ended_at + AFTER_S), key=_at)
    failed = [one.at for one in near if _is_failure(one) and one.at <= gap.ended_at + EDGE_S]
    if not failed:
        return None
    before = [one.at for one in near if not _is_failure(one) and one.at < failed[0]]
    after = [one.at for one in near if not _is_failure(one) and one.at > failed[-1]]
    if not before or not after:
        return None
    still = failed[-1] + LAST_TRY_S
    onset, ended = (before[-1] + failed[0]) / 2, (still + max(after[0], still)) / 2
    return Edges(onset, ended, (failed[0] - before[-1] + max(after[0], still) - still) / 2)


def around(found: Sequence[Edges], gap: Around) -> Edges:
    """The closest of several, or the gap as it was seen."""
    return min(found, key=lambda one: one.within, default=Edges(gap.onset, gap.ended_at, 15.0))


def _at(one: Seen) -> float:
    return one.at


def _is_failure(one: Seen) -> bool:
    """Nothing came back at all; of a run whose last train was answered most may be lost."""
    return one.failed >= one.tried
