"""One HTTP request over an open stream (RFC 9110, RFC 9112): phases ``first_byte`` and ``transfer``, body bounded."""

import asyncio
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import h11

from sansang_agent.contract.outcome import Reason

from .reasons import ProbeError
from .stopwatch import Stopwatch
from .streams import ByteStream

_DATE = re.compile(r"[A-Za-z]{3}, ([0-9]{1,2}) ([A-Za-z]{3}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_MOST_INTERIM = 20
"""Answers of class 1xx before the real one; more are no way to answer."""


class Response(NamedTuple):
    """What came back; ``body`` holds at most the bytes asked for, decompressed."""

    status: int
    headers: dict[str, str]
    body: bytes
    clock_offset_s: float | None = None
    """The server's clock minus ours when its answer began; None without a readable Date header."""


class Request(NamedTuple):
    """What to ask: GET or HEAD, and POST for a time stamp only."""

    method: str
    path: str
    host: str
    user_agent: str
    max_bytes: int
    content_type: str = ""
    """What ``content`` is."""
    content: bytes = b""


async def exchange(stream: ByteStream, request: Request, watch: Stopwatch, wall: Callable[[], float]) -> Response:
    """Ask and read the answer, ``wall`` being this machine's clock.

    Raises ProbeError (``wrong_answer``) where it is not HTTP, OSError, EOFError.
    """
    connection = h11.Connection(h11.CLIENT)
    try:
        async with asyncio.timeout(watch.left()):
            with watch.phase("first_byte"):
                await stream.write(_written(connection, request))
                head = await head_of(connection, stream)
                answered_at = wall()
            with watch.phase("transfer"):
                body = await _body(connection, stream, request.max_bytes)
    except h11.RemoteProtocolError as error:
        raise ProbeError(Reason.WRONG_ANSWER, f"not HTTP: {error}") from error
    headers = {name.decode("ascii").lower(): value.decode(errors="replace") for name, value in head.headers}
    date = server_date(headers)
    offset = None if date is None else round(date - answered_at, 3)
    return Response(head.status_code, headers, _plain(body, headers, request.max_bytes), offset)


def _written(connection: h11.Connection, request: Request) -> bytes:
    head = h11.Request(
        method=request.method,
        target=request.path,
        headers=[
            ("Host", request.host),
            ("User-Agent", request.user_agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            *_content_headers(request),
        ],
    )
    parts = [head, *([h11.Data(data=request.content)] if request.content else []), h11.EndOfMessage()]
    return b"".join(connection.send(part) or b"" for part in parts)


def _content_headers(request: Request) -> list[tuple[str, str]]:
    if not request.content:
        return []
    return [("Content-Type", request.content_type), ("Content-Length", str(len(request.content)))]


async def head_of(connection: h11.Connection, stream: ByteStream) -> h11.Response:
    """The final head of the answer; raises EOFError, and h11.RemoteProtocolError where it is not HTTP."""
    for _ in range(_MOST_INTERIM):
        event = await _next(connection, stream)
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse):
            raise EOFError("closed before an answer")
    raise ProbeError(Reason.WRONG_ANSWER, f"not HTTP: more than {_MOST_INTERIM} interim answers")


async def _body(connection: h11.Connection, stream: ByteStream, max_bytes: int) -> bytes:
    body = bytearray()
    while len(body) < max_bytes:
        event = await _next(connection, stream)
        if not isinstance(event, h11.Data):
            break
        body += event.data
    return bytes(body[:max_bytes])


async def _next(connection: h11.Connection, stream: ByteStream) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        data = await stream.read()
        await asyncio.sleep(0)  # a server that is faster than we are must not keep the others waiting
        connection.receive_data(data)
        if not data:
            return _last(connection)
    return event


def _last(connection: h11.Connection) -> object:
    """What the end of the stream means: the end of a page without a length, or one cut short."""
    try:
        return connection.next_event()
    except h11.RemoteProtocolError as error:
        raise EOFError("closed in the middle") from error


def _plain(body: bytes, headers: dict[str, str], max_bytes: int) -> bytes:
    """Undo a compression nobody asked for; what cannot be undone stays as it is."""
    if headers.get("content-encoding", "identity").lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, max_bytes)
    except zlib.error:
        return body


def server_date(headers: dict[str, str]) -> float | None:
    """The server's clock by its Date header, Unix seconds (whole ones); None without a readable one.

    Of the three forms of RFC 9110 §5.6.7 the one that servers must write. A cache on the way hands on an old Date and
    says how old it is (Age, RFC 9111 §5.1).
    """
    found = _DATE.fullmatch(headers.get("date", "").strip())
    if found is None:
        return None
    day, month, year, hour, minute, second = found.groups()
    try:
        # a leap second is not told apart from the one before it
        numbers = int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), min(int(second), 59)
        date = datetime(*numbers, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    age = headers.get("age", "").strip()
    return date + (int(age[:9]) if age.isascii() and age.isdigit() else 0)
