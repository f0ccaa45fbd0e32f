"""A name server on loopback that says exactly what a test wrote, by UDP and by TCP: for answers no real one gives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from doors import closing

ByUdp = Callable[[bytes], Iterable[bytes]]
ByTcp = Callable[[bytes], bytes]
Record = tuple[str, str, str]
"""Owner, type and content of a record."""


def answer(question: bytes, *records: Record, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, cut: bool = False) -> bytes:
    """An answer to ``question``; ``cut``: it says that it was cut short."""
    message = dns.message.make_response(dns.message.from_wire(question))
    message.set_rcode(rcode)
    message.flags |= dns.flags.TC if cut else 0
    message.answer = [dns.rrset.from_text(owner, 60, "IN", kind, content) for owner, kind, content in records]
    return message.to_wire()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, say: ByUdp) -> None:
        self._say = say

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for each in self._say(data):
            self._transport.sendto(each, addr)


@asynccontextmanager
async def saying(by_udp: ByUdp, by_tcp: ByTcp | None = None) -> AsyncIterator[str]:
    """Serve; gives ``address:port``. Without ``by_tcp`` the TCP port is closed; it hangs up after what it says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with closing(writer):
            question = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            writer.write((by_tcp or bytes)(question))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    # by UDP few programs hold a port; by TCP the one that UDP was given may well be another's
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(by_udp), local_addr=("127.0.0.1", port)
    )
    if not by_tcp:
        server.close()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        transport.close()
        server.close()
        await server.wait_closed()


def framed(message: bytes) -> bytes:
    """A message as TCP carries it (RFC 1035 §4.2.2)."""
    return len(message).to_bytes(2, "big") + message
