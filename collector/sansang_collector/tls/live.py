"""What the listening socket proves itself with while the collector runs; renewed without a restart.

Connections ask for :attr:`ServerTls.context` when they begin, so that those that are open keep what they began with.
"""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

from sansang_collector.settings import CollectorSettings
from sansang_collector.tls_identity import TlsIdentity

from . import certificates, files, own
from .errors import TlsError
from .names import names_of

_LOG = logging.getLogger(__name__)

RENEW_SECONDS = 3600.0


class _Shown(NamedTuple):
    """Files to serve with, and what machines are to trust."""

    certificate: Path
    key: Path
    ca_pem: str


class ServerTls:
    """Made at the start, with files of its own or those of the settings; raises :class:`TlsError`, OSError."""

    context: ssl.SSLContext
    identity: TlsIdentity

    def __init__(self, settings: CollectorSettings, now: float) -> None:
        self._kind = settings.tls_kind
        self._one_at_a_time = threading.Lock()
        self._use(settings, now)

    def renew(self, settings: CollectorSettings, now: float) -> str:
        """Make or read again what is due; what is wrong, and then all stays as it was. Callable from any thread."""
        try:
            with self._one_at_a_time:
                self._use(settings, now)
        except (TlsError, OSError) as error:
            return str(error)
        return ""

    def _use(self, settings: CollectorSettings, now: float) -> None:
        shown = _own(settings, now) if self._kind == "own" else _given(settings)
        certificate = files.chain(shown.certificate)[0]
        identity = TlsIdentity(
            shown.ca_pem, certificates.sha256(certificate), certificate.not_valid_after_utc.timestamp()
        )
        self.context = _context(shown)
        self.identity = identity
        _warn_of_dates(certificate, shown.certificate, now)


async def keep_renewed(renew: Callable[[], Awaitable[str]]) -> None:
    """Call ``renew`` once an hour and log what it says."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            mistake = await renew()
        except Exception:  # noqa: BLE001  # whatever it is, an hour later it may be over
            _LOG.exception("the certificate was not renewed")
        else:
            if mistake:
                _LOG.warning("the certificate was not renewed: %s", mistake)


def date_mistake(certificate: x509.Certificate, now: float) -> str:
    """Why it is not valid now; empty if it is."""
    if certificate.not_valid_after_utc.timestamp() <= now:
        return f"ended on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if certificate.not_valid_before_utc.timestamp() > now:
        return f"begins only on {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    return ""


def _own(settings: CollectorSettings, now: float) -> _Shown:
    at = own.files_in(settings.folder)
    own.prepare(at, names_of(settings, socket.gethostname()), now)
    return _Shown(at.certificate, at.key, certificates.pem(own.authority(at)).decode())


def _given(settings: CollectorSettings) -> _Shown:
    certificate, key = Path(settings.tls_certificate), Path(settings.tls_key)
    shown, held = files.chain(certificate)[0], files.key(key)
    if not files.fits(shown, held):
        raise TlsError(f"{key} is not the key of {certificate}")
    trusted = files.chain(Path(settings.tls_ca)) if settings.tls_ca else []
    return _Shown(certificate, key, b"".join(certificates.pem(one) for one in trusted).decode())


def _context(shown: _Shown) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    made.set_alpn_protocols(["http/1.1"])
    try:
        made.load_cert_chain(shown.certificate, shown.key)
    except ssl.SSLError as error:
        reason = error.reason or "not usable"
        raise TlsError(f"{shown.certificate} cannot be served: {reason.replace('_', ' ').lower()}") from error
    return made


def _warn_of_dates(certificate: x509.Certificate, path: Path, now: float) -> None:
    mistake = date_mistake(certificate, now)
    if mistake:
        _LOG.warning("no machine will trust this collector: the certificate in %s %s", path, mistake)
