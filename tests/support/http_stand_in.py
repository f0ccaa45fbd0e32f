"""A real HTTP server on loopback that keeps what it is asked and misbehaves on command; others build upon it.

On threads of its own, so that tests with a loop, without one, and other processes can all use it.
"""

import contextlib
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import NamedTuple, Self

PATIENCE_S = 30.0


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Says(NamedTuple):
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


class Hangs(NamedTuple):
    """No answer ever; the request was read."""


class Resets(NamedTuple):
    """The connection is reset; the request was read."""


class Garbage(NamedTuple):
    """Bytes that are no HTTP."""

    data: bytes = b"\x00\xffwhat is this\r\n\r\n"


Behaviour = Says | Hangs | Resets | Garbage


class HttpStandIn:
    """Used by ``with``. ``next`` is what the next requests meet, in order; ``always`` what all others do; and then
    :meth:`answer` says."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.next: deque[Behaviour] = deque()
        self.always: Behaviour | None = None
        self._news = threading.Condition()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> Behaviour:  # noqa: ARG002 - others look at it
        """What a request gets that meets nothing else."""
        return Says()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with self._news:
            self._news.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that requests bring about; AssertionError where it does not come."""
        with self._news:
            assert self._news.wait_for(holds, PATIENCE_S)

    def meet(self, asked: Asked) -> Behaviour:
        """One request came."""
        met = self.next.popleft() if self.next else self.always
        behaviour = self.answer(asked) if met is None else met
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()
        return behaviour

    def over(self, within_s: float = PATIENCE_S) -> bool:
        """Wait for the end."""
        return self._over.wait(within_s)


def _handler(stand_in: HttpStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _meet(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.close_connection = True
            match stand_in.meet(Asked(self.command, self.path, headers, body)):
                case Says(status, said, more):
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(said)), **more}.items():
                        self.send_header(name, value)
                    with contextlib.suppress(ConnectionError):  # whoever asked was killed
                        self.end_headers()
                        self.wfile.write(said)
                case Hangs():
                    stand_in.over()
                case Resets():
                    # no linger: closing resets
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                case Garbage(data):
                    self.wfile.write(data)

        do_GET = do_DELETE = do_POST = _meet  # noqa: N815 - the base class names them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the test's output quiet."""

    return Handler
