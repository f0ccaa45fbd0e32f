"""What pages and the API show of incidents, their story and situations: plain frozen views. Times are Unix seconds.

Of an incident that hits communes which somebody may not see, they are shown what is of theirs (``partial``): other
communes, machines, counts and evidence that speak of them are left out.
"""

from typing import Annotated

import msgspec

from sansang_agent.contract.rung import Component, Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.diagnosis.verdict import Ground, Level

from .situations import Battery


class HitView(msgspec.Struct, frozen=True):
    """A commune that it hits."""

    code: str
    name: str


class CauseView(msgspec.Struct, frozen=True):
    """One of the causes that evidence does not tell apart."""

    part: str
    name: str
    """Its own name; empty where it has none."""
    probability: float


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident."""

    id: int
    code: str
    """Six characters for people."""
    phase: Phase
    level: Level
    part: str
    """The most probable cause's id; empty where it belongs to a commune that is not shown."""
    kind: Component
    name: str
    owner: Owner
    severity: Severity
    onset: float
    onset_within_s: float
    opened_at: float | None
    """None: still a suspicion, nobody was told."""
    changed_at: float
    ended_at: float | None
    """When it truly ended, as far as is known."""
    resolved_at: float | None
    communes: tuple[HitView, ...]
    partial: bool
    agents: tuple[int, ...]
    services: tuple[str, ...]
    counters: int | None
    """Counters in opening hours that cannot serve because of it; None where it is partial."""
    causes: tuple[CauseView, ...]
    grounds: tuple[Ground, ...]
    loss: tuple[float, float, float] | None
    expected_off: bool
    unstable: bool
    held_back: str
    """What keeps people from being told: ``maintenance:7``, ``situation:3``, ``incident:12``; empty: nothing."""
    is_revised: bool
    situation: int | None
    maintenance: int | None
    merged_into: int | None
    acknowledged_at: float | None
    acknowledged_by: str | None
    assigned_to: str | None


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an incident's story."""

    id: int
    at: float
    happened: Happening
    who: str
    """Empty where nobody did it."""
    detail: str
    """A note's text, what it was before, or another incident's number; empty where the incident is partial."""
    other_code: str = ""
    """The six characters of the incident that ``detail`` is the number of, if it is kept and may be seen."""


class SituationView(msgspec.Struct, frozen=True, kw_only=True):
    """Many incidents of one event."""

    id: int
    code: str
    kind: str
    area: str
    """The power area's name, where there is one and it is known."""
    began: float
    opened_at: float
    resolved_at: float | None
    incidents: tuple[int, ...]
    """Those that may be seen."""
    communes: tuple[HitView, ...]
    batteries: tuple[Battery, ...]
    """What machines of these communes last said they had left."""


Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Codes = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=16)], ...], msgspec.Meta(min_length=1, max_length=5000)]


class NoteAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be noted."""

    text: Text


class AssignAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to see to it; empty: nobody any more."""

    to: Annotated[str, msgspec.Meta(max_length=100)]


class ResolveAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is over although nothing measured says so."""

    why: Text


class MergeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The incident that it is one with."""

    into: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class SplitAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The communes that are to be an incident of their own."""

    communes: Codes
