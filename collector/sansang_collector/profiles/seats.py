"""Who comes when: a seat for each around one cycle, neighbours far apart, and few move when one comes or goes. Pure.

The golden ratio strews numbers evenly, and numbers next to each other far apart; who finds a seat taken takes the next.
"""

from collections.abc import Hashable, Iterable
from typing import TypeVar

_GOLDEN = 0.618033988749895
_SECOND = 0.754877666246693
"""The same for a second number (the plastic number's inverse)."""

K = TypeVar("K", bound=Hashable)


def room(count: int) -> int:
    """Seats to keep for ``count``: up to an eighth more, the same number while the count grows a little."""
    step = 1 << max(0, count.bit_length() - 4)
    return -(-count // step) * step


def place(code: str, number: int = 0) -> float:
    """Where a commune (and machine ``number`` of it) would like to sit: a share of the cycle, 0 ≤ share < 1."""
    return (int(code) * _GOLDEN + number * _SECOND) % 1.0


def seated(wishes: Iterable[tuple[K, float]], size: int) -> dict[K, int]:
    """A seat, 0 … size - 1, for each in order: the one wished for (a share of the cycle), else the next that is free.

    Whoever finds none is left out.
    """
    following = list(range(size + 1))
    found: dict[K, int] = {}
    for key, share in wishes:
        if len(found) == size:
            break
        seat = _free(following, int(share * size))
        if seat == size:
            seat = _free(following, 0)
        following[seat] = seat + 1
        found[key] = seat
    return found


def _free(following: list[int], seat: int) -> int:
    """The first free seat from ``seat`` on, ``size`` where there is none; shortens the way for who comes later."""
    end = seat
    while following[end] != end:
        end = following[end]
    while following[seat] != end and seat != end:
        following[seat], seat = end, following[seat]
    return end
