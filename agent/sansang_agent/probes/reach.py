"""From a host name to an open TCP connection, the phases ``resolve`` and ``connect`` of every TCP probe."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from . import Tools
from .stopwatch import Stopwatch
from .streams import TcpStream, connected


async def resolve(host: str, tools: Tools, watch: Stopwatch) -> list[str]:
    """Addresses of ``host``; raises :class:`sansang_agent.names.NameFailure`."""
    with watch.phase("resolve"):
        return await tools.names.resolve(host, watch.left())


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
