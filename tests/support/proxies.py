"""An HTTP proxy on loopback: tunnels on CONNECT, forwards whole URLs, and refuses on command."""

import asyncio
from urllib.parse import urlsplit

from doors import closing


class ProxyStandIn:
    """Whatever host is asked for, it is looked for on 127.0.0.1. ``asked`` holds the request lines seen."""

    def __init__(self) -> None:
        self.refusal = ""
        """A status line's rest, such as ``403 Forbidden``, said to everybody; empty: serve."""
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None] | None] = set()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*(task for task in self._serving if task), return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        async with closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.decode().partition("\r\n")
            self.asked.append(line)
            if self.refusal:
                writer.write(f"HTTP/1.1 {self.refusal}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            method, target, _ = line.split(" ")
            port = int(target.rpartition(":")[2]) if method == "CONNECT" else urlsplit(target).port
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            async with closing(far_writer):
                if method == "CONNECT":
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    far_writer.write(f"{method} {urlsplit(target).path} HTTP/1.1\r\n{rest}".encode())
                await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
