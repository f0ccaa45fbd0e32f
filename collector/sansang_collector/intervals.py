"""How results become intervals, in whatever order they arrive: extend, merge, split. Pure.

An interval is a maximal run of results with one outcome in which no two neighbours lie further apart than ``gap_ms``:
not measured is not ok. Times are milliseconds.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import NamedTuple

from sansang_agent.contract.outcome import Outcome, Reason


class Moment(NamedTuple):
    """One result: when, what, and whether it arrived as history."""

    at_ms: int
    outcome: Outcome
    reason: Reason | None
    late: bool = False


class Interval(NamedTuple):
    """One stretch of one outcome; ``reason`` is of its first result. ``id`` is its row, None before it has one."""

    first_ms: int
    last_ms: int
    outcome: Outcome
    reason: Reason | None
    late: bool
    revision: int = 1
    id: int | None = None


Neighbours = Callable[[Interval, int], tuple[Moment | None, Moment | None]]
"""``(whole, at)`` → the kept results of the interval ``whole`` nearest before and after ``at``."""


class Timeline:
    """The intervals of one check around the results being added; afterwards it tells what to write."""

    def __init__(self, intervals: Iterable[Interval], gap_ms: int, neighbours: Neighbours) -> None:
        self.intervals = sorted(intervals, key=attrgetter("first_ms"))
        self.superseded: list[Interval] = []
        """Rows, as they were read or last stretched, that a merge or a split has replaced."""
        self._gap_ms = gap_ms
        self._neighbours = neighbours

    def add(self, moment: Moment) -> None:
        """Put one result in its place; its time must not have been added before."""
        index = bisect_right(self.intervals, moment.at_ms, key=attrgetter("first_ms")) - 1
        if index >= 0 and self.intervals[index].last_ms >= moment.at_ms:
            self._inside(index, moment)
        else:
            self._between(index, moment)

    def _inside(self, index: int, moment: Moment) -> None:
        whole = self.intervals[index]
        if whole.outcome is moment.outcome or moment.at_ms in {whole.first_ms, whole.last_ms}:
            return
        before, after = self._neighbours(whole, moment.at_ms)
        # Where single results are not kept any more: some lay on both sides, and none further than a gap from the next.
        ends = before.at_ms if before else max(whole.first_ms, moment.at_ms - self._gap_ms // 2)
        begins = after.at_ms if after else min(whole.last_ms, moment.at_ms + self._gap_ms // 2)
        reason = after.reason if after else whole.reason
        revision = whole.revision + 1
        self._replace(
            index,
            index + 1,
            Interval(whole.first_ms, ends, whole.outcome, whole.reason, whole.late, revision),
            Interval(moment.at_ms, moment.at_ms, moment.outcome, moment.reason, moment.late, revision),
            Interval(begins, whole.last_ms, whole.outcome, reason, whole.late, revision),
        )

    def _between(self, index: int, moment: Moment) -> None:
        """Place a result after ``intervals[index]`` (-1: before all) and before the next one."""
        at = moment.at_ms
        before = self.intervals[index] if index >= 0 else None
        after = self.intervals[index + 1] if index + 1 < len(self.intervals) else None
        joins_before = before and before.outcome is moment.outcome and at - before.last_ms <= self._gap_ms
        joins_after = after and after.outcome is moment.outcome and after.first_ms - at <= self._gap_ms
        if before and after and joins_before and joins_after:
            revision = max(before.revision, after.revision) + 1
            late = before.late or after.late or moment.late
            merged = Interval(before.first_ms, after.last_ms, before.outcome, before.reason, late, revision)
            self._replace(index, index + 2, merged)
        elif before and joins_before:
            self.intervals[index] = before._replace(last_ms=at, late=before.late or moment.late)
        elif after and joins_after:
            late = after.late or moment.late
            self.intervals[index + 1] = after._replace(first_ms=at, reason=moment.reason, late=late)
        else:
            self.intervals.insert(index + 1, Interval(at, at, moment.outcome, moment.reason, moment.late))

    def _replace(self, start: int, end: int, *made: Interval) -> None:
        self.superseded += [gone for gone in self.intervals[start:end] if gone.id is not None]
        self.intervals[start:end] = made
