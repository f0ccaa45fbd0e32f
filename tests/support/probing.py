"""What probe tests share: stand-ins that are closed again, a machine that is not this one, and tools made of both."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from sansang_agent.contract.report import GoodbyeReason, Hop, Nic, Power
from sansang_agent.names import Lookup, SystemNames
from sansang_agent.platform import NetworkState, NoPermissionError, Train
from sansang_agent.probes import Tools

USER_AGENT = "sansang/test (+contact)"


class StandIn(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


S = TypeVar("S", bound=StandIn)


@asynccontextmanager
async def started(standin: S) -> AsyncIterator[S]:
    await standin.start()
    try:
        yield standin
    finally:
        await standin.close()


class OtherMachine:
    """A platform that says what it was told to say; without trains it may not send ICMP."""

    name = "linux"
    resolution_ms = 0.001

    def __init__(
        self,
        network: NetworkState | None = None,
        trains: Sequence[Train] | None = None,
        hops: Mapping[int, Hop] | None = None,
        clock_offset_s: float = 0.0,
    ) -> None:
        self._network = network or NetworkState(nics=(Nic(name="eth0", up=True),), gateways=("192.0.2.1",))
        self._trains = trains
        self._hops = hops or {}
        self._clock_offset_s = clock_offset_s

    def boot_id(self) -> str:
        return "boot"

    def mono(self) -> float:
        return 1000.0

    def wall(self) -> float:
        return time.time() + self._clock_offset_s

    def network(self) -> NetworkState:
        return self._network

    def power(self) -> Power | None:
        return Power(source="battery", percent=41.0)

    def leaving(self) -> GoodbyeReason:
        return GoodbyeReason.STOP

    def wakes_at(self) -> float | None:
        return None

    def icmp_grant(self) -> str:
        return "grant it"

    async def train(
        self, targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None = None
    ) -> list[Train]:
        del targets, count, gap, timeout, ttl
        if self._trains is None:
            raise NoPermissionError("not here")
        return list(self._trains)

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        del target, timeout
        return self._hops.get(ttl)


def unknown_name(host: str) -> list[str]:
    raise AssertionError(f"nobody was to ask for {host}")


def make_tools(machine: OtherMachine | None = None, lookup: Lookup = unknown_name) -> Tools:
    return Tools(platform=machine or OtherMachine(), names=SystemNames(lookup), user_agent=USER_AGENT)
