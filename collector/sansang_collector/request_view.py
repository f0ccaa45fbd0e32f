"""How pages and the API show a request: what one machine was asked to look at, and what it found."""

from enum import StrEnum

import msgspec

from sansang_agent.contract.check import kind_of
from sansang_agent.contract.report import Result

from .requests import Asked

BY_SYSTEM = frozenset({"collector", "sansang"})
"""Who asks for second opinions, and for closer looks."""


class RequestState(StrEnum):
    """How far a request has come."""

    OPEN = "open"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """What one machine was asked to look at, and what it found."""

    id: str
    commune: str
    agent: int
    agent_name: str
    kind: str
    target: str
    count: int
    who: str
    why: str
    """Of a closer look by sansang itself: the incident's code."""
    by_system: bool
    """Whether nobody asked but the collector itself: for a second opinion, or because of a young incident."""
    state: RequestState
    asked_at: float
    expires_at: float
    sent_at: float | None
    answered_at: float | None
    results: tuple[Result, ...]


def request_view(asked: Asked, now: float) -> RequestView:
    """``asked`` as it stands at ``now``."""
    request = asked.request
    state = RequestState.SENT if asked.sent_at is not None else RequestState.OPEN
    if asked.answered_at is not None:
        state = RequestState.ANSWERED
    elif now > request.expires:
        state = RequestState.EXPIRED
    return RequestView(
        id=request.id,
        commune=asked.commune,
        agent=asked.agent,
        agent_name=asked.agent_name,
        kind=kind_of(request.check),
        target=request.check.target,
        count=request.count,
        who=asked.who,
        why=asked.why,
        by_system=asked.who in BY_SYSTEM,
        state=state,
        asked_at=asked.asked_at,
        expires_at=request.expires,
        sent_at=asked.sent_at,
        answered_at=asked.answered_at,
        results=asked.results,
    )
