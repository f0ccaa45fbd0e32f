"""uvicorn as the collector needs it: our protocol, streams that end before the server waits for them.

uvicorn itself ends the application only after the last stream.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

import uvicorn

from .app import Application
from .report_protocol import ReportProtocol
from .tls.accepting import TlsListeners

KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 4
ACCEPTED_AT_ONCE = 16


class CollectorServer(uvicorn.Server):
    """Says when it is ready, and ends the streams before it waits for requests to finish."""

    def __init__(self, application: Application, on_ready: Callable[[], None]) -> None:
        super().__init__(_config(application))
        self._application = application
        self._on_ready = on_ready
        self._tls: TlsListeners | None = None

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
        if self._application.tls is None or not sockets:
            await super().startup([copy for each in sockets for copy in _copies(each)] if sockets else None)
        else:
            await super().startup([])
            self._tls = TlsListeners(self._application, self._protocol)
            for listener in sockets:
                self._tls.listen(listener)
        if self.started and not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End the streams, then stop as uvicorn does."""
        if self._tls is not None:
            await self._tls.close()
        await self._application.close_streams()
        await super().shutdown(sockets)

    def _protocol(self) -> ReportProtocol:
        return ReportProtocol(self.config, self.server_state, self.lifespan.state)


def _copies(listener: socket) -> list[socket]:
    """The listening socket as often as connections are to be accepted in one turn of the event loop.

    uvloop accepts one each turn, and turns are long while many report: of a thousand that come back after a power cut
    the last would be let in after a minute. asyncio's own loop accepts all there are.
    """
    ours = type(asyncio.get_running_loop()).__module__.startswith("uvloop")
    return [listener, *(listener.dup() for _ in range(ACCEPTED_AT_ONCE - 1))] if ours else [listener]


def _config(application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=ReportProtocol,
        ws="none",
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
    )
