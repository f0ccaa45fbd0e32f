"""A GET (RFC 9110) with a stopwatch per phase, through redirects, judged by status and content.

The server's Date tells how far this machine's clock is off, also where a wrong clock makes a good certificate bad.
"""

from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result

from . import Tools, http_exchange, http_page, reach, results, tls_session
from .http_exchange import Request, Response
from .reasons import EXPECTED, ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import ByteStream, TcpStream

_PORTS = {"http": 80, "https": 443}
_ALLOWED = "/?#[]@!$&'()*+,;=:%~"
"""What stays as it is in a path and query (RFC 3986); all else is percent-encoded."""


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


async def probe(check: HttpCheck, tools: Tools) -> Result:
    """GET the page, follow its redirects, judge the last answer."""
    watch = Stopwatch(check.timeout)
    asked: list[tuple[_Place, list[str]]] = []
    try:
        answer = await _follow(check, tools, watch, asked)
    except tls_session.BadCertificateError as bad:
        return await _second_look(check, tools, watch, bad, asked[-1][0])
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=asked[-1][1][-1] if asked else None)
    reason, seen = http_page.judge(check, answer.response)
    found = {
        "phases_ms": watch.phases_ms,
        "status": answer.response.status,
        "address": answer.address,
        "cert_expiry": answer.cert_expiry,
        "clock_offset_s": answer.response.clock_offset_s,
    }
    return results.good(check, detail=seen, **found) if reason is None else results.bad(check, reason, seen, **found)


def place_of(url: str) -> _Place:
    """Take a URL apart, its path made of characters HTTP allows; ProbeError where it is not http or https."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {url}") from error
    if not host.isascii() or not host:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {url}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    header = parts.netloc.rpartition("@")[2]
    return _Place(parts.scheme == "https", host, port, header, quote(path, safe=_ALLOWED))


async def _follow(check: HttpCheck, tools: Tools, watch: Stopwatch, asked: list[tuple[_Place, list[str]]]) -> _Answer:
    """The last answer; ``asked`` gets every place gone to and its addresses."""
    url = check.target
    expiries: list[float] = []
    for _ in range(check.redirects + 1):
        place = place_of(url)
        addresses = await reach.resolve(place.host, tools, watch)
        asked.append((place, addresses))
        answer = await _get(check, place, addresses, tools, watch)
        expiries += [answer.cert_expiry] if answer.cert_expiry else []
        if not http_page.is_redirect(check, answer.response):
            return answer._replace(cert_expiry=min(expiries, default=None))
        url = _joined(url, answer.response.headers["location"])
    raise ProbeError(Reason.HTTP_STATUS, f"more than {check.redirects} redirects, the last to {url}")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ProbeError(Reason.NOT_SUPPORTED, f"cannot ask {location}") from error


async def _get(check: HttpCheck, place: _Place, addresses: list[str], tools: Tools, watch: Stopwatch) -> _Answer:
    request = Request("GET", place.path, place.host_header, tools.user_agent, check.max_bytes)
    async with reach.connection(addresses, place.port, watch) as tcp:
        stream, expiry = await _secured(check, place, tcp, watch)
        response = await http_exchange.exchange(stream, request, watch, tools.platform.wall)
        return _Answer(response, tcp.address, expiry)


async def _secured(
    check: HttpCheck, place: _Place, tcp: TcpStream, watch: Stopwatch
) -> tuple[ByteStream, float | None]:
    if not place.secure:
        return tcp, None
    stream = await tls_session.shake_hands(tcp, tls_session.context(check.ca_file), place.host, watch)
    return stream, tls_session.earliest_expiry(tls_session.certificates(stream.session))


async def _second_look(
    check: HttpCheck, tools: Tools, watch: Stopwatch, bad: tls_session.BadCertificateError, place: _Place
) -> Result:
    """Ask the server with the bad certificate for its facts and its clock, believing neither for the page."""
    phases = dict(watch.phases_ms)
    expiry, offset, detail = None, None, tls_session.evidence(bad, [])
    request = Request("HEAD", place.path, place.host_header, tools.user_agent, check.max_bytes)
    try:
        async with reach.connection([bad.address], place.port, watch) as tcp:
            stream = await tls_session.shake_hands(tcp, tls_session.context("", verify=False), place.host, watch)
            seen = tls_session.certificates(stream.session)
            expiry, detail = tls_session.earliest_expiry(seen), tls_session.evidence(bad, seen)
            offset = (await http_exchange.exchange(stream, request, watch, tools.platform.wall)).clock_offset_s
    except EXPECTED as error:
        detail += f"; second look: {reason_of(error)[1]}"
    return results.bad(
        check,
        bad.reason,
        detail,
        phases_ms=phases,
        address=bad.address,
        cert_expiry=expiry,
        clock_offset_s=offset,
    )
