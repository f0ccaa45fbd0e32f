"""The short way into ingest: a report is taken where it is read, and answered where its commit becomes known.

No task, no scope, no messages; only a POST of reports that holds nothing unusual. All else is uvicorn's, untouched.
"""

import asyncio
import logging
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn.server import ServerState

from .app import Application
from .connections import VOUCH, Seat
from .ingest import PATH, Said
from .protocol import PatientProtocol

_LOG = logging.getLogger(__name__)

MOST_BYTES = 65_536
"""The longest body that may go the short way."""
MOMENT_S = 0.25
"""How long a held request waits for its body; after that it goes the long way, which is patient."""
MOST_HELD_BYTES = 16_777_216
"""Announced by all requests held back at a time; beyond it the long way, which asks who it is before it reads."""
_PATH = PATH.encode()


class _ShortCycle(RequestResponseCycle):
    """A request on the short way, as far as uvicorn asks about the one under way."""

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.message_event = _NOBODY_WAITS


class ReportProtocol(PatientProtocol):
    """Holds back what may go the short way until its body is here, then tries it."""

    _held: list[bytes] | None = None
    """What is here of the body of a request that may go the short way."""

    _announced = 0
    """How long the body of the request held back will be."""
    _moment: asyncio.TimerHandle | None = None

    seat: Seat | None = None
    """Its place among all connections."""
    _is_known = False
    """Whether a valid credential has been seen on it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        assert isinstance(config.app, Application)
        self._entrance = config.app.entrance
        self._ingest = config.app.ingest

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take a place if it has none yet, as it has after a handshake."""
        super().connection_made(transport)
        if self.seat is None:
            peer = transport.get_extra_info("peername")
            self.seat = self._entrance.seat_for(peer[0] if peer else "", transport.abort)
        if self.seat is None:
            transport.abort()
        else:
            self.seat.close, self.seat.is_idle = transport.abort, self._is_between_requests

    def give_up_seat(self) -> None:
        """The connection is closed."""
        seat, self.seat = self.seat, None
        if seat is not None:
            self._entrance.connections.leave(seat)

    def data_received(self, data: bytes) -> None:
        """Wait a moment for the rest of what is held: head and body are often two packets."""
        super().data_received(data)
        if self._held is not None and self._moment is None:
            self._moment = self.loop.call_later(MOMENT_S, self._go_the_long_way)

    def on_headers_complete(self) -> None:
        """Hold the request back if it may go the short way."""
        if self.url == _PATH and self._may_be_short():
            self._stop_waiting()
            self._hold()
        else:
            self._begin_long()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """All is here: the short way, if ingest agrees."""
        if self._held is None:
            super().on_message_complete()
        elif self._go_the_short_way(b"".join(self._held)):
            self._let_go()
            if not self._is_known:
                self._vouch()
        else:
            self._go_the_long_way()
            super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever sent half a request is gone."""
        self._let_go()
        self.give_up_seat()
        super().connection_lost(exc)

    def _is_between_requests(self) -> bool:
        return self._held is None and super()._is_between_requests()

    def _may_be_short(self) -> bool:
        headers = self._headers = dict(self.headers)
        return (
            len(headers) == len(self.headers)
            and headers.get(b"content-length", b"").isdigit()
            and (length := int(headers[b"content-length"])) <= MOST_BYTES
            and self._ingest.held_bytes + length <= MOST_HELD_BYTES
            and b"transfer-encoding" not in headers
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and not self.parser.should_upgrade()
        )

    def _go_the_short_way(self, body: bytes) -> bool:
        cycle = _ShortCycle(self.parser.should_keep_alive())
        before, self.cycle = self.cycle, cycle

        def say(said: Said) -> None:
            self._say(cycle, said)

        try:
            taken = self._ingest.take(self._headers, body, say)
        except Exception:  # noqa: BLE001  # the long way meets it again, and makes it the 500 it is
            _LOG.exception("a report could not go the short way")
            taken = False
        if not taken:
            self.cycle = before
        return taken

    def _go_the_long_way(self) -> None:
        held = self._let_go()
        if not self.transport.is_closing():
            self._begin_long()
            for piece in held:
                super().on_body(piece)

    def _begin_long(self) -> None:
        if not self._is_known:
            self.scope[VOUCH] = self._vouch_soon  # type: ignore[literal-required]  # one of our own among ASGI's
        super().on_headers_complete()

    def _vouch_soon(self) -> None:
        self.loop.call_soon_threadsafe(self._vouch)  # pages look credentials up in threads

    def _vouch(self) -> None:
        if self.seat is not None:
            self._is_known = True
            self._entrance.connections.vouch(self.seat)

    def _hold(self) -> None:
        self._held = []
        self._announced = int(self._headers[b"content-length"])
        self._ingest.held_bytes += self._announced

    def _let_go(self) -> list[bytes]:
        held, self._held = self._held, None
        if held is not None:
            self._ingest.held_bytes -= self._announced
        if self._moment is not None:
            self._moment.cancel()
            self._moment = None
        return held or []

    def _say(self, cycle: _ShortCycle, said: Said) -> None:
        cycle.response_complete = True
        if cycle.disconnected:
            return
        lines = [STATUS_LINE[said.status]]
        for name, value in (*self.server_state.default_headers, *said.headers):
            lines += (name, b": ", value, b"\r\n")
        lines += (b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n", said.body)
        self.transport.write(b"".join(lines))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


_NOBODY_WAITS = asyncio.Event()
