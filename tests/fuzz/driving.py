"""Sends cases over a few kept-alive connections to a real collector and counts what comes back.

The client is made by hand: others would refuse to send half of this, and cost more than the collector does.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from typing import NamedTuple

from .targets import Target

CONNECTIONS = 8
PATIENCE_S = 60.0


class Told(NamedTuple):
    """How often which status was answered by target, and the first cases that were answered otherwise than they may."""

    statuses: Counter[tuple[str, int]]
    wrong: list[tuple[str, int, bytes]]


class _Connection:
    """One kept-alive connection, opened again whenever the other side has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes) -> int:
        """The status of the answer."""
        async with asyncio.timeout(PATIENCE_S):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
            reader, writer = self._streams
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await _skip_body(reader, head)
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _skip_body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"\r\ntransfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
        return
    _, _, after = head.partition(b"\r\ncontent-length:")
    if after:
        await reader.readexactly(int(after.split(b"\r\n", 1)[0]))


def request(target: Target, token: str, content: bytes) -> bytes:
    """The bytes of one request."""
    address = target.path.encode()
    if target.method == "GET":
        address, content = address + b"?" + _fit_for_an_address(content), b""
    lines = [
        target.method.encode() + b" " + address + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        *([b"Authorization: Bearer " + token.encode()] if token else []),
        *target.headers,
        b"Accept: text/html",
        b"Content-Type: " + target.media.encode(),
        b"Content-Length: %d" % len(content),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + content


def _fit_for_an_address(query: bytes) -> bytes:
    """What would end the address, or is longer than the collector reads of one, is no query's to fuzz."""
    return bytes(byte for byte in query if byte > 0x20 and byte not in b"\x7f#")[:8000]


async def drive(
    port: int,
    targets: Sequence[Target],
    tokens: MutableMapping[str, str],
    cases: int,
    chance: random.Random,
    enrol: Callable[[], str],
) -> Told:
    """Send so many cases, each target as often as its weight says.

    A machine whose odd boots take turns is taken for two and shut out; ``enrol`` gives it a new token.
    """
    told = Told(Counter(), [])
    weights = [target.weight for target in targets]
    cases_left = iter(range(cases))

    async def send() -> None:
        connection = _Connection(port)
        for _ in cases_left:
            (target,) = chance.choices(targets, weights)
            content = target.mutate(chance, target.example)
            try:
                status = await connection.exchange(request(target, tokens[target.scope], content))
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                status = 0
                connection.close()
            if status == 403 and target.scope == "agent":
                tokens["agent"] = enrol()
            told.statuses[f"{target.method} {target.path}", status] += 1
            if status not in target.allowed and len(told.wrong) < 20:
                told.wrong.append((f"{target.method} {target.path}", status, content))
        connection.close()

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return told
