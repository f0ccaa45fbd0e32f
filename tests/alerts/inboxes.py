"""A real webhook and a real mail server on loopback that keep what arrives."""

import json
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, NamedTuple, Self

PATIENCE_S = 30.0


class _Serving:
    """Runs a server in a thread for the length of a ``with``."""

    def __init__(self, server: socketserver.BaseServer, port: int) -> None:
        self.port = port
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Delivery(NamedTuple):
    """One POST to the webhook."""

    path: str
    authorization: str | None
    payload: dict[str, Any]


class Webhook(_Serving):
    """Accepts every POST of JSON."""

    def __init__(self) -> None:
        self._arrived: Queue[Delivery] = Queue()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _webhook_handler(self._arrived.put))
        super().__init__(server, server.server_port)

    def next(self) -> Delivery:
        """The oldest delivery not yet taken; queue.Empty when none comes."""
        return self._arrived.get(timeout=PATIENCE_S)


def _webhook_handler(arrive: Callable[[Delivery], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            arrive(Delivery(self.path, self.headers["Authorization"], json.loads(body)))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the test's output quiet."""

    return Handler


class Mailbox(_Serving):
    """Speaks as much SMTP as a client without TLS and passwords needs."""

    def __init__(self) -> None:
        self._arrived: Queue[bytes] = Queue()
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _smtp_handler(self._arrived.put))
        super().__init__(server, server.server_address[1])

    @property
    def is_empty(self) -> bool:
        """Whether everything that came was taken."""
        return self._arrived.empty()

    def next(self) -> bytes:
        """The oldest message not yet taken; queue.Empty when none comes."""
        return self._arrived.get(timeout=PATIENCE_S)


def _smtp_handler(arrive: Callable[[bytes], None]) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(b"220 ready")
            for line in self.rfile:
                verb = line[:4].upper().strip()
                if verb == b"DATA":
                    self._say(b"354 go on")
                    arrive(b"".join(iter(self.rfile.readline, b".\r\n")))
                self._say(b"221 bye" if verb == b"QUIT" else b"250 ok")
                if verb == b"QUIT":
                    return

        def _say(self, reply: bytes) -> None:
            self.wfile.write(reply + b"\r\n")

    return Handler
