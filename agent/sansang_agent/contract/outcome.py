"""What a probe can find out: three outcomes and a closed list of reasons.

"Could not find out" (unknown) is never "is down" (failed); every table, metric and page keeps them apart.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """The answer of one check."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an outcome is not ``ok``; closed, so that it can be a metric label."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_ROUTE = "no_route"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    WRONG_ANSWER = "wrong_answer"
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET = "tls_not_yet"
    TLS_NAME = "tls_name"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_HANDSHAKE = "tls_handshake"
    HTTP_STATUS = "http_status"
    WRONG_CONTENT = "wrong_content"
    RESET = "reset"
    WRONG_CREDENTIALS = "wrong_credentials"
    NO_SUCH_OBJECT = "no_such_object"
    # from here on: could not find out
    NO_PERMISSION = "no_permission"
    NO_INTERNET = "no_internet"
    NOT_CONFIGURED = "not_configured"
    REFUSED_BY_POLICY = "refused_by_policy"
    RESOLVER_BUSY = "resolver_busy"
    NOT_SUPPORTED = "not_supported"
    INTERNAL = "internal"


UNKNOWN_REASONS = frozenset(
    {
        Reason.NO_PERMISSION,
        Reason.NO_INTERNET,
        Reason.NOT_CONFIGURED,
        Reason.REFUSED_BY_POLICY,
        Reason.RESOLVER_BUSY,
        Reason.NOT_SUPPORTED,
        Reason.INTERNAL,
    }
)
"""Reasons that only ever go with ``unknown``; all others only ever go with ``failed``."""


def outcome_of(reason: Reason | None) -> Outcome:
    """The outcome a reason belongs to; no reason is ``ok``."""
    if reason is None:
        return Outcome.OK
    return Outcome.UNKNOWN if reason in UNKNOWN_REASONS else Outcome.FAILED
