"""uvicorn as our servers need it: says when it is ready, and stops with status 0 when asked to.

``serve`` runs it as it is; the collector's own adds its protocol and its streams.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE_S = 75
STOP_S = 15
"""Longer than what is under way to a channel may take to stop."""
MOST_AT_ONCE = 500


class Server(uvicorn.Server):
    """Of one application."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
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
        await self.listen(sockets)
        if self.started and not self.should_exit:
            self._on_ready()

    async def listen(self, sockets: list[socket] | None) -> None:
        """Start the application and take connections."""
        await super().startup(sockets)


def config(application: ASGIApp, stop_s: int, **more: Any) -> uvicorn.Config:
    """What every server of ours is told: connections are kept, nothing of uvicorn's own is logged or said of itself."""
    return uvicorn.Config(
        application,
        ws="none",
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=stop_s,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        **more,
    )


def url_of(listener: socket, scheme: str) -> str:
    """Where it listens."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
