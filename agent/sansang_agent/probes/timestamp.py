"""A real time stamp (RFC 3161) over HTTP: asked for random bytes, and the reply held against the request.

Status, message imprint, nonce and time are always checked; the signature where it can be, and the result says which.
"""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from sansang_agent.contract.check import TimestampCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result

from . import Tools, http_exchange, http_page, http_url, reach, results, rfc3161, rfc3161_signature, tls_session, x509
from .http_exchange import Request, Response
from .reasons import EXPECTED, ProbeError
from .stopwatch import Stopwatch
from .streams import ByteStream

_MAX_BYTES = 65536
_STAMPED_BYTES = 32
_NONCE_BITS = 64
_CLOCK_S = 300.0
"""A clock further off than this is worth a word; whose clock it is, other checks tell."""


class _Answer(NamedTuple):
    """The reply and what was learned beside it."""

    response: Response
    address: str
    cert_expiry: float | None
    asked_at: float
    answered_at: float
    """Both by this machine's clock, Unix seconds."""


async def probe(check: TimestampCheck, tools: Tools) -> Result:
    """Ask for one stamp and judge it."""
    watch = Stopwatch(check.timeout)
    query = rfc3161.Query(hashlib.sha256(secrets.token_bytes(_STAMPED_BYTES)).digest(), secrets.randbits(_NONCE_BITS))
    addresses: list[str] = []
    try:
        place = http_url.place_of(check.target)
        reach.may_be_asked(place, tools)
        addresses = await reach.resolve(place.host, tools, watch, place.port)
        answer = await _ask(check, place, addresses, query, tools, watch)
    except tls_session.BadCertificateError as bad:
        return results.bad(
            check, bad.reason, tls_session.evidence(bad, []), phases_ms=watch.phases_ms, address=bad.address
        )
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=addresses[-1] if addresses else None)
    found = {"phases_ms": watch.phases_ms, "status": answer.response.status, "address": answer.address}
    try:
        stamp, signed = _judged(query, answer.response)
    except ProbeError as error:
        return results.bad(check, error.reason, error.detail, cert_expiry=answer.cert_expiry, **found)
    offset = round(stamp.time - (answer.asked_at + answer.answered_at) / 2, 3)
    signer = _signer(stamp)
    expiries = [each for each in (answer.cert_expiry, signer and signer.not_after) if each]
    found |= {"cert_expiry": min(expiries, default=None), "clock_offset_s": offset}
    reason, said = _validity(stamp, signer)
    detail = f"{said}time {_moment(stamp.time)}{_off(offset)}; {signed}"
    return (
        results.good(check, detail=detail, **found) if reason is None else results.bad(check, reason, detail, **found)
    )


async def _ask(
    check: TimestampCheck,
    place: http_url.Place,
    addresses: list[str],
    query: rfc3161.Query,
    tools: Tools,
    watch: Stopwatch,
) -> _Answer:
    content = rfc3161.written(query)
    request = Request("POST", place.path, place.host_header, tools.user_agent, _MAX_BYTES, rfc3161.QUERY_TYPE, content)
    async with reach.connection(addresses, place.port, watch) as tcp:
        stream: ByteStream = tcp
        expiry = None
        if place.secure:
            stream = secured = await tls_session.shake_hands(tcp, tls_session.context(check.ca_file), place.host, watch)
            expiry = tls_session.earliest_expiry(tls_session.certificates(secured.session))
        asked_at = tools.platform.wall()
        response = await http_exchange.exchange(stream, request, watch, tools.platform.wall)
        return _Answer(response, tcp.address, expiry, asked_at, tools.platform.wall())


def _judged(query: rfc3161.Query, response: Response) -> tuple[rfc3161.Stamp, str]:
    """The stamp that answers the query, and what became of its signature; ProbeError where there is none."""
    if response.status != 200:
        raise ProbeError(Reason.HTTP_STATUS, http_page.described(response))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != rfc3161.REPLY_TYPE:
        raise ProbeError(Reason.WRONG_CONTENT, f"{kind or 'no content type'}, {http_page.described(response)}")
    stamp = rfc3161.read(response.body)
    different = rfc3161.difference(query, stamp)
    if different:
        raise ProbeError(Reason.WRONG_ANSWER, different)
    return stamp, rfc3161_signature.checked(stamp.signature)


def _signer(stamp: rfc3161.Stamp) -> x509.Facts | None:
    try:
        return x509.facts(stamp.signature.certificate)
    except ValueError:
        return None


def _validity(stamp: rfc3161.Stamp, signer: x509.Facts | None) -> tuple[Reason | None, str]:
    """Whether the signer's certificate was valid at the stamp's own time: no clock of ours is needed for that."""
    if signer and stamp.time > signer.not_after:
        return Reason.TLS_EXPIRED, f"signer's certificate: notAfter {_moment(signer.not_after)}; "
    if signer and stamp.time < signer.not_before:
        return Reason.TLS_NOT_YET, f"signer's certificate: notBefore {_moment(signer.not_before)}; "
    return None, f"stamp of {signer.subject}; " if signer and signer.subject else ""


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _off(offset: float) -> str:
    return f", {offset:+.0f} s from this machine's clock" if abs(offset) > _CLOCK_S else ""
