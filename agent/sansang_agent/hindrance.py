"""Why the centre hears nothing although it can be reached: the few causes that a person can do something about.

The uplink names one beside its English sentence; ``sansang status`` says it and what to do in the user's language.
"""

from enum import StrEnum

from .contract.joining import CLONE, REVOKED
from .contract.outcome import Reason
from .contract.report import Problem
from .probes.reasons import reason_of


class Hindrance(StrEnum):
    """One cause; the four of a certificate are the collector's."""

    REVOKED = "revoked"
    """The centre has removed this machine."""
    CLONE = "clone"
    """Another machine uses the same identity."""
    TOKEN = "token"  # noqa: S105  # a cause's name
    """The token is not accepted, and the centre does not say that it ever was."""
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NAME = "name"
    """It is of another name than the collector's address."""
    ISSUER = "issuer"
    """Nobody whom this machine trusts has signed it."""


NEED_A_PERSON = frozenset({Hindrance.REVOKED, Hindrance.CLONE})
"""What does not pass by itself: asking again every minute would only fill the centre's log."""

_BY_REASON = {
    Reason.TLS_EXPIRED: Hindrance.EXPIRED,
    Reason.TLS_NOT_YET: Hindrance.NOT_YET,
    Reason.TLS_NAME: Hindrance.NAME,
    Reason.TLS_UNTRUSTED: Hindrance.ISSUER,
}
_BY_ANSWER = {(401, REVOKED): Hindrance.REVOKED, (403, CLONE): Hindrance.CLONE}


def hindrance_of(error: BaseException) -> Hindrance | None:
    """What a failure to get an answer says of the collector's certificate; None: nothing."""
    return _BY_REASON.get(reason_of(error)[0])


def hindrance_in(status: int, problem: Problem | None) -> Hindrance | None:
    """What an answer with this status says of this machine's identity; None: nothing."""
    if status not in (401, 403):
        return None
    return _BY_ANSWER.get((status, problem.type if problem else ""), Hindrance.TOKEN)
