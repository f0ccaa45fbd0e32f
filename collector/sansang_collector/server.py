"""uvicorn with our own patience: a deadline for request heads, streams that end before the server waits for them.

uvicorn itself closes idle connections but never half-open ones, and ends the application only after the last stream.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import Application

HEAD_SECONDS = 30.0
"""How long a request's head may take; its body has a deadline of its own where it is read."""
HEAD_BYTES = 65_536
"""How long a request's head may be; the parser itself has no end."""
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 4


_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection whose request head does not arrive in time, or does not end."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start waiting for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Start waiting for the next head with whatever comes first, be it an empty line."""
        if self.cycle is None or self.cycle.response_complete:
            self._expect_head()
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.write(_HEAD_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A head has begun, maybe in the packet that ended the request before it."""
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The rest of a body that nobody reads any more is here."""
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._head_bytes = 0


class CollectorServer(uvicorn.Server):
    """Says when it is ready, and ends the streams before it waits for requests to finish."""

    def __init__(self, application: Application, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(application))
        self._application = application
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM. Unlike uvicorn's own, the signal is not raised again: stopping as asked is 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End the streams, then stop as uvicorn does."""
        await self._application.close_streams()
        await super().shutdown(sockets)


def _config(application: Callable[..., Awaitable[Any]]) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
    )
