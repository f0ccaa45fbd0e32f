"""Windows as a platform: clocks, adapters, routes, name servers, echoes and hops.

Importable everywhere, so that what is not the system's own is tested everywhere; system calls are made when asked.
"""

import asyncio
import ctypes
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import GoodbyeReason, Hop, Power
from sansang_agent.daemon_pool import DaemonPool

from . import NetworkState, NoPermissionError, Train, UnreachableError, adapters, windows_echo, windows_network
from .echo import is_same

_THREADS = 16
_DEFAULT_TTL = 128
_BOOT_GRAIN_S = 60

Send = Callable[[str, int, int], windows_echo.Echo]
"""(address, milliseconds to wait, TTL) → the echo's fate; blocks."""


class WindowsPlatform:
    """See :class:`sansang_agent.platform.Platform`; ``send`` is how one echo is sent."""

    name = "windows"
    resolution_ms = 1.0

    def __init__(
        self, send: Send = windows_echo.send, routes: Callable[[], windows_network.Routes] = windows_network.routes
    ) -> None:
        self._send = send
        self._routes = routes
        self._pool = DaemonPool(_THREADS, "echo")
        self._boot_id = ""

    def boot_id(self) -> str:
        """When this boot began, to the minute; kept from the first call, as the wall clock may be set later."""
        if not self._boot_id:
            began = (self.wall() - _uptime_s()) / _BOOT_GRAIN_S
            self._boot_id = f"windows-{round(began) * _BOOT_GRAIN_S}"
        return self._boot_id

    def mono(self) -> float:
        """Seconds since boot, counting sleep."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    def network(self) -> NetworkState:
        """Adapters from psutil; gateways, name servers and duplicate addresses from the system."""
        routes = self._routes()
        return NetworkState(
            nics=adapters.nics(), gateways=routes.gateways, dns=routes.dns, duplicates=routes.duplicates
        )

    def power(self) -> Power | None:
        """Mains or battery; None where the machine does not say."""
        return adapters.power()

    def leaving(self) -> GoodbyeReason:
        """Not asked of Windows yet: a service is told by its control handler, which this process has none of."""
        return GoodbyeReason.STOP

    def wakes_at(self) -> float | None:
        """Not known."""
        return None

    def icmp_grant(self) -> str:
        """Nothing to grant: IcmpSendEcho2 is open to every user; only security software could refuse it."""
        return "Windows lets every user send echoes; look at this machine's security software"

    async def train(
        self, targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None = None
    ) -> list[Train]:
        """See the protocol."""
        start = time.monotonic()
        trains = await asyncio.gather(*(self._one(target, count, gap, timeout, ttl, start) for target in targets))
        if any(each.reason is Reason.NO_PERMISSION for each in trains):
            raise NoPermissionError("IcmpSendEcho2: access denied")
        return trains

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        """See the protocol."""
        echo = await self._echo(target, timeout, ttl)
        if echo.is_answer or echo.is_expired:
            return Hop(ttl, echo.address, echo.rtt_ms)
        if echo.reason is Reason.NO_ROUTE:
            raise OSError(None, "no route", None, 1231)
        if echo.reason is Reason.UNREACHABLE and echo.address:
            raise UnreachableError(echo.address)
        return None

    async def _one(self, target: str, count: int, gap: float, timeout: float, ttl: int | None, start: float) -> Train:
        async def one(turn: int) -> windows_echo.Echo:
            await asyncio.sleep(max(0.0, start + turn * gap - time.monotonic()))
            return await self._echo(target, timeout, ttl or _DEFAULT_TTL)

        return summed(target, await asyncio.gather(*(one(turn) for turn in range(count))))

    async def _echo(self, target: str, timeout: float, ttl: int) -> windows_echo.Echo:
        call = partial(self._send, target, max(1, round(timeout * 1000)), ttl)
        return await asyncio.wrap_future(self._pool.submit(call))


def summed(target: str, echoes: Sequence[windows_echo.Echo]) -> Train:
    """One train out of the fates of its echoes."""
    reasons = [each.reason for each in echoes if each.reason]
    # that a few could not be sent says nothing about the others
    if len(reasons) < len(echoes) or set(reasons) != {Reason.INTERNAL}:
        reasons = [each for each in reasons if each is not Reason.INTERNAL]
    reporters = [each.address for each in echoes if each.address and not each.is_answer]
    others = [each.address for each in echoes if each.is_answer and not is_same(each.address, target)]
    return Train(
        address=target,
        sent=len(echoes),
        rtts_ms=tuple(each.rtt_ms for each in echoes if each.is_answer),
        reason=reasons[-1] if reasons else None,
        reported_by=reporters[-1] if reporters else None,
        answered_from=others[-1] if others else None,
    )


def _uptime_s() -> float:
    """Seconds since boot by GetTickCount64; elsewhere by the monotonic clock."""
    if sys.platform == "win32":
        ticks = ctypes.WinDLL("kernel32").GetTickCount64
        ticks.restype = ctypes.c_uint64
        return float(ticks()) / 1000
    else:  # noqa: RET505  # a type checker for either system sees one branch only
        return time.monotonic()
