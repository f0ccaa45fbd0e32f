"""Whether a machine is in contact, and if not, why: said goodbye, off as usual, silent, retired, never seen. Pure.

"Silent" is a fault; the others are as usual or somebody's decision, as is that a machine is shut out: revoked, or
quarantined. Whoever asks hands in the present.
"""

from enum import StrEnum
from math import inf
from typing import NamedTuple

from sansang_agent.contract.report import GoodbyeReason

from .expected import NOTHING_USUAL, Due, Usual, Week

SILENT_SECONDS = 45.0
"""Three reports' time (one every 15 s)."""
BRIEF_SECONDS = 600.0
"""How long a restart or an update explains, and how much later than announced a machine may be back."""
STOPPED_SECONDS = 86400.0
"""How long a goodbye without a time explains that a machine which nobody switches off is away."""
_BRIEF = frozenset({GoodbyeReason.RESTART, GoodbyeReason.UPDATE})


class State(StrEnum):
    """How a machine stands with the collector."""

    ONLINE = "online"
    GOODBYE = "goodbye"
    """It said that it would be away, and why."""
    EXPECTED_OFF = "expected_off"
    """It is away at an hour at which nobody works there."""
    SILENT = "silent"
    """It should be there and is not."""
    RETIRED = "retired"
    NEVER_SEEN = "never_seen"
    REVOKED = "revoked"
    """It has no valid token any more; ``why`` is a tokens.End."""
    QUARANTINED = "quarantined"
    """Two machines used its token, and neither may any more."""


OFF_AS_USUAL = frozenset({State.GOODBYE, State.EXPECTED_OFF})
"""Away, and nothing is wrong with that."""


class Liveness(NamedTuple):
    """A machine's state, since when it has been in it, and what explains it. Times are Unix seconds."""

    state: State
    since: float | None = None
    """None where there is no telling: online, or never seen."""
    why: str = ""
    """Of a goodbye its reason; of a machine that is off as usual ``hours`` or ``habit``; of a revoked one why."""
    back: float | None = None
    """When a machine that is away is expected again; None: not known."""


class Present(NamedTuple):
    """The moment something is said of, since when this collector has been able to hear anyone, and what is usual.

    Times are Unix seconds.
    """

    at: float
    listening_since: float
    usual: Usual = NOTHING_USUAL

    @property
    def heard_everyone(self) -> bool:
        """Whether everyone has had the time to speak: while the collector was down nobody could be in contact."""
        return self.at - self.listening_since > SILENT_SECONDS

    @property
    def contact_since(self) -> float:
        """Whoever was last in contact before this is silent."""
        return self.at - SILENT_SECONDS

    @property
    def contact_until(self) -> float:
        """A contact after this is of a clock that has been set back since, and says nothing of the present."""
        return self.at + SILENT_SECONDS


class Known(NamedTuple):
    """What the ledger has of a machine's whereabouts. Times are Unix seconds."""

    commune: str
    role: str
    retired_at: float | None
    contact: float | None
    """None while it was never in contact."""
    known_silent: bool
    """Whether it is written down that it is not in contact."""
    goodbye: str | None
    """The reason in its newest report, if that was a goodbye."""
    back: float | None
    """When the goodbye said that it would end."""
    quarantined_at: float | None = None
    revoked_at: float | None = None
    revoked_why: str | None = None


def is_silent(last_contact: float, known_silent: bool, present: Present) -> bool:
    """Whether an agent is not in contact: known for it since before a restart, or not heard for three reports' time."""
    recent = present.contact_since <= last_contact <= present.contact_until
    return known_silent or (present.heard_everyone and not recent)


def state_of(known: Known, present: Present) -> Liveness:
    """How a machine stands with the collector now."""
    if decided := _decided(known):
        return decided
    if known.contact is None:
        return Liveness(State.NEVER_SEEN)
    if not is_silent(known.contact, known.known_silent, present):
        return Liveness(State.ONLINE)
    week = present.usual.week(known.commune, known.role)
    if known.goodbye is None:
        return _away(known, known.contact, week.due(known.contact), present)
    explained = _explained(known.goodbye, known.contact, known.back, week)
    if present.at < explained.until:
        back = known.back or (explained.due.since if explained.due else None)
        return Liveness(State.GOODBYE, known.contact, known.goodbye, back)
    return _away(known, known.contact, explained.due, present)


def _decided(known: Known) -> Liveness | None:
    """What was decided about a machine, whatever it does."""
    if known.retired_at is not None:
        return Liveness(State.RETIRED, known.retired_at)
    if known.quarantined_at is not None:
        return Liveness(State.QUARANTINED, known.quarantined_at)
    if known.revoked_at is not None:
        return Liveness(State.REVOKED, known.revoked_at, known.revoked_why or "")
    return None


class _Explained(NamedTuple):
    """Until when a goodbye explains that a machine is away, and when it is missed after that."""

    until: float
    due: Due | None


def _explained(reason: str, left: float, back: float | None, week: Week) -> _Explained:
    if reason in _BRIEF or back is not None:
        until = (left if back is None else max(left, back)) + BRIEF_SECONDS
        due = week.due(until)
        at_once = due is not None and due.at == until
        return _Explained(until, Due(until, until - BRIEF_SECONDS) if at_once else due)
    due = Due(left + STOPPED_SECONDS, left) if week.always else week.next_due(left)
    return _Explained(due.at if due else inf, due)


def _away(known: Known, left: float, due: Due | None, present: Present) -> Liveness:
    """Of a machine whose absence is not explained, or not any more: missed, or not yet."""
    if due is not None and present.at >= due.at:
        return Liveness(State.SILENT, due.since)
    why = present.usual.why_off(known.commune, present.at)
    return Liveness(State.EXPECTED_OFF, left, why, due.since if due else None)
