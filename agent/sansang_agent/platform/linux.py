"""Linux as a platform: clocks, adapters, routes, name servers, echoes and hops.

What needs sockets or text of the kernel is in the modules beside this one; here they are put together.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sansang_agent.contract.report import GoodbyeReason, Hop, Power

from . import (
    NetworkState,
    Train,
    adapters,
    linux_hop,
    linux_icmplib,
    linux_network,
    linux_ping,
    linux_power,
    linux_systemd,
)


class LinuxPlatform:
    """See :class:`sansang_agent.platform.Platform`; ``root`` is where ``proc``, ``etc`` and others are found."""

    name = "linux"
    resolution_ms = 0.001

    def __init__(self, root: Path = Path("/"), jobs: Callable[[], str] = linux_systemd.jobs) -> None:
        self._root = root
        self._jobs = jobs

    def boot_id(self) -> str:
        """The kernel's random name for this boot."""
        return self._text("proc/sys/kernel/random/boot_id").strip()

    def mono(self) -> float:
        """Seconds since boot, counting sleep (CLOCK_BOOTTIME)."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        else:  # noqa: RET505  # a type checker for either system sees one branch only
            raise OSError("CLOCK_BOOTTIME is Linux's")

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    def network(self) -> NetworkState:
        """Adapters, default gateways (IPv4 first) and name servers behind a local stub."""
        gateways = [
            *linux_network.gateways_v4(self._text("proc/net/route")),
            *linux_network.gateways_v6(self._text("proc/net/ipv6_route")),
        ]
        return NetworkState(
            nics=adapters.nics(),
            gateways=tuple(gateways),
            dns=tuple(self._name_servers()),
            duplicates=tuple(linux_network.duplicates(self._text("proc/net/if_inet6"))),
        )

    def power(self) -> Power | None:
        """Mains or battery; None where the machine does not say."""
        return linux_power.power(self._root / "sys/class/power_supply")

    def leaving(self) -> GoodbyeReason:
        """By systemd's jobs; ``stop`` without systemd."""
        if not (self._root / "run/systemd/system").is_dir():
            return GoodbyeReason.STOP
        return linux_systemd.why(self._jobs(), linux_systemd.unit_of(self._text("proc/self/cgroup")))

    def wakes_at(self) -> float | None:
        """By the alarm of the first real-time clock (rtcwake(8))."""
        return linux_systemd.wakes_at(self._root / "sys/class/rtc/rtc0", self.wall())

    def icmp_grant(self) -> str:
        """The command that lets every user send echoes (ping(8), ``ping_group_range`` in icmp(7))."""
        return 'sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"'

    async def train(
        self, targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None = None
    ) -> list[Train]:
        """See the protocol."""
        return await linux_ping.train(targets, count, gap, timeout, ttl)

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        """See the protocol."""
        ask = linux_icmplib.hop if linux_icmplib.is_usable() else linux_hop.hop
        return await ask(target, ttl, timeout)

    def _name_servers(self) -> list[str]:
        servers = linux_network.name_servers(self._text("etc/resolv.conf"))
        if tuple(servers) == linux_network.STUB:
            return linux_network.name_servers(self._text("run/systemd/resolve/resolv.conf")) or servers
        return servers

    def _text(self, path: str) -> str:
        """A file's text; one that is not there (no IPv6, no resolver), or is not for us to read, says nothing."""
        try:
            return (self._root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
