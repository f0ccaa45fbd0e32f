"""Losses that come in bursts: a part that loses a share of what crosses it is bad for seconds and good in between.

The model is Gilbert's and Elliott's: two states with exponential stays; losses within one train are then correlated.
"""

from bisect import bisect_right
from math import inf
from random import Random

BAD_S = 3.0
"""How long a bad stretch lasts on average."""
BAD_LOSS = 0.8
"""What it loses meanwhile."""


class Bursts:
    """Good and bad stretches of one part from ``begins`` to ``ends``; what is lost is ``loss`` on average."""

    def __init__(self, seed: str, loss: float, begins: float, ends: float) -> None:
        dice = Random(f"{seed}/bursts")  # noqa: S311  # a simulation must be repeatable
        self._bad_loss = max(BAD_LOSS, loss)
        share = loss / self._bad_loss
        self._turns = [begins]
        bad = dice.random() < share
        self._first_is_bad = bad
        good_s = BAD_S * (1 - share) / share if share else 0.0
        while self._turns[-1] < ends and 0 < share < 1:
            self._turns.append(self._turns[-1] + dice.expovariate(1 / (BAD_S if bad else good_s)))
            bad = not bad
        if share >= 1:
            self._first_is_bad = True

    def loss(self, at: float) -> float:
        """The share lost at that moment."""
        return self.stretch(at)[2]

    def stretch(self, at: float) -> tuple[float, float, float]:
        """When the stretch of that moment begins and ends, and the share lost in it."""
        after = bisect_right(self._turns, at)
        lost = self._bad_loss if (after % 2 == 0) != self._first_is_bad else 0.0
        return (
            self._turns[after - 1] if after else -inf,
            self._turns[after] if after < len(self._turns) else inf,
            lost,
        )
