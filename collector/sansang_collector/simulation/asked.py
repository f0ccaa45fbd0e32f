"""What the centre has a simulated machine look at now: heard once, answered when a real one would be through.

Nothing is asked of anybody: the answer is what the machine's own check of that target would find, and says what it is.
"""

import msgspec

from sansang_agent.contract.assignment import Request
from sansang_agent.contract.check import Check
from sansang_agent.contract.report import Answer

ANSWER_S, APART_S = 1.0, 5.0
"""How long one look takes, and how far apart the looks of one request are."""


class Asked:
    """The requests of one machine that is on."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._waiting: list[tuple[float, Request]] = []

    def hear(self, answer: Answer, now: float) -> None:
        """Take what was not heard before; what cannot be read is for nobody here."""
        for raw in answer.requests:
            try:
                request = msgspec.json.decode(raw, type=Request)
            except msgspec.MsgspecError:
                continue
            if request.id not in self._seen:
                self._seen.add(request.id)
                self._waiting.append((now + ANSWER_S + (request.count - 1) * APART_S, request))

    @property
    def due(self) -> float:
        """When the first one can be answered, Unix seconds; infinite: nothing is asked."""
        return min((at for at, _ in self._waiting), default=float("inf"))

    def take(self, now: float) -> list[Request]:
        """Those to be answered now."""
        ready = [request for at, request in self._waiting if at <= now]
        self._waiting = [(at, request) for at, request in self._waiting if at > now]
        return ready


def own_check(asked: Check, own: tuple[Check, ...]) -> Check:
    """The machine's own check of that target, which crosses the same parts; without one what was asked for."""
    return next((check for check in own if check.target == asked.target), asked)
