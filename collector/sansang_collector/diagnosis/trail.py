"""Half an hour in blocks, by candidate: what each block says for every share, kept and only corrected where it changed.

A block is added up anew when more arrived for it, and in part when more became known of its time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .columns import Columns
from .episodes import Episode, Key, Knowledge
from .evidence import BLOCKS, Evidence
from .gauge import Gauge, Rows, Sums, rows, sums
from .graph import Floats, Ints
from .verdict import Level

Singles = NDArray[np.float32]
_NEVER = (-1, -1, ())


class Trail:
    """``scores`` by share, row and candidate; ``bad`` and ``expected`` by row and candidate; rows turn in a ring."""

    def __init__(self, columns: Columns, gauge: Gauge) -> None:
        self.columns = columns
        self.gauge = gauge
        size = len(columns)
        self.scores: Singles = np.zeros((len(gauge.shares), BLOCKS, size), np.float32)
        self.bad: Singles = np.zeros((BLOCKS, size), np.float32)
        self.expected: Singles = np.zeros((BLOCKS, size), np.float32)
        self._knowledge = Knowledge(columns, delays=gauge.level is Level.SLOW)
        self._stamps: list[tuple[int, int, Key]] = [_NEVER] * BLOCKS
        self._baseline: Floats = np.zeros(0)

    def follow(self, evidence: Evidence, baseline: Floats, episodes: Sequence[Episode]) -> None:
        """Take in what arrived and what is known since the last time."""
        if not np.array_equal(self._baseline, baseline):
            self._baseline = baseline.copy()
            self._stamps = [_NEVER] * BLOCKS
        for number in evidence.block_numbers():
            self._renew(evidence, number, self._knowledge.key(number, episodes))
        self._knowledge.keep(key for _number, _grown, key in self._stamps)

    def has_any(self, number: int) -> bool:
        """Whether anything was tried in this block."""
        return bool(self.expected[number % BLOCKS].any())

    def rows(self, evidence: Evidence, number: int, only: Ints, without: int | None = None) -> Rows:
        """What a block holds of some checks, by all that is known, or all but of what ``without`` (a part) explains."""
        _number, _grown, key = self._stamps[number % BLOCKS]
        if without is not None:
            key = tuple(one for one in key if one[0] != without)
        return self._rows(evidence, number, key, only)

    def _renew(self, evidence: Evidence, number: int, key: Key) -> None:
        row = number % BLOCKS
        grown = evidence.half_minute(number).grown
        before, had, old = self._stamps[row]
        self._stamps[row] = number, grown, key
        if before == number and had == grown:
            if key != old:
                self._correct(evidence, number, old, key)
            return
        found = sums(self.gauge, self.columns, self._rows(evidence, number, key, None))
        self.scores[:, row] = 0
        self.bad[row] = self.expected[row] = 0
        self._add(row, found, 1.0)

    def _correct(self, evidence: Evidence, number: int, old: Key, key: Key) -> None:
        changed = [self.columns.across(part) for part in {one[0] for one in set(old) ^ set(key)}]
        only = np.unique(np.concatenate(changed))
        for what, sign in ((old, -1.0), (key, 1.0)):
            found = sums(self.gauge, self.columns, self._rows(evidence, number, what, only))
            self._add(number % BLOCKS, found, sign)

    def _rows(self, evidence: Evidence, number: int, key: Key, only: Ints | None) -> Rows:
        known = self._knowledge.known(key, evidence.is_echo)
        return rows(self.gauge, evidence, evidence.half_minute(number), self._baseline, known, only)

    def _add(self, row: int, found: Sums, sign: float) -> None:
        self.scores[:, row] += sign * found.scores
        self.bad[row] += sign * found.bad
        self.expected[row] += sign * found.expected
