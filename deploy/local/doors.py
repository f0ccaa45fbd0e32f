"""A TCP port on loopback that can be open, closed or silent, and keeps its number through all three.

The stand-ins put a service behind it; nobody else can take the port while it is closed.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Literal

DoorState = Literal["open", "closed", "silent"]
Serve = Callable[[socket.socket], Awaitable[None]]

_STATES: Mapping[str, DoorState] = {"refuse": "closed", "silent": "silent"}
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def door_state(behaviour: str) -> DoorState:
    """What the port does for a stand-in's behaviour: most are shown through an open one."""
    return _STATES.get(behaviour, "open")


def host_port(host: str, port: int) -> str:
    """``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reset(connection: socket.socket) -> None:
    """Make the coming close of ``connection`` a TCP reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


@contextlib.asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close ``writer`` at the end, whatever its visitor did meanwhile."""
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Door:
    """One TCP port; ``serve`` gets every accepted socket while it is open and owns it from then on."""

    def __init__(self, host: str, serve: Serve) -> None:
        self.host = host
        self.port = 0
        self._serve = serve
        self._socket: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()

    def set(self, state: DoorState) -> None:
        """Change what the port does, at once; connections being served are cut off."""
        self._clear()
        self._socket = self._bound()
        if state == "open":
            self._socket.listen(64)
            self._accepting = asyncio.get_running_loop().create_task(self._accept(self._socket))
        elif state == "silent":
            self._fill(self._socket)

    async def close(self) -> None:
        """Let go of the port and of everything behind it."""
        tasks = [*self._serving, *([self._accepting] if self._accepting else [])]
        self._clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _bound(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self.host, self.port))
        self.port = bound.getsockname()[1]
        return bound

    def _fill(self, listener: socket.socket) -> None:
        """Fill the queue of connections nobody accepts: the system then drops every further knock."""
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket(listener.family, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self._fillers.append(filler)

    def _clear(self) -> None:
        if self._accepting and self._socket:
            # A knock already noticed would be accepted on the closed socket and fail a cancelled future.
            asyncio.get_running_loop().remove_reader(self._socket)
            self._accepting.cancel()
            self._accepting = None
        for task in self._serving:
            task.cancel()
        for filler in self._fillers:
            reset(filler)
            filler.close()
        self._fillers.clear()
        if self._socket:
            self._socket.close()
            self._socket = None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            # asyncio does this only for sockets it made itself; without it every page takes 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = loop.create_task(self._guard(connection))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _guard(self, connection: socket.socket) -> None:
        # a visitor that hangs up in the middle is no fault of the stand-in
        with contextlib.suppress(OSError, EOFError):
            await self._serve(connection)
