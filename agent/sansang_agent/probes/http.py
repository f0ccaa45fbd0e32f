"""A GET (RFC 9110) with a stopwatch per phase, through redirects, judged by status and content.

The server's Date tells how far this machine's clock is off, also where a wrong clock makes a good certificate bad.
"""

import ssl
from typing import NamedTuple

from sansang_agent.contract.check import HttpCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result

from . import Tools, http_exchange, http_page, http_url, http_way, reach, results, tls_session
from .http_exchange import Request, Response
from .http_url import Place
from .reasons import EXPECTED, ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import ByteStream, TcpStream


class _Answer(NamedTuple):
    """One answer and what was learned beside it."""

    response: Response
    address: str
    cert_expiry: float | None


class _Asking(NamedTuple):
    """One run of one check."""

    check: HttpCheck
    tools: Tools
    watch: Stopwatch
    proxy: Place | None
    asked: list[tuple[Place, list[str]]]
    """Every place gone to and its addresses; none of them through a proxy, which looks names up itself."""


async def probe(check: HttpCheck, tools: Tools) -> Result:
    """GET the page, follow its redirects, judge the last answer."""
    watch = Stopwatch(check.timeout)
    asked: list[tuple[Place, list[str]]] = []
    try:
        proxy = http_url.place_of(check.proxy) if check.proxy else None
        asking = _Asking(check, tools, watch, proxy, asked)
        answer = await _follow(asking)
    except tls_session.BadCertificateError as bad:
        return await _second_look(asking, bad)
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=_last_address(asked))
    reason, seen = http_page.judge(check, answer.response, _elsewhere(asked))
    found = {
        "phases_ms": watch.phases_ms,
        "status": answer.response.status,
        "address": answer.address,
        "cert_expiry": answer.cert_expiry,
        "clock_offset_s": answer.response.clock_offset_s,
    }
    return results.good(check, detail=seen, **found) if reason is None else results.bad(check, reason, seen, **found)


def _last_address(asked: list[tuple[Place, list[str]]]) -> str | None:
    return asked[-1][1][-1] if asked and asked[-1][1] else None


def _elsewhere(asked: list[tuple[Place, list[str]]]) -> str:
    """The address of the page that was judged, where redirects led to another site."""
    first, last = asked[0][0], asked[-1][0]
    return last.url if http_url.is_elsewhere(last.host, first.host) else ""


async def _follow(asking: _Asking) -> _Answer:
    """The last answer."""
    check = asking.check
    url = check.target
    expiries: list[float] = []
    for _ in range(check.redirects + 1):
        place = http_url.place_of(url)
        if not asking.asked or place.host != asking.asked[-1][0].host:  # where its own pages lead, a server says itself
            reach.may_be_asked(place, asking.tools)
        addresses = [] if asking.proxy else await reach.resolve(place.host, asking.tools, asking.watch, place.port)
        asking.asked.append((place, addresses))
        answer = await _get(asking, place, addresses)
        expiries += [answer.cert_expiry] if answer.cert_expiry else []
        if not http_page.is_redirect(check, answer.response):
            return answer._replace(cert_expiry=min(expiries, default=None))
        url = http_url.joined(url, answer.response.headers["location"])
    raise ProbeError(Reason.HTTP_STATUS, f"more than {check.redirects} redirects, the last to {url}")


def _request(asking: _Asking, method: str, place: Place) -> Request:
    """A proxy without a tunnel wants the whole URL (RFC 9112 §3.2.2)."""
    whole = asking.proxy is not None and not place.secure
    path = place.url if whole else place.path
    return Request(method, path, place.host_header, asking.tools.user_agent, asking.check.max_bytes)


async def _get(asking: _Asking, place: Place, addresses: list[str]) -> _Answer:
    tools, watch = asking.tools, asking.watch
    async with http_way.connection(place, addresses, asking.proxy, tools, watch) as tcp:
        stream, expiry = await _secured(asking.check, place, tcp, watch)
        try:
            response = await http_exchange.exchange(stream, _request(asking, "GET", place), watch, tools.platform.wall)
        except ssl.SSLError as error:
            # how TLS 1.3 says it: after the handshake
            raise tls_session.demand_in(error) or error from error
        if asking.proxy and not place.secure and response.status == http_page.PROXY_LOGIN_REQUIRED:
            raise ProbeError(Reason.WRONG_CREDENTIALS, f"proxy {asking.proxy.host_header}: HTTP {response.status}")
        return _Answer(response, tcp.address, expiry)


async def _secured(check: HttpCheck, place: Place, tcp: TcpStream, watch: Stopwatch) -> tuple[ByteStream, float | None]:
    if not place.secure:
        return tcp, None
    stream = await tls_session.shake_hands(tcp, tls_session.context(check.ca_file), place.host, watch)
    return stream, tls_session.earliest_expiry(tls_session.certificates(stream.session))


async def _second_look(asking: _Asking, bad: tls_session.BadCertificateError) -> Result:
    """Ask the server with the bad certificate for its facts and its clock, believing neither for the page."""
    tools, watch, place = asking.tools, asking.watch, asking.asked[-1][0]
    phases = dict(watch.phases_ms)
    expiry, offset, detail = None, None, tls_session.evidence(bad, [])
    try:
        async with http_way.connection(place, [bad.address], asking.proxy, tools, watch) as tcp:
            stream = await tls_session.shake_hands(tcp, tls_session.context("", verify=False), place.host, watch)
            seen = tls_session.certificates(stream.session)
            expiry, detail = tls_session.earliest_expiry(seen), tls_session.evidence(bad, seen)
            request = _request(asking, "HEAD", place)
            offset = (await http_exchange.exchange(stream, request, watch, tools.platform.wall)).clock_offset_s
    except EXPECTED as error:
        detail += f"; second look: {reason_of(error)[1]}"
    return results.bad(
        asking.check,
        bad.reason,
        detail,
        phases_ms=phases,
        address=bad.address,
        cert_expiry=expiry,
        clock_offset_s=offset,
    )
