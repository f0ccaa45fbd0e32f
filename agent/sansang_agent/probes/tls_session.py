"""TLS settings, handshakes and what a certificate says, for the tls and http probes alike.

Verification is always on; after a failed one a second look without it gathers the facts, never a verdict.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from sansang_agent import tls_settings
from sansang_agent.contract.outcome import Reason

from . import x509
from .reasons import ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import TcpStream, TlsStream

_HANDSHAKE_RECORD = 22
_CERTIFICATE_REQUEST = 13
_DEMANDS = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE")
"""Alerts 116, 40 and 42 (RFC 8446 §6.2, RFC 5246 §7.2) as OpenSSL names them."""


def context(ca_file: str, *, verify: bool = True) -> ssl.SSLContext:
    """Client settings trusting the system's authorities, or those of ``ca_file``; made once, see tls_settings.py.

    Raises ProbeError (``not_configured``) for a file that cannot be used: that says nothing of the server.
    """
    try:
        return tls_settings.client(ca_file, verify=verify)
    except OSError as error:
        raise ProbeError(Reason.NOT_CONFIGURED, f"ca_file {ca_file}: {reason_of(error)[1]}") from error


class BadCertificateError(Exception):
    """A verification that failed, and the address whose certificate it was."""

    def __init__(self, error: ssl.SSLCertVerificationError, address: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.address = address
        self.reason = reason_of(error)[0]


async def shake_hands(tcp: TcpStream, settings: ssl.SSLContext, name: str, watch: Stopwatch) -> TlsStream:
    """Phase ``tls``; raises :class:`BadCertificateError`, or what :data:`reasons.EXPECTED` lists."""
    stream = TlsStream(tcp, settings, name.removesuffix("."))
    with watch.phase("tls"):
        async with asyncio.timeout(watch.left()):
            try:
                await handshake(stream)
            except ssl.SSLCertVerificationError as error:
                raise BadCertificateError(error, tcp.address) from error
    return stream


async def handshake(stream: TlsStream) -> None:
    """Shake hands; a server that broke off for want of our certificate says so in the error's detail."""
    try:
        await stream.handshake()
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        if is_demand(error) and asks_for_certificate(stream.received):
            raise ClientCertificateDemandedError(str(error.reason)) from error
        raise


class ClientCertificateDemandedError(ProbeError):
    """The server wants a certificate of ours: it is up, and not open to us."""

    def __init__(self, alert: str) -> None:
        super().__init__(Reason.TLS_HANDSHAKE, f"demands a client certificate ({alert})")


def demand_in(error: ssl.SSLError) -> ClientCertificateDemandedError | None:
    """The demand that an alert after the handshake is (TLS 1.3, alert 116); None for any other error."""
    reason = str(getattr(error, "reason", ""))
    return ClientCertificateDemandedError(reason) if "CERTIFICATE_REQUIRED" in reason else None


def is_demand(error: ssl.SSLError) -> bool:
    """Whether an alert is one that servers send for a missing client certificate."""
    return any(each in str(getattr(error, "reason", "")) for each in _DEMANDS)


def asks_for_certificate(received: bytes) -> bool:
    """Whether a TLS 1.2 server's part of the handshake, still readable, holds a CertificateRequest."""
    messages = b"".join(content for kind, content in _records(received) if kind == _HANDSHAKE_RECORD)
    position = 0
    while position + 4 <= len(messages):
        if messages[position] == _CERTIFICATE_REQUEST:
            return True
        position += 4 + int.from_bytes(messages[position + 1 : position + 4], "big")
    return False


def _records(received: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 5 <= len(received):
        length = int.from_bytes(received[position + 3 : position + 5], "big")
        yield received[position], received[position + 5 : position + 5 + length]
        position += 5 + length


def certificates(session: ssl.SSLObject) -> list[x509.Facts]:
    """Facts of the certificates the server showed, its own first."""
    return [facts for der in _shown(session) for facts in _facts(der)]


def _shown(session: ssl.SSLObject) -> list[bytes]:
    chain = getattr(session, "get_unverified_chain", None)
    if chain:
        return list(chain())
    # before Python 3.13 the same has no public name, and gives objects
    inner = getattr(getattr(session, "_sslobj", None), "get_unverified_chain", None)
    if inner:
        return [ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in inner() or ()]
    own = session.getpeercert(binary_form=True)
    return [own] if own else []


def _facts(der: bytes) -> Iterator[x509.Facts]:
    """A certificate that we cannot read is no fault of the server's: OpenSSL can."""
    with contextlib.suppress(ValueError):
        yield x509.facts(der)


def earliest_expiry(seen: list[x509.Facts]) -> float | None:
    """The notAfter that comes first, Unix seconds."""
    return min((each.not_after for each in seen), default=None)


def evidence(bad: BadCertificateError, seen: list[x509.Facts]) -> str:
    """What is wrong with the certificate, in its own words."""
    said = bad.error.verify_message
    if not seen:
        return said
    own = seen[0]
    match bad.reason:
        case Reason.TLS_EXPIRED:
            first = min(seen, key=lambda each: each.not_after)
            return f"notAfter {_day(first.not_after)}{_whose(first, own)}"
        case Reason.TLS_NOT_YET:
            last = max(seen, key=lambda each: each.not_before)
            return f"notBefore {_day(last.not_before)}{_whose(last, own)}"
        case Reason.TLS_NAME:
            return f"certificate of {own.subject or 'nobody'}"
        case _:
            return f"{said}; issuer {own.issuer or 'unnamed'}"


def _whose(faulty: x509.Facts, own: x509.Facts) -> str:
    """Whose certificate it is, where it is not the server's own."""
    return "" if faulty == own else f", certificate of {faulty.subject or 'nobody'}"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
