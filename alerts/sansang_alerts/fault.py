"""What people are told of: one fault, in words that are ready, and what happened to it. Plain values.

The collector makes one of each incident and situation, the webhook one of each alert of an Alertmanager; nothing here
knows how either came about.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity


class Source(StrEnum):
    """Who knows of it."""

    INCIDENT = "incident"
    """One cause, found by the collector."""
    SITUATION = "situation"
    """Many incidents of one event, told once with their list."""
    ALERTMANAGER = "alertmanager"
    """An alert of a Prometheus."""
    WATCH = "watch"
    """The watch over the collector itself: it is silent."""


class Happening(StrEnum):
    """What became of a fault since it was last reported."""

    OPENED = "opened"
    UPDATED = "updated"
    """Anything in it changed: also that nothing holds it back any more, or its owner or severity."""
    UNSTABLE = "unstable"
    """It came and went three times within an hour; what follows is told once, when it is over for good."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody took it on at the source."""
    RECOVERED = "recovered"
    REOPENED = "reopened"
    """It came back within ten minutes."""
    WITHDRAWN = "withdrawn"
    """It is told no more by itself: it was merged into another, or came to nothing. ``Fault.withdrawn`` says which."""


class Place(msgspec.Struct, frozen=True):
    """A commune by its code and name."""

    code: str
    name: str


class Wording(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fault's sentences in one language, their moments as ``texts.times`` marks them. Empty says nothing."""

    headline: str
    """What, where, since when, in one line: ``Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14: 7 xã …``."""
    short: str = ""
    """The same with no list of places, for the shortest messages."""
    where: str = ""
    since: str = ""
    lasted: str = ""
    impact: str = ""
    """Counters that cannot serve."""
    evidence: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    call: str = ""
    """Whom to call to have it repaired."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault as its source knows it now. Times are Unix seconds."""

    source: Source
    key: str
    """What tells it from others of its source; the same as long as it is the same fault."""
    code: str = ""
    """Six characters by which people name it and acknowledge it; empty: alerts make one."""
    owner: Owner
    severity: Severity
    began_at: float
    """When it truly began, as far as is known."""
    opened_at: float
    """When its source was sure."""
    ended_at: float | None = None
    communes: tuple[Place, ...] = ()
    systems: tuple[str, ...] = ()
    """Services that it is about, by id."""
    parts: tuple[str, ...] = ()
    """Ids of the components that may be the cause; a channel that leaves through one of them may be silent."""
    counters: int = 0
    held_back: str = ""
    """Why nobody is to be told by itself (``maintenance:7``, ``situation:3``, ``hours:06001``); empty: nothing."""
    withdrawn: str = ""
    """Why it is told no more; what it was merged into by its code, if it was."""
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    page: str = ""
    """Path of its page behind ``public_url``, with a slash in front; or a whole address."""
    runbook: str = ""
    """The same, of what to do."""
    wordings: dict[str, Wording]
    """By language: at least ``vi``."""

    def said(self, language: str) -> Wording:
        """In a language, or in Vietnamese, moments as marks: people are told what ``Phrases.said`` makes of it."""
        return self.wordings.get(language) or self.wordings["vi"]


class Report(NamedTuple):
    """One change of one fault."""

    fault: Fault
    happened: Happening
    at: float
