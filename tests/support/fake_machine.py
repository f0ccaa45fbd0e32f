"""A machine for tests of the agent's core: its clocks are a test's, and it has one adapter and no network."""

# ruff: noqa: ARG002  # a protocol's names for what a fake does not need

import time
from collections.abc import Sequence

from sansang_agent.contract.report import GoodbyeReason, Hop, Nic, Power
from sansang_agent.platform import NetworkState, NoPermissionError, Train


class FakeMachine:
    name = "linux"
    resolution_ms = 0.001

    def __init__(self, uptime: float = 100_000.0) -> None:
        self._offset = uptime - time.monotonic()

    def boot_id(self) -> str:
        return "boot-1"

    def mono(self) -> float:
        return time.monotonic() + self._offset

    def wall(self) -> float:
        return time.time()

    def network(self) -> NetworkState:
        return NetworkState(nics=(Nic(name="eth0", up=True),), gateways=("192.0.2.1",), dns=("192.0.2.53",))

    def power(self) -> Power | None:
        return None

    def leaving(self) -> GoodbyeReason:
        return GoodbyeReason.STOP

    def wakes_at(self) -> float | None:
        return None

    def icmp_grant(self) -> str:
        return "allow it"

    async def train(
        self,
        targets: Sequence[str],
        count: int,
        gap: float,
        timeout: float,
        ttl: int | None = None,
    ) -> list[Train]:
        raise NoPermissionError

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        return None
