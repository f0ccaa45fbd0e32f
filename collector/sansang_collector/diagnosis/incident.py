"""What an incident is to the lifecycle: one cause, from the first suspicion to what was found out later. Plain values.

Only machines change this; what people do (acknowledge, assign, note) stands beside it in the ledger.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity

from .verdict import Cause, Ground, Verdict


class Phase(StrEnum):
    """Where an incident stands."""

    SUSPECT = "suspect"
    """Shown on the map, nobody is told."""
    OPEN = "open"
    CLOSING = "closing"
    """It seems to be over; not yet for long enough."""
    RESOLVED = "resolved"
    DROPPED = "dropped"
    """A suspicion that came to nothing, or was merged into another incident."""


class Happening(StrEnum):
    """What can happen to an incident; each is a row of its story."""

    SUSPECTED = "suspected"
    OPENED = "opened"
    UPDATED = "updated"
    """Cause, level, class or scope changed."""
    MATURED = "matured"
    CLOSING = "closing"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    DROPPED = "dropped"
    REVISED = "revised"
    """Results that arrived late told more."""
    UNSTABLE = "unstable"
    """It came and went three times within an hour."""
    OVERRUN = "overrun"
    """Planned work should be over and is not."""
    HELD_BACK = "held_back"
    """Nobody is told, and why."""
    MERGED = "merged"
    UNMERGED = "unmerged"
    """Somebody took a merge back."""
    SPLIT = "split"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    RESOLVED_BY_HAND = "resolved_by_hand"
    SEEN = "seen"
    """A look knows more, but nothing that is told: the incident is to be kept, its story gets no row."""


class Revision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known once what was stored meanwhile has arrived."""

    at: float
    causes: tuple[Cause, ...]
    onset: float
    ended_at: float
    grounds: tuple[Ground, ...] = ()


class Incident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One incident as the last look left it. Times are Unix seconds by the collector's clock."""

    id: int = 0
    """The row's; 0 before it has one."""
    code: str = ""
    """Six characters for people, random; empty before there is a row."""
    phase: Phase
    verdict: Verdict
    """The newest one."""
    onset: float
    """When it truly began, as far as is known."""
    detected_at: float
    """When it was first suspected."""
    found: int = 1
    """How many looks in a row found it, those left out that come too soon after another."""
    seen_at: float = 0.0
    """The look that last found it; of one that is closing, the last that found it well."""
    opened_at: float | None = None
    matured: bool = False
    """It has been open for long enough to stay what it is: it explains its evidence."""
    changed_at: float = 0.0
    """When it was last told that cause, class, scope, owner or severity changed, or that it is open."""
    pending: str = ""
    """What has changed since and is still to be told, as in :attr:`Step.detail`."""
    closing_since: float | None = None
    ended_at: float | None = None
    """When it truly ended; None of a resolved one whose evidence never turned well: somebody resolved it by hand."""
    resolved_at: float | None = None
    flaps: tuple[float, ...] = ()
    """When it came back within ten minutes after it was resolved."""
    unstable: bool = False
    owner: Owner
    severity: Severity = Severity.WARNING
    held_back: str = ""
    """What keeps people from being told (``maintenance:7``, ``situation:3``, ``incident:12``, ``hours:06001``: the
    commune is closed); empty: nothing."""
    revision: Revision | None = None
    hit: tuple[str, ...] = ()
    """All communes it has hit so far."""
    counters: int = 0
    """Counters in opening hours that cannot serve because of it, as last counted."""
    apart: tuple[str, ...] = ()
    """Communes that somebody split off: it is about them alone, and no other incident of the same is about them."""


class Step(NamedTuple):
    """One change of one incident: as it is now, and what happened."""

    incident: Incident
    happened: Happening
    detail: str = ""
    """For the story, where the kind does not say it all: words ``aspect=before`` with what changed (``cause``,
    ``level``, ``class``, ``communes``, ``services``, ``owner``, ``severity``, ``held_back``, ``part_gone``, ``ended``),
    ``did_not_come_back``, or the number of the incident it was merged into."""
