"""Many incidents of one event as they are told: which situations a look makes of them, and how many messages that is.

What is told by itself before it is known to be one of many is a message of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.incident import Happening, Incident
from sansang_collector.incidents import situations
from sansang_collector.incidents.situations import Situation
from sansang_collector.incidents.whereabouts import Whereabouts

_TOLD = (Happening.OPENED, Happening.UPDATED)


class Gathering:
    """Of one trial."""

    def __init__(self, whereabouts: Whereabouts, share: Callable[[str, str], float]) -> None:
        self._whereabouts, self._share = whereabouts, share
        self.situations: dict[int, Situation] = {}
        self.messages = 0

    def members(self) -> Mapping[int, int]:
        """By incident the situation that it is told with."""
        return situations.members(self._under_way())

    def follow(self, incidents: Iterable[Incident], opened: Sequence[int], evidence: Evidence, now: float) -> None:
        """What a look makes of them; ``opened``: by number, what it opened."""
        around = self._whereabouts.around(evidence, self._share)
        for step in situations.follow(self._under_way(), incidents, around, now):
            number = step.situation.id or len(self.situations) + 1
            self.situations[number] = replace(step.situation, id=number)
            self.messages += step.happened in _TOLD
        together = self.members()
        self.messages += sum(one not in together for one in opened)

    def _under_way(self) -> list[Situation]:
        return [one for one in self.situations.values() if one.resolved_at is None]
