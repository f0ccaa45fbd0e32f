"""One HTTP/1.1 connection over asyncio and h11, kept alive between requests, with a bound on everything.

It knows nothing of what it carries; deadlines are the caller's (``asyncio.timeout``).
"""

import asyncio
import ssl
from contextlib import suppress
from typing import NamedTuple, Self

import h11

READ_BYTES = 65_536


class WireError(Exception):
    """The other side closed, or what it said is not HTTP. ``fresh``: nothing of an answer had come yet."""

    def __init__(self, message: str, *, fresh: bool = False) -> None:
        super().__init__(message)
        self.fresh = fresh


class Response(NamedTuple):
    """A whole answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection to one server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, address: str, port: int, context: ssl.SSLContext | None, server_name: str) -> Self:
        """Connect to a literal address, by TLS where there is a context; raises OSError (ssl.SSLError is one)."""
        name = server_name if context else None
        return cls(*await asyncio.open_connection(address, port, ssl=context, server_hostname=name))

    def is_usable(self) -> bool:
        """Whether another request may be sent; False once the other side has closed."""
        return self._http.our_state is h11.IDLE and not self._reader.at_eof() and not self._writer.is_closing()

    def certificate(self) -> bytes:
        """The certificate (DER) that the other side showed, whether it is trusted or not; empty without TLS."""
        secured = self._writer.get_extra_info("ssl_object")
        return (secured.getpeercert(binary_form=True) or b"") if secured is not None else b""

    async def request(self, method: str, target: str, headers: dict[str, str], body: bytes, max_body: int) -> Response:
        """Send one request and read the whole answer; raises :class:`WireError` or OSError."""
        fields = [*headers.items(), ("Content-Length", str(len(body)))]
        try:
            await self._send(h11.Request(method=method, target=target, headers=fields), body)
            return await self._receive(max_body)
        except h11.RemoteProtocolError as exc:
            raise WireError(f"the answer is not HTTP: {exc}") from exc

    async def _send(self, head: h11.Request, body: bytes) -> None:
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            data = self._http.send(event)
            if data:
                self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError as exc:
            # It may have answered and closed before it had read all (413 is sent so): look at what it said.
            if self._reader.at_eof():
                raise WireError(f"the connection was closed: {exc}", fresh=True) from exc

    async def _receive(self, max_body: int) -> Response:
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                await self._feed(fresh=head is None)
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > max_body:
                    raise WireError(f"the answer is longer than {max_body} bytes")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                break
        if head is None:
            raise WireError("the connection was closed without an answer", fresh=True)
        self._settle()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return Response(head.status_code, headers, bytes(body))

    async def _feed(self, *, fresh: bool) -> None:
        data = await self._reader.read(READ_BYTES)
        if not data and fresh and self._http.trailing_data == (b"", False):
            raise WireError("the connection was closed without an answer", fresh=True)
        self._http.receive_data(data)

    def _settle(self) -> None:
        """Ready for the next request, where both sides keep the connection."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()

    async def close(self) -> None:
        """Close without waiting for the other side."""
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()
