"""From a host name to an open TCP connection, the phases ``resolve`` and ``connect`` of every TCP probe."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from sansang_agent.contract.outcome import Reason
from sansang_agent.names import literal

from . import Tools
from .http_url import Place
from .reasons import ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import TcpStream, connected

_ANY_PORT = 9


async def resolve(host: str, tools: Tools, watch: Stopwatch, port: int | None = None) -> list[str]:
    """Addresses of ``host`` to which this machine knows a way, or all where it knows none; at least one.

    ``port``: where it is going to be asked.

    A service with an IPv6 address would else be said to have no route wherever a PC has IPv4 alone.
    Raises :class:`sansang_agent.names.NameFailure`, and :class:`ProbeError` where none may be asked.
    """
    if literal(host) is None:
        may_be_looked_up(host, tools, port)
    with watch.phase("resolve"):
        addresses = await tools.names.resolve(host, watch.left())
    if len(addresses) > 1:
        addresses = [address for address in addresses if _has_route(address)] or addresses
    return admitted(addresses, tools, host, port)


def may_be_looked_up(host: str, tools: Tools, port: int | None = None) -> None:
    """Raises :class:`ProbeError` (``refused_by_policy``) where the guard keeps ``host`` from every resolver."""
    if why := tools.guard.name(host, port):
        raise ProbeError(Reason.REFUSED_BY_POLICY, why)


def admitted(addresses: Sequence[str], tools: Tools, host: str, port: int | None) -> list[str]:
    """Those of the addresses of ``host`` that the guard lets through; every probe gets its addresses from here.

    Raises :class:`ProbeError` (``refused_by_policy``) where none is.
    """
    refusals = {address: tools.guard.address(address, host, port) for address in addresses}
    allowed = [address for address, why in refusals.items() if why is None]
    if not allowed:
        raise ProbeError(Reason.REFUSED_BY_POLICY, "; ".join(filter(None, refusals.values())))
    return allowed


def may_be_asked(place: Place, tools: Tools) -> None:
    """Raises :class:`ProbeError` (``refused_by_policy``) where the guard keeps this page from being asked."""
    if why := tools.guard.page(place.host, place.path):
        raise ProbeError(Reason.REFUSED_BY_POLICY, why)


def _has_route(address: str) -> bool:
    """Whether the system would know where to send a packet; a UDP socket that is connected sends none."""
    try:
        family, kind, protocol, _, sockaddr = socket.getaddrinfo(
            address, _ANY_PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        with socket.socket(family, kind, protocol) as sock:
            sock.connect(sockaddr)
    except OSError as error:
        return reason_of(error)[0] is not Reason.NO_ROUTE
    return True


@asynccontextmanager
async def connection(addresses: list[str], port: int, watch: Stopwatch) -> AsyncIterator[TcpStream]:
    """A connection to the first address that takes one; raises the last address's OSError.

    An address that stays silent gets its share of the time left, so that the next one is tried too.
    """
    async with AsyncExitStack() as stack:
        with watch.phase("connect"):
            found = await _first(addresses, port, watch, stack)
        yield found


async def _first(addresses: list[str], port: int, watch: Stopwatch, stack: AsyncExitStack) -> TcpStream:
    for position, address in enumerate(addresses, start=1):
        try:
            async with asyncio.timeout(watch.left() / (len(addresses) - position + 1)):
                return await stack.enter_async_context(connected(address, port))
        except OSError:
            if position == len(addresses):
                raise
    raise OSError("no address to connect to")
