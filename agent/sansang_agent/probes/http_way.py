"""The way to a web server: straight, or through a proxy, which gets a tunnel for https (CONNECT, RFC 9110 §9.3.6).

Reaching the proxy and having its tunnel is one phase, ``proxy``, so that its troubles are never the service's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import h11

from sansang_agent.contract.outcome import Reason

from . import Tools, reach
from .http_exchange import head_of
from .http_url import Place
from .reasons import EXPECTED, ProbeError, reason_of
from .stopwatch import Stopwatch
from .streams import TcpStream

_REFUSALS = {407: Reason.WRONG_CREDENTIALS, 502: Reason.UNREACHABLE, 503: Reason.UNREACHABLE, 504: Reason.TIMEOUT}
"""What a proxy that opens no tunnel says; everything else is ``refused``."""


@asynccontextmanager
async def connection(
    place: Place, addresses: list[str], proxy: Place | None, tools: Tools, watch: Stopwatch
) -> AsyncIterator[TcpStream]:
    """A connection to ``place`` at one of its ``addresses``, or through ``proxy``, which looks names up itself."""
    async with AsyncExitStack() as stack:
        if proxy is None:
            yield await stack.enter_async_context(reach.connection(addresses, place.port, watch))
            return
        with watch.phase("proxy"):
            try:
                tcp = await _proxied(place, proxy, tools, Stopwatch(watch.left()), stack)
            except TimeoutError:
                raise  # whoever runs out of time names the phase
            except EXPECTED as error:
                reason, detail = reason_of(error)
                raise ProbeError(reason, f"proxy {proxy.host_header}: {detail}") from error
        yield tcp


async def _proxied(place: Place, proxy: Place, tools: Tools, watch: Stopwatch, stack: AsyncExitStack) -> TcpStream:
    addresses = await reach.resolve(proxy.host, tools, watch, proxy.port)
    tcp = await stack.enter_async_context(reach.connection(addresses, proxy.port, watch))
    if place.secure:
        async with asyncio.timeout(watch.left()):
            await _open_tunnel(tcp, place, tools.user_agent)
    return tcp


async def _open_tunnel(tcp: TcpStream, place: Place, user_agent: str) -> None:
    authority = f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"
    client = h11.Connection(h11.CLIENT)
    head = h11.Request(method="CONNECT", target=authority, headers=[("Host", authority), ("User-Agent", user_agent)])
    await tcp.write((client.send(head) or b"") + (client.send(h11.EndOfMessage()) or b""))
    try:
        answer = await head_of(client, tcp)
    except h11.RemoteProtocolError as error:
        raise ProbeError(Reason.WRONG_ANSWER, f"not HTTP: {error}") from error
    if not 200 <= answer.status_code < 300:
        said = answer.reason.decode("ascii", errors="replace")
        reason = _REFUSALS.get(answer.status_code, Reason.REFUSED)
        raise ProbeError(reason, f"no tunnel, HTTP {answer.status_code} {said}".rstrip())
