"""A resolver on loopback, over UDP and TCP, that knows a small zone and breaks on command."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from doors import Door, closing, door_state, host_port

DnsBehaviour = Literal["answer", "refuse", "silent", "nxdomain", "servfail", "wrong", "truncate", "forge"]

WRONG_ADDRESS = "203.0.113.66"
"""What a lying resolver answers: an address kept for documentation (RFC 5737)."""
_KINDS = {4: dns.rdatatype.A, 6: dns.rdatatype.AAAA}


class DnsStandIn:
    """A resolver over UDP and TCP on one port that knows ``zone`` (name → addresses, IPv4 or IPv6).

    Names it does not know are NXDOMAIN. ``wrong`` answers :data:`WRONG_ADDRESS` to everything, ``truncate`` answers
    in full by TCP only, ``forge`` answers with another message id, ``refuse`` closes the port.
    ``asked`` counts questions.
    """

    def __init__(self, zone: Mapping[str, Sequence[str]], host: str = "127.0.0.1") -> None:
        self.zone = {name.rstrip(".").lower(): tuple(addresses) for name, addresses in zone.items()}
        self.host = host
        self.asked = 0
        self.behaviour: DnsBehaviour = "answer"
        self._door = Door(host, self._serve_tcp)
        self._udp: socket.socket | None = None
        self._answering: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port of both protocols."""
        return self._door.port

    @property
    def target(self) -> str:
        """``host:port``, as a check wants it."""
        return host_port(self.host, self.port)

    async def start(self) -> None:
        """Take a port that is free for both protocols and answer."""
        while True:
            self._door.set("open")
            try:
                self.behave(self.behaviour)
            except OSError:
                # free for TCP, taken for UDP: look for another
                await self._door.close()
                self._door.port = 0
            else:
                return

    async def close(self) -> None:
        """Give the port back."""
        answering = self._answering
        self._clear_udp()
        if answering:
            await asyncio.gather(answering, return_exceptions=True)
        await self._door.close()

    def behave(self, behaviour: DnsBehaviour) -> None:
        """Behave so from now on."""
        self.behaviour = behaviour
        self._door.set(door_state(behaviour))
        self._clear_udp()
        self._udp = self._bound_udp()
        if behaviour == "refuse":
            # connected elsewhere it keeps the port, and everybody else is told "port unreachable"
            self._udp.connect((self.host, 9))
        else:
            self._answering = asyncio.get_running_loop().create_task(self._answer_udp(self._udp))

    def respond(self, wire: bytes, *, udp: bool) -> bytes | None:
        """The bytes to send back for the question ``wire``; None for silence."""
        self.asked += 1
        query = dns.message.from_wire(wire)
        answer = dns.message.make_response(query, recursion_available=True)
        match self.behaviour:
            case "silent" | "refuse":
                return None
            case "servfail":
                answer.set_rcode(dns.rcode.SERVFAIL)
            case "nxdomain":
                answer.set_rcode(dns.rcode.NXDOMAIN)
            case "truncate" if udp:
                answer.flags |= dns.flags.TC
            case _:
                self._fill(answer)
        if self.behaviour == "forge":
            answer.id = (answer.id + 1) % 65536
        return answer.to_wire()

    def _fill(self, answer: dns.message.Message) -> None:
        name, wanted = answer.question[0].name, answer.question[0].rdtype
        addresses = self.zone.get(name.to_text(omit_final_dot=True).lower())
        if self.behaviour == "wrong":
            addresses = (WRONG_ADDRESS,)
        if addresses is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        fitting = [each for each in addresses if _KINDS[ipaddress.ip_address(each).version] == wanted]
        if fitting:
            answer.answer.append(dns.rrset.from_text_list(name, 5, dns.rdataclass.IN, wanted, fitting))

    def _bound_udp(self) -> socket.socket:
        bound = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM)
        bound.setblocking(False)
        try:
            bound.bind((self.host, self.port))
        except OSError:
            bound.close()
            raise
        return bound

    def _clear_udp(self) -> None:
        if self._answering:
            self._answering.cancel()
            self._answering = None
        if self._udp:
            self._udp.close()
            self._udp = None

    async def _answer_udp(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            # an asker that has gone away (its port unreachable) or talks nonsense is no fault of the stand-in
            with contextlib.suppress(OSError, dns.exception.DNSException):
                wire, asker = await loop.sock_recvfrom(bound, 65536)
                answer = self.respond(wire, udp=True)
                if answer is not None:
                    await loop.sock_sendto(bound, answer, asker)

    async def _serve_tcp(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        async with closing(writer):
            size = int.from_bytes(await reader.readexactly(2), "big")
            answer = self.respond(await reader.readexactly(size), udp=False)
            if answer is not None:
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
