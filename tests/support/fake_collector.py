"""A real HTTP server on loopback that answers as a script says; the scripts stand for collectors of all kinds."""

import asyncio
import gzip
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Self

import h11
import msgspec

from sansang_agent.contract.report import Envelope, Report, Sent


class Request:
    """One request as it came in; ``envelope`` is what a report's brought."""

    def __init__(self, head: h11.Request, body: bytes) -> None:
        self.target = head.target.decode()
        self.headers = {name.decode(): value.decode() for name, value in head.headers}
        self.method = head.method.decode()
        self.body = body
        zipped = self.headers.get("content-encoding") == "gzip"
        self.envelope = msgspec.json.decode(gzip.decompress(body), type=Envelope) if zipped else _NOTHING
        self.reports = [msgspec.json.decode(raw, type=Report) for raw in self.envelope.reports]
        self.bodies = [bytes(raw) for raw in self.envelope.reports]

    @property
    def seqs(self) -> list[int]:
        return [report.seq for report in self.reports]


_NOTHING = Envelope(v=1, sent=Sent(boot="", mono=0.0, wall=0.0))
"""What any other request brings."""


class Reply:
    """What to write back: raw bytes, then perhaps close."""

    def __init__(
        self, status: int = 200, body: Any = b"", headers: dict[str, str] | None = None, *, close: bool = False
    ) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.headers = headers or {"content-type": "application/json"}
        self.close = close

    def bytes(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} Said", f"content-length: {len(self.body)}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + self.body


Script = Callable[[Request], "Reply | bytes | Awaitable[Reply | bytes]"]


def stored(request: Request, **more: Any) -> Reply:
    """All of it is in the log."""
    spans = [[report.stream, [[report.seq, report.seq]]] for report in request.reports]
    return Reply(body={"stored": spans, "now": time.time()} | more)


def problem(status: int, **more: Any) -> Reply:
    """A problem document."""
    body = {"title": "no", "status": status, **more}
    return Reply(status, body, {"content-type": "application/problem+json"})


class FakeCollector:
    """Answers the n-th request by the n-th script, and all later ones by the last; bytes are written as they are."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._scripts = list(scripts)
        self.requests: list[Request] = []
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.arrived = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            with suppress(AttributeError):  # Python 3.11.2 fails so where a connection under TLS is gone already
                writer.transport.abort()
        await self._server.wait_closed()

    def script(self, *scripts: Script) -> None:
        """From now on answer so."""
        self._scripts = list(scripts)

    async def hang_up(self) -> None:
        """Close every idle connection, as a server does after its keep-alive."""
        for writer in self._writers:
            writer.close()
        await asyncio.sleep(0.01)

    async def until(self, wanted: Callable[[list[Request]], bool], limit: float = 10.0) -> None:
        """Wait until the requests so far are as wanted."""
        async with asyncio.timeout(limit):
            while not wanted(self.requests):
                self.arrived.clear()
                await self.arrived.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the agent or the test ended it
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        while True:
            request = await self._read(http, reader)
            if request is None:
                return
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            self.requests.append(request)
            self.arrived.set()
            reply = script(request)
            said = await reply if isinstance(reply, Awaitable) else reply
            writer.write(said if isinstance(said, bytes) else said.bytes())
            await writer.drain()
            if isinstance(said, bytes) or said.close:
                return
            http = h11.Connection(h11.SERVER)

    async def _read(self, http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
        head, body = None, b""
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                data = await reader.read(65536)
                if not data:
                    return None
                http.receive_data(data)
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                return Request(head, body)
