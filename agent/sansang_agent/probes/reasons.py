"""From exceptions to the closed list of reasons, through one table; most specific first.

ProbeError            what a probe itself found wrong
NameFailure           names.py
NoPermissionError     platform/
OSError               sockets; ssl.SSLError and TimeoutError are among its kinds
EOFError              the other side hung up in the middle
"""

import errno
import os
import socket
import ssl

from sansang_agent.contract.outcome import Reason
from sansang_agent.names import NameFailure
from sansang_agent.platform import NoPermissionError


class ProbeError(Exception):
    """What a probe itself found wrong: a reason and its evidence."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


EXPECTED = (ProbeError, NameFailure, NoPermissionError, OSError, EOFError)
"""What may well happen while asking; anything else is a mistake of ours and the runner's to report."""

_BY_TYPE: tuple[tuple[type[BaseException], Reason], ...] = (
    (NoPermissionError, Reason.NO_PERMISSION),
    (ssl.SSLEOFError, Reason.RESET),
    (ssl.SSLZeroReturnError, Reason.RESET),  # how Python 3.11.2 says the same within a handshake
    (ssl.SSLError, Reason.TLS_HANDSHAKE),
    (TimeoutError, Reason.TIMEOUT),
    (ConnectionRefusedError, Reason.REFUSED),
    (ConnectionError, Reason.RESET),
    (EOFError, Reason.RESET),
    (PermissionError, Reason.NO_PERMISSION),
    (socket.gaierror, Reason.NO_ROUTE),  # of a literal address: its interface (fe80::1%eth1) is gone
)
_BY_ERRNO = {
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.NO_ROUTE,
    errno.ENETDOWN: Reason.NO_ROUTE,
    errno.EADDRNOTAVAIL: Reason.NO_ROUTE,
    errno.EAFNOSUPPORT: Reason.NO_ROUTE,
}
_BY_WINERROR = {
    64: Reason.RESET,
    121: Reason.TIMEOUT,
    1225: Reason.REFUSED,
    1231: Reason.NO_ROUTE,
    1232: Reason.UNREACHABLE,
    1236: Reason.RESET,
}
"""Windows' own numbers, which Python does not translate (winerror.h: ERROR_NETNAME_DELETED …)."""
_BY_VERIFICATION = {
    9: Reason.TLS_NOT_YET,
    10: Reason.TLS_EXPIRED,
    62: Reason.TLS_NAME,
    64: Reason.TLS_NAME,
}
"""OpenSSL's verification results (x509_vfy.h); every other one is "not trusted"."""


def reason_of(error: BaseException) -> tuple[Reason, str]:
    """The reason an exception stands for and its evidence in one line; unknown kinds are ``internal``."""
    if isinstance(error, ProbeError | NameFailure):
        return error.reason, error.detail
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BY_VERIFICATION.get(error.verify_code, Reason.TLS_UNTRUSTED), error.verify_message
    by_system = _by_system(error)
    if by_system:
        return by_system, _text(error)
    for kind, reason in _BY_TYPE:
        if isinstance(error, kind):
            return reason, _text(error)
    return Reason.INTERNAL, _text(error)


def _by_system(error: BaseException) -> Reason | None:
    if not isinstance(error, OSError) or isinstance(error, ssl.SSLError):
        return None
    windows = _BY_WINERROR.get(getattr(error, "winerror", None) or 0)
    return windows or _BY_ERRNO.get(error.errno or 0)


def _text(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return getattr(error, "reason", None) or str(error)
    if isinstance(error, OSError) and (error.errno or 0) > 0 and not getattr(error, "winerror", None):
        # the system's own words: asyncio puts addresses in theirs, which the result has already
        return os.strerror(error.errno or 0)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
