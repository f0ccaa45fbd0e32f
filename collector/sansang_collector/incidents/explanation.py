"""What an explanation of an incident is made of: sentences and names in one language, and the figures behind them.

Only structs: ``explain`` makes them, ``explain_text`` and pages show them. Empty texts and lists say nothing.
"""

import msgspec

from sansang_agent.contract.rung import Component, Owner, Rung
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Phase


class CauseSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part that may be the cause."""

    part: str
    """Its id."""
    component: Component
    term: str
    """What such a part is called everywhere, by the glossary."""
    title: str
    """The term with its own name: which ring, whose terminal."""
    rung: Rung | None = None
    rung_term: str = ""
    owner: Owner
    chance: str = ""
    """How probable it is, in words; empty where it is the only one."""
    probability: float | None = None
    """Where evidence tells it from the others; None where only general frequency would."""


class PlaceSaid(msgspec.Struct, frozen=True):
    """A commune by its code and name."""

    code: str
    name: str


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who repairs it, and how they are reached."""

    owner: Owner
    term: str
    contact: str = ""
    """Desk, telephone, hours as entered; empty where nothing was."""
    sentence: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is to be said of an incident. Times are Unix seconds."""

    incident: int
    code: str
    language: str
    phase: Phase
    phase_term: str
    severity: Severity
    severity_term: str
    headline: str
    causes: tuple[CauseSaid, ...]
    """The class that the evidence leaves, most probable first."""
    where: str
    """The communes by name, the first ten of them."""
    communes: tuple[PlaceSaid, ...]
    """All of them."""
    since: str
    onset: float
    ended_at: float | None = None
    lasted: str = ""
    calls: tuple[Call, ...]
    """Whose it is first, then who else it may be of."""
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()
    is_not: tuple[str, ...] = ()
    """What it is not, and why."""
    would_split: tuple[str, ...] = ()
    """What would tell the causes of the class apart."""
    still_works: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    """For the owner."""
    held_back: str = ""
    """Why nobody was told."""
    planned: str = ""
    """Announced work, and whether it should be over."""
    handling: str = ""
    """Who has taken it on."""
    revised: str = ""
    """What was found out later."""
    unstable: str = ""
