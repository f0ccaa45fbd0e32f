"""Linux: which router lies so many hops away, found without any right.

A UDP packet with a short life goes out, and the socket's error queue says who complained.
"""

import asyncio
import contextlib
import socket
import time

from sansang_agent.contract.report import Hop

from . import UnreachableError, echo, kernel_messages

_FIRST_PORT = 33434
"""Where traceroute's packets go by custom: ports nobody listens on."""
_PORT_UNREACHABLE = {4: (3, 3), 6: (1, 4)}


async def hop(target: str, ttl: int, timeout: float) -> Hop | None:
    """As :meth:`sansang_agent.platform.Platform.hop`; ``target`` is an address."""
    version = 6 if ":" in target else 4
    where = socket.getaddrinfo(target, _FIRST_PORT + ttl, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Hop] = loop.create_future()
    with contextlib.closing(socket.socket(where[0], socket.SOCK_DGRAM)) as sock:
        kernel_messages.prepare(sock, errors=True)
        kernel_messages.limit_ttl(sock, ttl)
        sock.connect(where[4])
        asked = sock.getpeername()[0]
        sent = echo.Moment(time.time_ns(), time.monotonic_ns())

        def read() -> None:
            try:
                found = _answer(sock, version, asked)
            except UnreachableError as error:
                if not answer.done():
                    answer.set_exception(error)
                return
            if found and not answer.done():
                now = echo.Moment(time.time_ns(), time.monotonic_ns())
                answer.set_result(Hop(ttl, found[0], echo.round_trip_ms(sent, now, found[1])))

        loop.add_reader(sock, read)
        try:
            sock.send(bytes(16))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    return await answer
        finally:
            loop.remove_reader(sock)
    return None


def _answer(sock: socket.socket, version: int, asked: str) -> tuple[str, int | None] | None:
    """Who answered and when the kernel heard it; None for what tells nothing; raises UnreachableError."""
    while (message := kernel_messages.receive(sock, from_errors=True)) is not None:
        if message.error and _is_at_this_distance(message.error, version, asked):
            return message.error.offender, message.stamp_ns
        if message.error and _says_no_way(message.error, version):
            raise UnreachableError(message.error.offender)
    reply = kernel_messages.receive(sock, from_errors=False)
    return (asked, reply.stamp_ns) if reply else None


def _is_at_this_distance(error: kernel_messages.IcmpError, version: int, asked: str) -> bool:
    """A packet that lived too short, or that reached its end."""
    _, time_exceeded = echo.ERRORS[version]
    if error.kind == time_exceeded:
        return True
    return (error.kind, error.code) == _PORT_UNREACHABLE[version] and error.offender == asked


def _says_no_way(error: kernel_messages.IcmpError, version: int) -> bool:
    """Not where only this port is refused: a firewall on the way does so and lets others pass."""
    unreachable, _ = echo.ERRORS[version]
    return error.kind == unreachable and (error.kind, error.code) != _PORT_UNREACHABLE[version]
