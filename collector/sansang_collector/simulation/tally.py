"""What a simulation did: reports made, sent, taken and refused, and whom each fault hit."""

from collections import Counter, defaultdict

from .faults import Fault
from .world import Pc


class Tally:
    """Counted while it runs."""

    def __init__(self) -> None:
        self.reports = 0
        """Made by the machines."""
        self.accepted = 0
        self.refused = 0
        self.unanswered = 0
        """Envelopes without an answer that says what became of them."""
        self.statuses: Counter[int] = Counter()
        """Answers by HTTP status."""
        self._hit: defaultdict[Fault, set[Pc]] = defaultdict(set)

    def hit(self, fault: Fault, pc: Pc) -> None:
        """A fault made a check of this machine fail, held its reports back, or switched it off."""
        self._hit[fault].add(pc)

    def machines(self, fault: Fault) -> set[Pc]:
        """Whom it hit."""
        return self._hit.get(fault, set())

    def communes(self, fault: Fault) -> set[str]:
        """The communes of whom it hit."""
        return {pc.commune for pc in self.machines(fault)}
