"""The first answering router beyond the gateway, by packets that live for a few hops only.

It tells the line from what lies behind it without knowing any address of the provider.
"""

import asyncio

from sansang_agent.contract.check import PathCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Hop, Result
from sansang_agent.platform import UnreachableError

from . import Tools, reach, results
from .reasons import EXPECTED
from .stopwatch import Stopwatch

_GRACE_S = 0.2
"""How long nearer routers may answer after a farther one did."""


async def probe(check: PathCheck, tools: Tools) -> Result:
    """Ask all distances at once; the nearest answer counts. The target itself is an answer too."""
    watch = Stopwatch(check.timeout)
    try:
        address = (await reach.resolve(check.target, tools, watch))[0]
        with watch.phase("connect"):
            hops, refusal = await _hops(check, address, tools, watch.left())
    except EXPECTED as error:
        return results.from_error(check, error, watch)
    if not hops and refusal:
        return results.bad(check, Reason.UNREACHABLE, str(refusal), phases_ms=watch.phases_ms)
    if not hops:
        detail = f"no router answered at distances {check.first_ttl} to {check.max_ttl} towards {address}"
        return results.bad(check, Reason.TIMEOUT, detail)
    rtt = round(hops[0].rtt_ms or 0.0, 3)
    return results.good(check, rtt_ms=(rtt, rtt, rtt, rtt), address=hops[0].address, hops=hops)


async def _hops(
    check: PathCheck, address: str, tools: Tools, left: float
) -> tuple[tuple[Hop, ...], UnreachableError | None]:
    """Answers beyond the gateway, nearest first, and a router's word that there is no way from it.

    Raises OSError where nothing could even be sent.
    """
    own = set(tools.platform.network().gateways)
    every = {
        asyncio.ensure_future(tools.platform.hop(address, ttl, left))
        for ttl in range(check.first_ttl, check.max_ttl + 1)
    }
    found: dict[int, Hop] = {}
    refusal = None
    asking, wait_s = set(every), left
    try:
        while asking:
            done, asking = await asyncio.wait(asking, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            for each in done:
                error = each.exception()
                if isinstance(error, UnreachableError):
                    refusal = error
                elif (hop := each.result()) and hop.address not in own:
                    found[hop.ttl] = hop
            wait_s = min(wait_s, _GRACE_S) if found else left
    finally:
        for each in every:
            each.cancel()
        await asyncio.gather(*every, return_exceptions=True)
    return _nearest(found), refusal


def _nearest(found: dict[int, Hop]) -> tuple[Hop, ...]:
    """Nearest first, each router once: whatever lives longer than the way is answered by its end again."""
    once: dict[str, Hop] = {}
    for ttl in sorted(found):
        once.setdefault(found[ttl].address, found[ttl])
    return tuple(once.values())
