"""uvicorn as the collector needs it: our protocol, streams that end before the server waits for them.

uvicorn itself ends the application only after the last stream.
"""

import asyncio
from collections.abc import Callable
from socket import socket

from sansang_alerts.web.server import Server, config

from .app import Application
from .report_protocol import ReportProtocol
from .tls.accepting import TlsListeners

STOP_SECONDS = 4
ACCEPTED_AT_ONCE = 16


class CollectorServer(Server):
    """Says when it is ready, and ends the streams before it waits for requests to finish."""

    def __init__(self, application: Application, on_ready: Callable[[], None]) -> None:
        super().__init__(config(application, STOP_SECONDS, http=ReportProtocol), on_ready)
        self._application = application
        self._tls: TlsListeners | None = None

    async def listen(self, sockets: list[socket] | None) -> None:
        """Start the application and take connections, by TLS where it is on."""
        if self._application.tls is None or not sockets:
            await super().listen([copy for each in sockets for copy in _copies(each)] if sockets else None)
        else:
            await super().listen([])
            self._tls = TlsListeners(self._application, self._protocol)
            for listener in sockets:
                self._tls.listen(listener)

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
