"""Which reports to drop when the spool fills: pure, rows in, row ids out.

Changes of outcome and the edges of quiet stretches survive longest; the middle of "nothing new" goes first.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

MAX_BYTES = 64 * 1024 * 1024
MAX_AGE_S = 14 * 86_400.0
LONGEST_BELIEVABLE_AGE_S = 400 * 86_400.0
"""A row of another boot that seems older than this shows a wrong clock, not an old row."""


class Size(NamedTuple):
    """One row: its id, whether it is kept longest, its bytes."""

    id: int
    keep: bool
    size: int


def too_many(rows: Sequence[Size], limit: int) -> list[int]:
    """Ids to drop from ``rows`` (oldest first) so that they stay below ``limit`` bytes.

    Above half of it quiet stretches are thinned from their middle; above all of it the oldest rows go,
    plain ones first. Each goes a little further than it must, so that it is not due again at once.
    """
    total = sum(row.size for row in rows)
    if total <= limit / 2:
        return []
    dropped = _thin(rows, total - limit * 9 // 20)
    left = total - sum(row.size for row in rows if row.id in dropped)
    if left > limit:
        dropped |= _oldest([row for row in rows if row.id not in dropped], left - limit * 19 // 20)
    return sorted(dropped)


def _thin(rows: Sequence[Size], excess: int) -> set[int]:
    """Drop about ``excess`` bytes from the middle of the longest stretches of plain rows; their edges stay."""
    stretches = [(-len(stretch), stretch[0].id, stretch) for stretch in _stretches(rows)]
    heapq.heapify(stretches)
    dropped: set[int] = set()
    while excess > 0 and stretches:
        _, first, stretch = heapq.heappop(stretches)
        count = min(len(stretch) - 2, max(1, len(stretch) // 4))
        if count < 1:
            break
        begin = (len(stretch) - count) // 2
        gone = stretch[begin : begin + count]
        dropped.update(row.id for row in gone)
        excess -= sum(row.size for row in gone)
        rest = stretch[:begin] + stretch[begin + count :]
        heapq.heappush(stretches, (-len(rest), first, rest))
    return dropped


def _stretches(rows: Sequence[Size]) -> list[list[Size]]:
    found: list[list[Size]] = [[]]
    for row in rows:
        if row.keep:
            found.append([])
        else:
            found[-1].append(row)
    return [stretch for stretch in found if stretch]


def _oldest(rows: Sequence[Size], excess: int) -> set[int]:
    dropped: set[int] = set()
    for row in sorted(rows, key=lambda row: (row.keep, row.id)):
        if excess <= 0:
            break
        dropped.add(row.id)
        excess -= row.size
    return dropped


class Moment(NamedTuple):
    """When a report was taken: in which boot, by both clocks."""

    boot: str
    mono: float
    wall: float


def is_too_old(taken: Moment, now: Moment) -> bool:
    """Whether a report is past its age; a wall clock that jumped is not believed over data."""
    if taken.boot == now.boot:
        return now.mono - taken.mono > MAX_AGE_S
    return MAX_AGE_S < now.wall - taken.wall < LONGEST_BELIEVABLE_AGE_S
