"""Looks for degraded parts every half minute over drawn traffic, with incidents held as a lifecycle would hold them."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.diagnosis.beliefs import Beliefs, unlearned
from sansang_collector.diagnosis.degraded import Degraded
from sansang_collector.diagnosis.verdict import Held, Level, Verdict
from tests.support.traffic import Traffic, learned

LOOK_S = 30.0
Key = tuple[str, Level]


class Opened(NamedTuple):
    """A verdict of a part that was not held."""

    at: float
    verdict: Verdict

    @property
    def part(self) -> str:
        """Its id."""
        return self.verdict.part


class Looker:
    """Looks at ``traffic``; what it finds stays held until it is found to be well."""

    def __init__(self, traffic: Traffic, beliefs: Beliefs | None = None) -> None:
        self.traffic = traffic
        self.beliefs = beliefs or well_known(traffic)
        self.degraded = Degraded(traffic.graph)
        self.held: dict[Key, Held] = {}
        self.opened: list[Opened] = []
        self.updated: list[Opened] = []
        self.recovered: list[tuple[float, Key]] = []
        self.suspects: tuple[Verdict, ...] = ()

    def watch(self, minutes: float, hard: Sequence[Verdict] = ()) -> "Looker":
        """Go on for so long."""
        until = self.traffic.now + 60 * minutes
        while self.traffic.now < until:
            self.traffic.run(self.traffic.now + LOOK_S)
            self._look(hard)
        return self

    def _look(self, hard: Sequence[Verdict]) -> None:
        now = self.traffic.now
        look = self.degraded.look(self.traffic.evidence, self.beliefs, list(self.held.values()), hard, now)
        self.suspects = look.suspects
        for one in look.verdicts:
            before = self.held.get((one.part, one.level))
            (self.updated if before else self.opened).append(Opened(now, one))
            for part in one.instead_of:
                del self.held[part, one.level]
            opened = before.opened_at if before else now
            loss = one.loss[1] if one.loss else 1.0
            held = Held(part=one.part, level=one.level, onset=one.onset, opened_at=opened, loss=loss)
            self.held[one.part, one.level] = held
        for key in look.recovered:
            if self.held.pop(key, None):
                self.recovered.append((now, key))


def well_known(traffic: Traffic) -> Beliefs:
    """Beliefs after weeks of watching this traffic."""
    return unlearned(traffic.graph)._replace(baseline=learned(traffic), learned=True)
