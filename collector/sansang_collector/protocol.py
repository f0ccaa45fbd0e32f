"""uvicorn's HTTP/1.1 with our own patience: a deadline and a limit for request heads, no memory for unread bodies.

uvicorn itself closes idle connections but never half-open ones.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 30.0
"""How long a request's head may take; its body has a deadline of its own where it is read."""
HEAD_BYTES = 65_536
"""How long a request's head may be; the parser itself has no end."""

_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection whose request head does not arrive in time, or does not end."""

    _expecting = False
    """Whether a head has begun, or could: with whatever comes first, be it an empty line."""
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start waiting for the first head."""
        super().connection_made(transport)
        self._expecting = True
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting only for a head that these bytes do not end: for most requests no deadline is ever set."""
        if self._is_between_requests():
            self._expecting = True
        super().data_received(data)
        if self._expecting:
            self._wait()
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A head has begun, maybe in the packet that ended the request before it."""
        self._expecting = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The rest of a body that nobody reads any more is here."""
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Let go of what came of a body and nobody read: uvicorn would keep it as long as the connection stays."""
        if self.cycle is not None and self.cycle.response_complete:
            self.cycle.body = bytearray()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        self._expecting = False
        self._head_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
