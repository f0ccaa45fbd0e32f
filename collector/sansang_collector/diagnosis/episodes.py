"""What is known to have been broken, by moments: it explains what was found then, also after it is over.

Without this a cut that was repaired would look like a line that lost a lot, seen from half an hour later.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .columns import Columns, Flags
from .evidence import BLOCK_S, BLOCKS
from .gauge import Known
from .graph import Floats
from .verdict import Level

BEFORE_S, AFTER_S = 15.0, 60.0
"""How long before its onset and after its end a broken part still spoils results."""
BROKEN = 1.0

Key = tuple[tuple[int, float, bool], ...]
"""What is known of a block: parts, the shares they lose, BROKEN where all, and whether in bursts; sorted."""


class Episode(NamedTuple):
    """Some part was broken for a while; ``causes`` are all parts that it may have been (numbers)."""

    causes: tuple[int, ...]
    level: Level
    share: float
    begins: float
    until: float
    """Infinite as long as it goes on."""
    in_bursts: bool = False
    """Whether losses come together: a question's retries are then lost with it."""

    @property
    def part(self) -> int:
        """The most probable."""
        return self.causes[0]

    @property
    def on(self) -> bool:
        """Whether it goes on."""
        return self.until == np.inf

    def covers(self, began: float) -> bool:
        """Whether it spoils the block that began then."""
        if self.level is Level.DOWN:
            return self.begins - BEFORE_S < began + BLOCK_S and began < self.until + AFTER_S
        return self.begins < began + BLOCK_S / 2 and began < self.until


class Knowledge:
    """What episodes say of blocks, as arrays by check; made once for each combination of them."""

    def __init__(self, columns: Columns, *, delays: bool) -> None:
        self._columns = columns
        self._delays = delays
        self._made: dict[Key, Known] = {}

    def key(self, number: int, episodes: Iterable[Episode]) -> Key:
        """What is known of the block of this number."""
        there = {
            (part, self._share(one), one.in_bursts)
            for one in episodes
            if one.covers(number * BLOCK_S) and (self._delays or one.level is not Level.SLOW)
            for part in (one.causes if one.level is Level.DOWN else one.causes[:1])
        }
        return tuple(sorted(there))

    def known(self, key: Key, is_echo: Flags) -> Known:
        """The arrays."""
        if key not in self._made:
            self._made[key] = self._make(key, is_echo)
        return self._made[key]

    def keep(self, keys: Iterable[Key]) -> None:
        """Forget all others."""
        self._made = {key: self._made[key] for key in set(keys) if key in self._made}

    def _share(self, episode: Episode) -> float:
        """Behind a part that loses some, answers are slow as well: that is no other trouble."""
        hides = episode.level is Level.DOWN or (self._delays and episode.level is not Level.SLOW)
        return BROKEN if hides else episode.share

    def _make(self, key: Key, is_echo: Flags) -> Known:
        checks = self._columns.graph.checks
        hidden, spared = np.zeros(checks, np.bool_), np.ones(checks)
        for part, share, in_bursts in key:
            across = self._columns.across(part)
            if share >= BROKEN:
                hidden[across] = True
            else:
                spared[across] *= 1 - self._effect(part, share, is_echo[across] | in_bursts)
        broken = [share >= BROKEN for _part, share, _in_bursts in key]
        return Known(hidden if any(broken) else None, spared if not all(broken) else None)

    def _effect(self, part: int, share: float, whole: Flags) -> Floats:
        number = self._columns.numbers[part]
        if self._delays or self._columns.direct[number]:
            return np.full(len(whole), share)
        return np.where(whole, share, share**3)


def recent(episodes: Sequence[Episode], now: float) -> list[Episode]:
    """Those that still matter to half an hour."""
    return [one for one in episodes if one.until + AFTER_S > now - BLOCKS * BLOCK_S]
