"""One question to one resolver: UDP first, TCP where the answer was cut short (RFC 1035, RFC 7766).

The endpoint is connected, so that nobody else can answer, and that a closed port is heard as a refusal and (on Linux)
a router's complaint as what it is.
"""

import asyncio
import contextlib
import socket
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from sansang_agent.contract.outcome import Reason
from sansang_agent.platform import kernel_messages

from .streams import connected
from .targets import host_port

DNS_PORT = 53
_LARGEST = 65535
_REASONS = {dns.rcode.NOERROR: None, dns.rcode.NXDOMAIN: Reason.NXDOMAIN}
"""Every other code is a resolver that could not or would not: ``servfail``."""


class Answer(NamedTuple):
    """What the resolver said: ``reason`` None for NOERROR, even where there is no record."""

    reason: Reason | None
    rcode: str
    addresses: tuple[str, ...]
    """Address records (A, AAAA) of the answer, in its order."""
    records: tuple[str, ...]
    """All records of the answer as text."""


async def ask(server: str, name: str, kind: str) -> Answer:
    """Ask ``server`` (``address[:port]``); raises OSError (refused, no route …). The caller sets the deadline."""
    address, port = host_port(server, DNS_PORT)
    try:
        question = dns.message.make_query(name, kind)
    except dns.exception.DNSException as error:
        return Answer(Reason.NXDOMAIN, f"not a name: {error}", (), ())
    answer = await _by_udp(address, port, question)
    if answer.flags & dns.flags.TC:
        answer = await _by_tcp(address, port, question)
    return _read(answer)


def _read(message: dns.message.Message) -> Answer:
    rcode = message.rcode()
    records = [(rrset.rdtype, record.to_text()) for rrset in message.answer for record in rrset]
    return Answer(
        reason=_REASONS.get(rcode, Reason.SERVFAIL),
        rcode=dns.rcode.to_text(rcode),
        addresses=tuple(text for kind, text in records if kind in {dns.rdatatype.A, dns.rdatatype.AAAA}),
        records=tuple(text for _, text in records),
    )


def _answer_to(question: dns.message.Message, data: bytes) -> dns.message.Message | None:
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
    except dns.exception.DNSException:
        return None
    return message if question.is_response(message) else None


async def _by_udp(address: str, port: int, question: dns.message.Message) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    family, _, _, _, sockaddr = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[
        0
    ]
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
        sock.setblocking(False)
        kernel_messages.hear_complaints(sock)
        sock.connect(sockaddr)
        await loop.sock_sendall(sock, question.to_wire())
        try:
            while (message := _answer_to(question, await loop.sock_recv(sock, _LARGEST))) is None:
                pass  # something else than the answer; that may still come
        except ConnectionResetError as error:
            # how Windows hears that the port is closed
            raise ConnectionRefusedError(*error.args) from error
    return message


async def _by_tcp(address: str, port: int, question: dns.message.Message) -> dns.message.Message:
    async with connected(address, port) as stream:
        wire = question.to_wire()
        await stream.write(len(wire).to_bytes(2, "big") + wire)
        size = int.from_bytes(await stream.read_exactly(2), "big")
        message = _answer_to(question, await stream.read_exactly(size))
    if message is None:
        raise ConnectionResetError("the answer by TCP is not one")
    return message
