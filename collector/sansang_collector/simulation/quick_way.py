"""What a machine of the fast world makes of a silent service: held back until its own way out has spoken.

The same rule as the agent's ``own_way.py``, worked out beforehand instead of from result to result.
"""

from collections import deque
from typing import NamedTuple

from sansang_collector.topology import CORE, INTERNET, NAMES

FAR = (CORE, INTERNET)
WITNESSES = frozenset({*FAR, NAMES})
KEPT = 12
"""Words of a witness that are remembered; three minutes and more."""


class Silence(NamedTuple):
    """A service that did not answer: when its run began, when that was known, whether its name was not found."""

    began: float
    known: float
    by_name: bool


class Settled(NamedTuple):
    """When it can be told, and whether the way was open."""

    at: float
    open: bool


class OwnWay:
    """The words of one machine's witnesses."""

    def __init__(self) -> None:
        self._words: dict[str, deque[tuple[float, bool]]] = {name: deque(maxlen=KEPT) for name in WITNESSES}

    def hear(self, check: str, known: float, *, good: bool) -> None:
        """A witness has spoken; other checks are none."""
        words = self._words.get(check)
        if words is not None:
            words.append((known, good))

    def settle(self, silence: Silence) -> Settled | None:
        """What becomes of it; None: the witnesses have not spoken since."""
        groups = [self._verdict(FAR, silence)]
        if silence.by_name:
            groups.append(self._verdict((NAMES,), silence))
        shut = [one for one in groups if one is not None and not one.open]
        if shut:
            return min(shut)
        said = [one for one in groups if one is not None]
        return max(said) if len(said) == len(groups) else None

    def _verdict(self, group: tuple[str, ...], silence: Silence) -> Settled | None:
        """The first moment at which one of them was well, or all were not."""
        heard: set[str] = set()
        since = sorted(
            (known, good, name) for name in group for known, good in self._words[name] if known >= silence.began
        )
        for known, good, name in since:
            at = max(known, silence.known)
            if good:
                return Settled(at, open=True)
            heard.add(name)
            if len(heard) == len(group):
                return Settled(at, open=False)
        return None
