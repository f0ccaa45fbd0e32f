"""A TLS handshake and the facts of the certificate; a server that demands a certificate of ours is up."""

import asyncio
import ssl

from sansang_agent.contract.check import TlsCheck
from sansang_agent.contract.report import Result

from . import Tools, reach, results, tls_session
from .reasons import EXPECTED
from .stopwatch import Stopwatch
from .streams import TlsStream
from .targets import host_port
from .x509 import Facts

_PORT = 443
_AFTERWARDS_S = 0.25
"""How long a TLS 1.3 server may take to say, after the handshake, that it wanted a certificate of ours."""


async def probe(check: TlsCheck, tools: Tools) -> Result:
    """Shake hands once; after a failed verification once more without it, for the facts."""
    watch = Stopwatch(check.timeout)
    addresses: list[str] = []
    try:
        host, port = host_port(check.target, _PORT)
        name = check.server_name or host
        addresses = await reach.resolve(host, tools, watch, port)
        return await _verified(check, addresses, port, name, watch)
    except tls_session.BadCertificateError as bad:
        phases = dict(watch.phases_ms)
        seen = await _look(bad.address, port, name, watch)
        return results.bad(
            check,
            bad.reason,
            tls_session.evidence(bad, seen),
            phases_ms=phases,
            address=bad.address,
            cert_expiry=tls_session.earliest_expiry(seen),
        )
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=addresses[-1] if addresses else None)


async def _verified(check: TlsCheck, addresses: list[str], port: int, name: str, watch: Stopwatch) -> Result:
    settings = tls_session.context(check.ca_file)
    async with reach.connection(addresses, port, watch) as tcp:
        try:
            stream = await tls_session.shake_hands(tcp, settings, name, watch)
        except tls_session.ClientCertificateDemandedError as demand:
            return results.good(check, phases_ms=watch.phases_ms, address=tcp.address, detail=demand.detail)
        seen, version = tls_session.certificates(stream.session), stream.session.version()
        wish = await _wish_for_certificate(stream, watch)
        return results.good(
            check,
            phases_ms=watch.phases_ms,
            address=tcp.address,
            cert_expiry=tls_session.earliest_expiry(seen),
            detail=wish or f"{version}, {seen[0].subject if seen else 'a certificate that cannot be read'}",
        )


async def _wish_for_certificate(stream: TlsStream, watch: Stopwatch) -> str:
    """What the server said at once after the handshake, if it is worth a word; raises ssl.SSLError for other alerts."""
    try:
        async with asyncio.timeout(min(_AFTERWARDS_S, watch.left())):
            await stream.listen()
    except TimeoutError:
        return ""
    except ConnectionError:
        return "hung up right after the handshake"  # its part of it was done, and the certificate good
    except ssl.SSLError as error:
        if not tls_session.is_demand(error):
            raise
        return f"demands a client certificate ({error.reason})"
    return ""


async def _look(address: str, port: int, name: str, watch: Stopwatch) -> list[Facts]:
    """Facts of the certificates shown, without judging them; none if the server will not show them again in time."""
    try:
        async with reach.connection([address], port, watch) as tcp:
            stream = await tls_session.shake_hands(tcp, tls_session.context("", verify=False), name, watch)
            return tls_session.certificates(stream.session)
    except EXPECTED:
        return []
