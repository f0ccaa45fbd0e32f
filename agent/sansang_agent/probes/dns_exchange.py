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

from sansang_agent.contract.outcome import Reason
from sansang_agent.platform import kernel_messages

from .reasons import EXPECTED, reason_of
from .streams import connected
from .targets import host_port

DNS_PORT = 53
_LARGEST = 65535
_HEADER_BYTES = 12
_IS_ANSWER = 0x80
_REASONS = {dns.rcode.NOERROR: None, dns.rcode.NXDOMAIN: Reason.NXDOMAIN}
"""Every other code is a resolver that could not or would not: ``servfail``."""


class Answer(NamedTuple):
    """What the resolver said: ``reason`` None for NOERROR, even where there is no record."""

    reason: Reason | None
    rcode: str
    """The code as DNS calls it, or why there is none."""
    found: tuple[str, ...] = ()
    """The records that answer the question, its name's aliases (CNAME) followed; an address record is its address."""
    records: tuple[str, ...] = ()
    """All records of the answer as text."""


_NO_ANSWER = Answer(Reason.WRONG_ANSWER, "what came is no answer to the question")


async def ask(server: str, name: str, kind: str) -> Answer:
    """Ask ``server`` (``address[:port]``); raises OSError (refused, no route …). The caller sets the deadline."""
    address, port = host_port(server, DNS_PORT)
    try:
        question = dns.message.make_query(name, kind)
    except dns.exception.DNSException as error:
        return Answer(Reason.NXDOMAIN, f"not a name: {error}")
    data = await _by_udp(address, port, question.to_wire())
    if not _is_cut_short(data):
        return read(question, data)
    try:
        return read(question, await _by_tcp(address, port, question.to_wire()))
    except EXPECTED as error:
        reason, said = reason_of(error)
        return Answer(reason, f"cut short by UDP, and by TCP: {said}")


def _is_cut_short(data: bytes) -> bool:
    """By the header alone: where a record was cut in two, the rest cannot be read."""
    return bool(int.from_bytes(data[2:4], "big") & dns.flags.TC)


def read(question: dns.message.Message, data: bytes) -> Answer:
    """What ``data``, which came for an answer, says about ``question``."""
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
        if not question.is_response(message):
            return _NO_ANSWER
        records = tuple(record.to_text() for rrset in message.answer for record in rrset)
        found = _found(message)
    except dns.exception.DNSException:
        return _NO_ANSWER
    rcode = message.rcode()
    return Answer(_REASONS.get(rcode, Reason.SERVFAIL), dns.rcode.to_text(rcode), found, records)


def _found(message: dns.message.Message) -> tuple[str, ...]:
    """None where the name's aliases lead nowhere, or in a circle."""
    if not isinstance(message, dns.message.QueryMessage) or message.rcode() != dns.rcode.NOERROR:
        return ()
    try:
        rrset = message.resolve_chaining().answer
    except dns.message.ChainTooLong:
        return ()
    return tuple(record.to_text() for record in rrset or ())


async def _by_udp(address: str, port: int, question: bytes) -> bytes:
    """The first answer that carries our number; others are not ours."""
    loop = asyncio.get_running_loop()
    family, _, _, _, sockaddr = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[
        0
    ]
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
        sock.setblocking(False)
        kernel_messages.hear_complaints(sock)
        sock.connect(sockaddr)
        await loop.sock_sendall(sock, question)
        try:
            data = await loop.sock_recv(sock, _LARGEST)
            while not _is_ours(data, question):
                await asyncio.sleep(0)  # however much comes, the others have their turn
                data = await loop.sock_recv(sock, _LARGEST)
        except ConnectionResetError as error:
            # how Windows hears that the port is closed
            raise ConnectionRefusedError(*error.args) from error
    return data


def _is_ours(data: bytes, question: bytes) -> bool:
    """Whether it is an answer to this question's number."""
    return len(data) >= _HEADER_BYTES and data[:2] == question[:2] and bool(data[2] & _IS_ANSWER)


async def _by_tcp(address: str, port: int, question: bytes) -> bytes:
    async with connected(address, port) as stream:
        await stream.write(len(question).to_bytes(2, "big") + question)
        return await stream.read_exactly(int.from_bytes(await stream.read_exactly(2), "big"))
