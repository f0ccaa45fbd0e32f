"""Accepts connections that begin with TLS: a deadline for the handshake, and a place that is counted before it.

The event loop's own TLS servers count nobody until a handshake is over, and wait a minute for it.
"""

import asyncio
import errno
import logging
from collections.abc import Callable
from socket import socket

from sansang_collector.app import Application
from sansang_collector.connections import Seat
from sansang_collector.report_protocol import ReportProtocol

HANDSHAKE_SECONDS = 10.0
SHUTDOWN_SECONDS = 5.0
"""How long the other side may take to agree that the connection ends."""
AT_ONCE = 16
"""Accepted in one turn of the event loop."""
PAUSE_SECONDS = 0.5
"""After the system refused one more open file."""

_LOG = logging.getLogger(__name__)
_NO_MORE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class TlsListeners:
    """``make`` makes what speaks HTTP on a connection once its handshake is over."""

    def __init__(self, application: Application, make: Callable[[], ReportProtocol]) -> None:
        self._application = application
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._accepting: list[asyncio.Task[None]] = []
        self._shaking: set[asyncio.Task[None]] = set()

    def listen(self, listener: socket) -> None:
        """Begin to accept from a listening socket."""
        listener.setblocking(False)
        self._accepting += [self._loop.create_task(self._accept(listener.dup())) for _ in range(AT_ONCE)]

    async def close(self) -> None:
        """Accept nobody any more, and end what has only begun."""
        tasks = [*self._accepting, *self._shaking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, listener: socket) -> None:
        with listener:
            while True:
                try:
                    connection, peer = await self._loop.sock_accept(listener)
                except OSError as error:  # whoever knocked is gone already, or there is no file for them
                    if error.errno in _NO_MORE:
                        _LOG.warning("no connection can be accepted: %s", error.strerror)
                        await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._welcome(connection, str(peer[0]))

    def _welcome(self, connection: socket, address: str) -> None:
        seat = self._application.entrance.seat_for(address, connection.close)
        if seat is None:
            connection.close()
            return
        shaking = self._loop.create_task(self._shake(connection, seat))
        seat.close = shaking.cancel
        self._shaking.add(shaking)
        shaking.add_done_callback(self._shaking.discard)

    async def _shake(self, connection: socket, seat: Seat) -> None:
        tls = self._application.tls
        assert tls is not None
        protocol = self._make()
        protocol.seat = seat
        try:
            await self._loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=tls.context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=SHUTDOWN_SECONDS,
            )
        except OSError as error:  # ssl.SSLError and TimeoutError are such too: nobody there, or nothing of TLS
            _LOG.debug("no handshake: %s", error)
            protocol.give_up_seat()
        except BaseException:
            protocol.give_up_seat()
            connection.close()
            raise
