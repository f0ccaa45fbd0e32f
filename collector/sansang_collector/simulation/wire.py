"""HTTP/1.1 to one collector: one kept-alive connection, one request at a time, as an agent's own link does it.

It is the simulation's own because it plays hundreds of machines in one process beside the collector.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools

EXCHANGE_S = 20.0


class NoAnswerError(Exception):
    """The collector cannot be reached, did not answer in time, or what it said is not HTTP."""


class Place(NamedTuple):
    """Where a collector is."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    authority: str
    prefix: str


class Said(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes


def place_of(url: str) -> Place:
    """The place a URL names; ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(url)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    return Place(parts.hostname, parts.port or (443 if tls else 80), tls, parts.netloc, parts.path.rstrip("/"))


class Wire:
    """One client of one collector."""

    def __init__(self, place: Place, token: str) -> None:
        self._place = place
        self._token = token
        self._connection: _Connection | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Said:
        """Send one request; raises :class:`NoAnswerError`."""
        request = self._request(method, path, body, headers or {})
        try:
            async with asyncio.timeout(EXCHANGE_S):
                if self._connection is not None and self._connection.usable:
                    try:
                        return await self._connection.exchange(request)
                    except _ClosedError:  # it was closed between two requests, which HTTP allows
                        self.close()
                self._connection = await self._open()
                return await self._connection.exchange(request)
        except (OSError, TimeoutError, _ClosedError, httptools.HttpParserError) as error:
            self.close()
            raise NoAnswerError(f"{self._place.authority}: {error or 'no answer in time'}") from error
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _open(self) -> "_Connection":
        place = self._place
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection, place.host, place.port, ssl=place.tls, server_hostname=place.host if place.tls else None
        )
        return connection

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        fields = {
            "Host": self._place.authority,
            "User-Agent": "sansang-simulation",
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {self._place.prefix}{path} HTTP/1.1\r\n{lines}\r\n".encode() + body


class _ClosedError(Exception):
    """The other side closed before it had answered."""


class _Connection(asyncio.Protocol):
    """Reads one answer after the other; the parser calls the ``on_`` methods."""

    def __init__(self) -> None:
        self.usable = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Said] | None = None
        self._new()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.usable = True

    async def exchange(self, request: bytes) -> Said:
        """Write it and wait for the answer."""
        if not self.usable or self._transport is None:
            raise _ClosedError("the connection was closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._fail(exc if isinstance(exc, OSError) else _ClosedError("the connection was closed without an answer"))

    def on_body(self, body: bytes) -> None:
        """A piece of the answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self.usable = self.usable and self._parser.should_keep_alive()
        said = Said(self._parser.get_status_code(), bytes(self._body))
        answer, self._answer = self._answer, None
        self._new()
        if answer is not None and not answer.done():
            answer.set_result(said)

    def _new(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
