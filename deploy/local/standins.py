"""Stand-ins on loopback for a gateway, a line, resolvers and services: real sockets that break on command.

They serve the sandbox and the tests; ``standin.behave("silent")`` takes effect at the next knock.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Literal, NamedTuple

from dns_standin import WRONG_ADDRESS, DnsBehaviour, DnsStandIn
from doors import Door, closing, door_state, host_port, reset

__all__ = [
    "OTHER_TITLE",
    "WRONG_ADDRESS",
    "DnsBehaviour",
    "DnsStandIn",
    "HttpBehaviour",
    "HttpStandIn",
    "Page",
    "TcpBehaviour",
    "TcpStandIn",
    "page",
]

TcpBehaviour = Literal["answer", "refuse", "silent", "reset"]
HttpBehaviour = Literal[
    "ok", "other_page", "error", "redirect_loop", "slow", "endless", "reset", "mute", "silent", "refuse"
]

OTHER_TITLE = "Đăng nhập mạng"
"""Title of the page a captive portal puts in the service's place."""


class TcpStandIn:
    """Any TCP service: ``answer`` accepts and holds, ``refuse`` and ``silent`` by the port, ``reset`` after accepting.

    ``asked`` counts accepted connections.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.asked = 0
        self.behaviour: TcpBehaviour = "answer"
        self._door = Door(host, self._serve)

    @property
    def port(self) -> int:
        """The port it has had since ``start``."""
        return self._door.port

    @property
    def target(self) -> str:
        """``host:port``, as a check wants it."""
        return host_port(self.host, self.port)

    async def start(self) -> None:
        """Take a free port and answer."""
        self._door.set(door_state(self.behaviour))

    async def close(self) -> None:
        """Give the port back."""
        await self._door.close()

    def behave(self, behaviour: TcpBehaviour) -> None:
        """Behave so from now on; open connections are cut."""
        self.behaviour = behaviour
        self._door.set(door_state(behaviour))

    async def _serve(self, connection: socket.socket) -> None:
        self.asked += 1
        if self.behaviour == "reset":
            reset(connection)
            connection.close()
            return
        with contextlib.closing(connection):
            while await asyncio.get_running_loop().sock_recv(connection, 65536):
                pass


class Page(NamedTuple):
    """What an HTTP stand-in shows at a path."""

    body: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def page(title: str, text: str = "", status: int = 200) -> Page:
    """A small HTML page."""
    head = f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>'
    return Page(f"{head}<body><h1>{title}</h1><p>{text}</p></body></html>", status)


class HttpStandIn:
    """A web service, plain or with TLS: shows ``pages`` (path → page); unknown paths are 404.

    ``other_page`` is a captive portal's or a blocker's page, ``slow`` sends the head and then nothing, ``mute`` takes
    the request and says nothing, ``endless`` never stops sending. ``date_offset_s`` shifts the Date header.
    ``asked`` counts requests; ``user_agent`` is the last one seen.
    """

    def __init__(self, pages: Mapping[str, Page], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.pages = dict(pages)
        self.host = host
        self.asked = 0
        self.user_agent = ""
        self.date_offset_s = 0.0
        self.behaviour: HttpBehaviour = "ok"
        self._tls = tls
        self._door = Door(host, self._serve)

    @property
    def port(self) -> int:
        """The port it has had since ``start``."""
        return self._door.port

    @property
    def target(self) -> str:
        """``host:port``, as a check wants it."""
        return host_port(self.host, self.port)

    @property
    def url(self) -> str:
        """Scheme, host and port, without a path."""
        return f"{'https' if self._tls else 'http'}://{self.target}"

    async def start(self) -> None:
        """Take a free port and answer."""
        self._door.set(door_state(self.behaviour))

    async def close(self) -> None:
        """Give the port back."""
        await self._door.close()

    def behave(self, behaviour: HttpBehaviour) -> None:
        """Behave so from now on; open connections are cut."""
        self.behaviour = behaviour
        self._door.set(door_state(behaviour))

    def present(self, tls: ssl.SSLContext) -> None:
        """Show another certificate from the next connection on."""
        self._tls = tls

    async def _serve(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._tls)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        async with closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            await self._answer(head, writer)

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        lines = head.split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        self.user_agent = next((line[12:] for line in lines if line.lower().startswith("user-agent: ")), "")
        if self.behaviour == "reset":
            reset(writer.get_extra_info("socket"))
            writer.transport.abort()
            return
        if self.behaviour == "mute":
            await asyncio.Event().wait()
        await self._show(self._page(path), writer, with_body=method != "HEAD")

    def _page(self, path: str) -> Page:
        match self.behaviour:
            case "other_page":
                return page(OTHER_TITLE, "Vui lòng đăng nhập để dùng mạng.")
            case "error":
                return page("Lỗi máy chủ", status=500)
            case "redirect_loop":
                return Page("", 302, (("Location", path),))
        return self.pages.get(path, page("Không tìm thấy", status=404))

    async def _show(self, shown: Page, writer: asyncio.StreamWriter, *, with_body: bool) -> None:
        body = shown.body.encode()
        endless = self.behaviour == "endless"
        head = [
            f"HTTP/1.1 {shown.status} x",
            f"Date: {formatdate(time.time() + self.date_offset_s, usegmt=True)}",
            "Content-Type: text/html; charset=utf-8",
            "Connection: close",
            *([] if endless else [f"Content-Length: {len(body)}"]),
            *(f"{name}: {value}" for name, value in shown.headers),
        ]
        writer.write("\r\n".join([*head, "", ""]).encode())
        await writer.drain()
        if self.behaviour == "slow":
            await asyncio.Event().wait()
        if with_body:
            writer.write(body)
        while with_body and endless:
            writer.write(b" " * 65536)
            await writer.drain()
