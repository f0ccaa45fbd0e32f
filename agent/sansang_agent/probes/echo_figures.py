"""The figures of one train of echoes: spread of the round-trip times, and jitter. Pure."""

import math
from collections.abc import Sequence
from itertools import pairwise

Spread = tuple[float, float, float, float]


def spread(rtts_ms: Sequence[float]) -> Spread | None:
    """Minimum, median, 95th percentile (nearest rank) and maximum, milliseconds; None without an answer."""
    if not rtts_ms:
        return None
    ordered = sorted(rtts_ms)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    found = (ordered[0], _median(ordered), p95, ordered[-1])
    minimum, median, p95, maximum = (round(each, 3) for each in found)
    return minimum, median, p95, maximum


def jitter(rtts_ms: Sequence[float]) -> float | None:
    """Mean absolute difference of successive round-trip times, milliseconds; None with fewer than two answers."""
    if len(rtts_ms) < 2:
        return None
    steps = [abs(later - earlier) for earlier, later in pairwise(rtts_ms)]
    return round(math.fsum(steps) / len(steps), 3)


def _median(ordered: Sequence[float]) -> float:
    """Of sorted numbers; the library's module for it costs every PC half a megabyte."""
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
