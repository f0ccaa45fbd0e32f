"""A train of echoes (RFC 792, RFC 4443); where this process may not send them, a TCP connect that says it is one."""

import asyncio
from typing import NamedTuple

from sansang_agent.contract.check import IcmpCheck, gap_of
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result
from sansang_agent.platform import NoPermissionError, Train

from . import Tools, reach, results
from .echo_figures import jitter, spread
from .reasons import EXPECTED, reason_of
from .stopwatch import Stopwatch
from .streams import connected

_NOT_SENT: dict[Reason | None, str] = {
    Reason.NO_ROUTE: "this machine knows no way there",
    Reason.INTERNAL: "this machine could not send",
}


async def probe(check: IcmpCheck, tools: Tools) -> Result:
    """Send one train to the first address of the target."""
    watch = Stopwatch(check.timeout)
    try:
        address = (await reach.resolve(check.target, tools, watch))[0]
        train = await _train(check, address, tools, watch.left())
    except NoPermissionError:
        return await _by_tcp(check, address, tools, watch)
    except EXPECTED as error:
        return results.from_error(check, error, watch)
    if train.reason is Reason.NO_PERMISSION:
        return await _by_tcp(check, address, tools, watch)
    return _judged(check, train, tools)


async def _train(check: IcmpCheck, address: str, tools: Tools, left: float) -> Train:
    gap = gap_of(check, left)
    trains = await tools.platform.train([address], check.count, gap, left - gap * (check.count - 1))
    return trains[0]


def _judged(check: IcmpCheck, train: Train, tools: Tools) -> Result:
    found = {
        "sent": train.sent,
        "lost": train.sent - len(train.rtts_ms),
        "rtt_ms": spread(train.rtts_ms),
        "jitter_ms": jitter(train.rtts_ms),
        "resolution_ms": tools.platform.resolution_ms,
        "address": train.address,
    }
    if train.rtts_ms:
        return results.good(check, detail=_heard(train), **found)
    if train.reason is None and train.reported_by:
        # whoever lets an echo die of its age says that it came no nearer: that is no silence
        return results.bad(check, Reason.UNREACHABLE, f"the way is a circle or too long, {_heard(train)}", **found)
    silence = _NOT_SENT.get(train.reason, "no echo came back")
    return results.bad(check, train.reason or Reason.TIMEOUT, _heard(train) or silence, **found)


def _heard(train: Train) -> str | None:
    if train.answered_from:
        return f"answered from {train.answered_from}"
    return f"said by {train.reported_by}" if train.reported_by else None


class _Knock(NamedTuple):
    """What a TCP connect to one port said; ``reason`` None: somebody is there."""

    port: int
    reason: Reason | None
    took_ms: float


async def _by_tcp(check: IcmpCheck, address: str, tools: Tools, watch: Stopwatch) -> Result:
    """The other way: any answer or refusal proves the host; silence proves nothing, as ports may be filtered."""
    left = max(0.0, watch.remaining())
    ports = [port for port in check.fallback_ports if tools.guard.address(address, check.target, port) is None]
    knocks = await asyncio.gather(*(_knock(address, port, left) for port in ports))
    there = [each for each in knocks if each.reason is None]
    if there:
        best = min(there, key=lambda each: each.took_ms)
        rtt = round(best.took_ms, 3)
        return results.good(
            check,
            rtt_ms=(rtt, rtt, rtt, rtt),
            address=address,
            fallback="tcp",
            detail=f"no ICMP permitted; TCP port {best.port} answered",
        )
    reasons = {each.reason for each in knocks}
    for proof in (Reason.UNREACHABLE, Reason.NO_ROUTE):
        if reasons == {proof}:
            return results.bad(check, proof, "no ICMP permitted; TCP says so", address=address, fallback="tcp")
    return results.bad(check, Reason.NO_PERMISSION, tools.platform.icmp_grant(), address=address, fallback="tcp")


async def _knock(address: str, port: int, left: float) -> _Knock:
    watch = Stopwatch(left)
    reason = None
    with watch.phase("connect"):
        try:
            async with asyncio.timeout(left), connected(address, port):
                pass
        except OSError as error:
            reason, _ = reason_of(error)
    return _Knock(port, None if reason is Reason.REFUSED else reason, watch.phases_ms["connect"])
