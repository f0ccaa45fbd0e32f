"""uvicorn as serve needs it: says when it is ready, stops with status 0 when asked to, and is not run over."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE_S = 75
STOP_S = 15
"""Longer than what is under way to a channel may take to stop."""
MOST_AT_ONCE = 500


class Server(uvicorn.Server):
    """Of one application."""

    def __init__(self, application: ASGIApp, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                ws="none",
                lifespan="on",
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_S,
                limit_concurrency=MOST_AT_ONCE,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                log_config=None,
            )
        )
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
