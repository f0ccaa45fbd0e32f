"""A line between an agent and its collector that a test cuts: what is sent into a cut line comes out nowhere."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """Passes on what comes in on ``port`` of loopback; cut, it still takes connections and says nothing."""

    def __init__(self, listening: socket.socket, far_port: int) -> None:
        self._listening = listening
        self._far_port = far_port
        self._whole = threading.Event()
        self._whole.set()
        self._connections: list[socket.socket] = []
        self.port: int = listening.getsockname()[1]

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """Connections from before are gone, as they are when a router has forgotten them."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._whole.set()

    def serve(self) -> None:
        """Take connections until the listening socket is closed."""
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(near)
            if self._whole.is_set():
                far = socket.create_connection(("127.0.0.1", self._far_port))
                self._connections.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                if self._whole.is_set():
                    other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return  # one end is gone, and the other learns it by time


@contextmanager
def line_to(far_port: int) -> Iterator[Line]:
    """A line to a port of loopback until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = Line(listening, far_port)
        threading.Thread(target=line.serve, daemon=True).start()
        try:
            yield line
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            line.mend()
