"""Sets of sequence numbers as sorted, disjoint, closed ranges. Pure."""

from collections.abc import Iterable

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


def holds(spans: Iterable[Span], number: int) -> bool:
    """Whether ``number`` lies in one of the ranges."""
    return any(first <= number <= last for first, last in spans)


def size(spans: Iterable[Span]) -> int:
    """How many numbers the ranges hold."""
    return sum(last - first + 1 for first, last in spans)
