"""The incidents of one look while it is worked through: what each has become, and what is to be told of it.

All changes of a look go through here, so that every step shows its incident as the look leaves it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from .context import Context
from .incident import Happening, Incident, Phase, Step

UPDATE_S = 60.0
"""Changes of less weight than whose it is and how urgent are told at most this often."""


class Course:
    """Of the incidents given to :func:`lifecycle.step`; places are those of ``incidents``."""

    def __init__(self, incidents: Sequence[Incident], now: float, context: Context) -> None:
        self.incidents = list(incidents)
        self.now = now
        self.context = context
        self.met: set[int] = set()
        """Places that this look's verdicts or suspicions were of."""
        self._before = tuple(incidents)
        self._story: list[tuple[int, Happening, str]] = []

    def add(self, incident: Incident, happened: Happening, detail: str = "") -> int:
        """Take in a new one; its place."""
        self.incidents.append(incident)
        place = len(self.incidents) - 1
        self.met.add(place)
        self.tell(place, happened, detail)
        return place

    def change(self, place: int, **fields: Any) -> Incident:
        """Set fields of an incident; as it is then."""
        self.incidents[place] = replace(self.incidents[place], **fields)
        return self.incidents[place]

    def tell(self, place: int, happened: Happening, detail: str = "") -> None:
        """A row for its story."""
        self._story.append((place, happened, detail))

    def put_off(self, place: int, *aspects: str) -> None:
        """Remember what changed (``aspect=before``) until it may be told; of each aspect what it was first."""
        pending = self.incidents[place].pending.split()
        known = {one.partition("=")[0] for one in pending}
        news = [one for one in aspects if one.partition("=")[0] not in known]
        self.change(place, pending=" ".join([*pending, *news]))

    def tell_changes(self, place: int, *, at_once: bool = False) -> None:
        """Tell what changed, if anything did and the last telling is long enough ago or it is urgent."""
        one = self.incidents[place]
        if one.pending and (at_once or self.now - one.changed_at >= UPDATE_S):
            self.tell(place, Happening.UPDATED, one.pending)
            self.change(place, pending="", changed_at=self.now)

    def is_new(self, place: int) -> bool:
        """Whether this look began it."""
        return place >= len(self._before)

    def was_found(self, place: int) -> bool:
        """Whether this look's verdicts found it as it is."""
        return place in self.met and self.incidents[place].found > 0

    def places(self, *phases: Phase) -> Iterator[int]:
        """Those in one of the phases, as they stand when they are reached."""
        for place in range(len(self.incidents)):
            if self.incidents[place].phase in phases:
                yield place

    def steps(self) -> list[Step]:
        """What happened, in its order; then the incidents of which a look only knows more."""
        told = {place for place, _, _ in self._story}
        quiet = [place for place, one in enumerate(self._before) if place not in told and self.incidents[place] != one]
        loud = [Step(self.incidents[place], happened, detail) for place, happened, detail in self._story]
        return loud + [Step(self.incidents[place], Happening.SEEN) for place in quiet]
