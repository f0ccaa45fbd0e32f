"""What differs between operating systems, behind one protocol; one module per system.

Everything the agent asks of its machine goes through here, so that tests can hand in another machine.
"""

import sys
from collections.abc import Sequence
from typing import Protocol

import msgspec

from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import GoodbyeReason, Hop, Nic, Power


class NetworkState(msgspec.Struct, frozen=True, kw_only=True):
    """The machine's own view of its network: adapters (loopback left out), default gateways, name servers.

    ``duplicates``: own addresses that the system found another machine using.
    """

    nics: tuple[Nic, ...] = ()
    gateways: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()


class Train(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one train of echoes to one address."""

    address: str
    sent: int
    rtts_ms: tuple[float, ...] = ()
    """Round-trip times of the answered echoes, in order of sending."""
    reason: Reason | None = None
    """``unreachable`` where a router said so, ``no_route``, ``no_permission`` or ``internal`` where the system would
    not send; None otherwise, also for silence."""
    reported_by: str | None = None
    """The router that sent ``unreachable`` or time-exceeded."""
    answered_from: str | None = None
    """Another address than the one asked that answers came from; they count, as only who got an echo can return it."""


class NoPermissionError(Exception):
    """The operating system does not let this process send ICMP."""


class UnreachableError(Exception):
    """A router says that it has no way to the target. It may stand at any distance, so it is no hop."""

    def __init__(self, router: str) -> None:
        super().__init__(f"said by {router}")
        self.router = router


class Platform(Protocol):
    """One operating system."""

    name: str
    """``linux`` or ``windows``."""
    resolution_ms: float
    """How fine an echo's round-trip time is here."""

    def boot_id(self) -> str:
        """A name for this boot of the machine; evidence, never identity."""
        ...

    def mono(self) -> float:
        """Seconds since boot, counting sleep."""
        ...

    def wall(self) -> float:
        """The wall clock, Unix seconds."""
        ...

    def network(self) -> NetworkState:
        """Adapters, default gateways and name servers as the system reports them."""
        ...

    def power(self) -> Power | None:
        """Mains or battery; None where the machine does not say."""
        ...

    def leaving(self) -> GoodbyeReason:
        """Why this process has just been told to end; ``stop`` where the system does not say. May block."""
        ...

    def wakes_at(self) -> float | None:
        """When the machine will wake or start by itself, Unix seconds; None where that is not known."""
        ...

    def icmp_grant(self) -> str:
        """The exact command or setting that permits ICMP to an ordinary user here."""
        ...

    async def train(
        self, targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None = None
    ) -> list[Train]:
        """Send ``count`` echoes ``gap`` seconds apart to each address; raises :class:`NoPermissionError`."""
        ...

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        """The router (or host) that answers a packet to ``target`` with this TTL, without any right; None if silent.

        Raises :class:`UnreachableError`, and OSError where nothing could be sent.
        """
        ...


def current() -> Platform:
    """The platform this process runs on."""
    if sys.platform == "win32":
        from . import windows  # noqa: PLC0415  # the other system's module does not import here

        return windows.WindowsPlatform()
    else:  # noqa: RET505  # a type checker for either system sees one branch only
        from . import linux  # noqa: PLC0415

        return linux.LinuxPlatform()
