"""Sets of sequence numbers as sorted, disjoint, closed ranges. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import inf

from sansang_agent.contract.report import Span


def of(numbers: Iterable[int]) -> tuple[Span, ...]:
    """The ranges that hold exactly ``numbers``."""
    return join((), ((number, number) for number in numbers))


def join(spans: Iterable[Span], more: Iterable[Span]) -> tuple[Span, ...]:
    """The union; ranges that touch become one."""
    joined: list[Span] = []
    for first, last in sorted((*spans, *more)):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def within(spans: tuple[Span, ...], most: int) -> tuple[Span, ...]:
    """No more than ``most`` ranges: the highest become one, with what lay between them.

    Machines send the newest first, so what is still to come to them lies below.
    """
    return spans if len(spans) <= most else (*spans[: most - 1], (spans[most - 1][0], spans[-1][1]))


def holds(spans: Sequence[Span], number: int) -> bool:
    """Whether ``number`` lies in one of the ranges, which are sorted."""
    at = bisect_right(spans, (number, inf)) - 1
    return at >= 0 and number <= spans[at][1]


def size(spans: Iterable[Span]) -> int:
    """How many numbers the ranges hold."""
    return sum(last - first + 1 for first, last in spans)
