"""Byte streams a probe talks through: plain TCP, or TLS over it with nothing hidden (``SSLContext.wrap_bio``).

With our own memory BIOs the handshake is one timed step, its alerts are seen, and a failed one can be looked into.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")
_CHUNK = 16384
"""Bytes looked at in one go: a TLS record, and a page in the smallest chunks within a tenth of a second."""


class ByteStream(Protocol):
    """What HTTP needs of a connection."""

    async def read(self) -> bytes:
        """Some bytes; empty at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        ...


class TcpStream:
    """A TCP connection to ``address``."""

    def __init__(self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Some bytes; empty at the end."""
        return await self._reader.read(_CHUNK)

    async def read_exactly(self, size: int) -> bytes:
        """``size`` bytes; EOFError if the other side hangs up before."""
        return await self._reader.readexactly(size)

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        """Let go at once, without waiting for the other side."""
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        else:
            self._writer.close()


@asynccontextmanager
async def connected(address: str, port: int) -> AsyncIterator[TcpStream]:
    """A connection to a literal address, closed at the end; raises OSError. The caller sets the deadline."""
    family, kind, protocol, _, sockaddr = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )[0]
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    try:
        # the scope of a link-local address is a number of its own here; in the text it would be looked up by a thread
        host = str(sockaddr[0]).partition("%")[0]
        await asyncio.get_running_loop().sock_connect(sock, (host, *sockaddr[1:]))
        stream = TcpStream(address, *await asyncio.open_connection(sock=sock))
    except BaseException:
        sock.close()
        raise
    try:
        yield stream
    finally:
        stream.close()


class TlsStream:
    """TLS over ``below``; :meth:`handshake` first. ``received`` keeps what came during the handshake, as sent."""

    def __init__(self, below: ByteStream, context: ssl.SSLContext, server_name: str) -> None:
        self._below = below
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.received = b""
        self._shaking = True

    async def handshake(self) -> None:
        """Shake hands; raises ssl.SSLError (SSLCertVerificationError where the certificate is wrong)."""
        await self._drive(self.session.do_handshake)
        self._shaking = False

    async def read(self) -> bytes:
        """Some bytes; empty at the end, also where the other side forgot to say goodbye."""
        try:
            return await self._drive(lambda: self.session.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        await self._drive(lambda: self.session.write(data))

    async def listen(self) -> None:
        """Wait for the next thing the server says after the handshake; raises ssl.SSLError if it is an alert."""
        self._feed(await self._below.read())
        try:
            self.session.read(_CHUNK)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return

    async def _drive(self, step: Callable[[], T]) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                self._feed(await self._below.read())
            except ssl.SSLError:
                await self._flush()
                raise
            else:
                await self._flush()
                return result

    def _feed(self, data: bytes) -> None:
        if self._shaking:
            self.received += data
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._below.write(self._outgoing.read())
