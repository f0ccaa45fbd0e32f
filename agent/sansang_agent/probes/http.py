"""A GET (RFC 9110) with a stopwatch per phase, through redirects, judged by status and content.

The server's Date tells how far this machine's clock is off, also where a wrong clock makes a good certificate bad.
"""

import ssl
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result

from . import Tools, http_exchange, http_page, reach, results, tls_session
from .http_exchange import Request, Response
from .reasons import EXPECTED, ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import ByteStream, TcpStream

_PORTS = {"http": 80, "https": 443}


class _Place(NamedTuple):
    """A URL taken apart."""

    secure: bool
    host: str
    port: int
    host_header: str
    path: str


class _Answer(NamedTuple):
    """One answer and what was learned beside it."""

    response: Response
    address: str
    cert_expiry: float | None
    clock_offset_s: float | None


async def probe(check: HttpCheck, tools: Tools) -> Result:
    """GET the page, follow its redirects, judge the last answer."""
    watch = Stopwatch(check.timeout)
    try:
        answer = await _follow(check, tools, watch)
    except _BadCertificateError as bad:
        return await _second_look(check, tools, watch, bad)
    except EXPECTED as error:
        return results.from_error(check, error, watch)
    reason, seen = http_page.judge(check, answer.response)
    found = {
        "phases_ms": watch.phases_ms,
        "status": answer.response.status,
        "address": answer.address,
        "cert_expiry": answer.cert_expiry,
        "clock_offset_s": answer.clock_offset_s,
    }
    return results.good(check, detail=seen, **found) if reason is None else results.bad(check, reason, seen, **found)


class _BadCertificateError(Exception):
    """A verification that failed, and where."""

    def __init__(self, error: ssl.SSLCertVerificationError, place: _Place, addresses: list[str]) -> None:
        super().__init__(str(error))
        self.error = error
        self.place = place
        self.addresses = addresses


def place_of(url: str) -> _Place:
    """Take a URL apart; ProbeError where it is not http or https."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {url}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or _PORTS[parts.scheme]
    header = parts.netloc.rpartition("@")[2]
    return _Place(parts.scheme == "https", parts.hostname, port, header, path)


async def _follow(check: HttpCheck, tools: Tools, watch: Stopwatch) -> _Answer:
    url = check.target
    expiries: list[float] = []
    for _ in range(check.redirects + 1):
        answer = await _get(check, place_of(url), tools, watch)
        expiries += [answer.cert_expiry] if answer.cert_expiry else []
        if not http_page.is_redirect(check, answer.response):
            return answer._replace(cert_expiry=min(expiries, default=None))
        url = urljoin(url, answer.response.headers["location"])
    raise ProbeError(Reason.HTTP_STATUS, f"more than {check.redirects} redirects, the last to {url}")


async def _get(check: HttpCheck, place: _Place, tools: Tools, watch: Stopwatch) -> _Answer:
    addresses = await reach.resolve(place.host, tools, watch)
    request = Request("GET", place.path, place.host_header, tools.user_agent, check.max_bytes)
    async with reach.connection(addresses, place.port, watch) as (tcp, address):
        stream, expiry = await _secured(check, place, tcp, addresses, watch)
        response = await http_exchange.exchange(stream, request, watch)
        return _Answer(response, address, expiry, _offset(response, tools))


async def _secured(
    check: HttpCheck, place: _Place, tcp: TcpStream, addresses: list[str], watch: Stopwatch
) -> tuple[ByteStream, float | None]:
    if not place.secure:
        return tcp, None
    try:
        stream = await tls_session.shake_hands(tcp, tls_session.context(check.ca_file), place.host, watch)
    except ssl.SSLCertVerificationError as error:
        raise _BadCertificateError(error, place, addresses) from error
    return stream, tls_session.earliest_expiry(tls_session.certificates(stream.session))


def _offset(response: Response, tools: Tools) -> float | None:
    date = http_exchange.server_date(response)
    return None if date is None else round(date - tools.platform.wall(), 3)


async def _second_look(check: HttpCheck, tools: Tools, watch: Stopwatch, bad: _BadCertificateError) -> Result:
    """Ask the server with the bad certificate for its facts and its clock, believing neither for the page."""
    phases = dict(watch.phases_ms)
    expiry, offset, detail = None, None, tls_session.evidence(bad.error, [])
    request = Request("HEAD", bad.place.path, bad.place.host_header, tools.user_agent, check.max_bytes)
    try:
        async with reach.connection(bad.addresses, bad.place.port, watch) as (tcp, _):
            settings = tls_session.context("", verify=False)
            stream = await tls_session.shake_hands(tcp, settings, bad.place.host, watch)
            seen = tls_session.certificates(stream.session)
            expiry, detail = tls_session.earliest_expiry(seen), tls_session.evidence(bad.error, seen)
            offset = _offset(await http_exchange.exchange(stream, request, watch), tools)
    except EXPECTED as error:
        detail += f"; second look: {reason_of(error)[1]}"
    return results.bad(
        check,
        reason_of(bad.error)[0],
        detail,
        phases_ms=phases,
        address=bad.addresses[0],
        cert_expiry=expiry,
        clock_offset_s=offset,
    )
