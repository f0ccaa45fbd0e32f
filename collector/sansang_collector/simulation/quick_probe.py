"""What one run of a check finds in the fast world and when that is known: tries and time-outs as machines have."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from sansang_agent.contract.rung import Component
from sansang_collector.diagnosis.sighting import Seen

from .noise import APPLICATION, Hit, Noise
from .quick_checks import JITTER, LEAST_JITTER, Run
from .quick_outlook import Outlook

TRY_APART_S = 1.0
OK, FAILED, UNKNOWN = 0, 1, 2
_AT_ONCE_S = 0.05
_QUICK_TO_FAIL = {Component.SVC_TCP, Component.SVC_APP, Component.PC_APP}
"""What refuses or answers wrongly; the rest is silent until the time is out."""


class Found(NamedTuple):
    """What a run came to, and when that was known."""

    known: float
    outcome: int
    seen: Seen
    silent: Component | None = None
    """What kept a service from saying anything."""


class Prober:
    """One machine's; ``is_slow``: a part of its questions to services take too long."""

    def __init__(self, outlook: Outlook, noise: Noise, dice: Random, *, is_slow: bool) -> None:
        self._outlook, self._noise, self._slow = outlook, noise, is_slow
        self._draw = dice.random

    def run(self, run: Run, at: float) -> Found:
        """A run that begins ``at``, Unix seconds."""
        if run.is_own:
            return self._adapters(run, at)
        hits = self._outlook.hits(run.id, at)
        if run.echoes:
            return self._train(run, hits, at)
        known, silent = at, None
        for number in range(run.tries):
            culprit = self._spoils(run, hits, known)
            if culprit is None:
                ms = run.ms * (LEAST_JITTER + JITTER * self._draw()) + self._held_up(run, hits)
                return Found(known + ms / 1000, OK, Seen(run.id, at, 0, 1, True, ms))
            known += (_AT_ONCE_S if culprit in _QUICK_TO_FAIL else run.check.timeout) + (TRY_APART_S if number else 0)
            hits = self._outlook.hits(run.id, known + TRY_APART_S) if number + 1 < run.tries else hits
            silent = culprit if run.is_service and culprit not in _QUICK_TO_FAIL else None
        return Found(known, FAILED, Seen(run.id, at, 1, 1, True, None, "timeout"), silent)

    def _held_up(self, run: Run, hits: Sequence[Hit]) -> float:
        """Milliseconds that slow parts add."""
        slow = sum(hit.fault.slow_ms for hit in hits) if hits else 0.0
        return 2 * slow * self._draw() * run.trips if slow else 0.0

    def _adapters(self, run: Run, at: float) -> Found:
        if self._outlook.is_plugged(at):
            return Found(at, OK, Seen(run.id, at, 0, 1))
        return Found(at, FAILED, Seen(run.id, at, 1, 1, reason="unreachable"))

    def _spoils(self, run: Run, hits: Sequence[Hit], at: float) -> Component | None:
        """What makes one try fail; TCP asks three times by itself."""
        for hit in hits:
            loss = self._outlook.loss((hit,), at, line=False)
            if hit.fault.down or self._draw() < (loss if hit.kind in APPLICATION else loss**3):
                return hit.kind
        if run.is_service and self._fails_by_itself():
            return Component.PC
        lost = self._outlook.line_loss(at)
        return Component.ACCESS_LINK if lost and self._draw() < lost**3 else None

    def _fails_by_itself(self) -> bool:
        return self._draw() < self._noise.spurious or (self._slow and self._draw() < self._noise.slow_timeouts)

    def _train(self, run: Run, hits: Sequence[Hit], at: float) -> Found:
        """Echoes of all tries of a run count, as the agent counts them."""
        began, lost = at, 0
        for number in range(run.tries):
            sent = (number + 1) * run.echoes
            loss = self._outlook.loss(hits, began, line=run.crosses_line)
            missing = self._lost(run.echoes, loss)
            lost += missing
            if missing < run.echoes:
                ms = run.ms * (LEAST_JITTER + JITTER * self._draw()) + self._held_up(run, hits)
                known = began + (run.train_s + ms / 1000 if not missing else run.check.timeout)
                return Found(known, OK, Seen(run.id, at, lost, sent, True, ms))
            began += run.check.timeout + TRY_APART_S
            if number + 1 < run.tries:
                hits = self._outlook.hits(run.id, began)
        return Found(began - TRY_APART_S, FAILED, Seen(run.id, at, lost, lost, True, None, "timeout"))

    def _lost(self, count: int, loss: float) -> int:
        if loss <= 0:
            return 0
        if loss >= 1:
            return count
        draw = self._draw
        if draw() < (1 - loss) ** count:
            return 0
        while True:  # at least one: draw until it is so
            lost = sum(draw() < loss for _ in range(count))
            if lost:
                return lost
