"""A little network of namespaces for tests as root: pc — gateway — router — far, IPv4 and IPv6, torn down at the end.

Code runs inside one on a thread of its own that has entered it; other threads never notice.
"""

import asyncio
import ctypes
import os
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_NEW_NETWORK = 0x40000000
_ROLES = ("pc", "gateway", "router", "far")
_LINKS = (("pc", "gateway", 1), ("gateway", "router", 2), ("router", "far", 3))
_SETTINGS = (
    "net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0"
    " net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0"
)
_REJECTION = (
    "table inet rejection { chain c { type filter hook forward priority 0;"
    " ip daddr 10.77.99.0/24 reject with icmp type host-unreachable; }; }"
)
_IMPATIENT = "net.ipv4.neigh.gateway.mcast_solicit=1 net.ipv4.neigh.gateway.retrans_time_ms=50"

GATEWAY, ROUTER, FAR, PC = "10.77.1.1", "10.77.2.2", "10.77.3.2", "10.77.1.2"
GATEWAY_V6, ROUTER_V6, FAR_V6 = "fd77:1::1", "fd77:2::2", "fd77:3::2"
UNREACHABLE = "10.77.99.1"
"""The gateway says it cannot reach this one."""
NOBODY = "10.77.1.99"
"""On the pc's own network, but there is nobody; found out within a tenth of a second."""


class Network:
    """Four namespaces, called by their role."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def name(self, role: str) -> str:
        """The namespace's name for ``ip netns``."""
        return f"{self._prefix}-{role}"

    def command(self, role: str, *words: str, text: str | None = None) -> None:
        """Run a command inside."""
        subprocess.run(["ip", "netns", "exec", self.name(role), *words], input=text, text=True, check=True)

    def run(self, role: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What a coroutine made inside returns."""
        outcome: list[T | BaseException] = []

        def inside() -> None:
            try:
                _enter(self.name(role))
                outcome.append(asyncio.run(make()))
            except BaseException as error:  # noqa: BLE001  # raised again on the test's thread
                outcome.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    @contextmanager
    def filtered(self, role: str, *rules: str) -> Iterator[None]:
        """Packet filter rules (nft) inside, such as ``output icmp type echo-request drop``, for a while."""
        text = "table inet test {\n"
        for number, rule in enumerate(rules):
            hook, _, what = rule.partition(" ")
            text += f"chain c{number} {{ type filter hook {hook} priority 0; {what}; }}\n"
        self.command(role, "nft", "-f", "-", text=text + "}\n")
        try:
            yield
        finally:
            self.command(role, "nft", "delete table inet test")


def _enter(namespace: str) -> None:
    """Move this thread into ``namespace`` (setns(2); Python has it from 3.12 on)."""
    with (Path("/run/netns") / namespace).open("rb") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


@contextmanager
def network() -> Iterator[Network]:
    """Build the network, and take it down whatever happens."""
    prefix = f"ss{os.getpid()}"
    try:
        subprocess.run(["sh", "-eu"], input=_script(prefix), text=True, check=True)
        for role in _ROLES:
            _wait_for_ipv6(f"{prefix}-{role}")
        yield Network(prefix)
    finally:
        for role in _ROLES:
            subprocess.run(["ip", "netns", "del", f"{prefix}-{role}"], capture_output=True, check=False)


def _wait_for_ipv6(namespace: str) -> None:
    """Links carry IPv6 only once the kernel has noticed that both ends are up, up to a second later."""
    for _ in range(100):
        waiting = subprocess.run(
            ["ip", "-n", namespace, "-6", "addr", "show", "tentative"], capture_output=True, text=True, check=True
        )
        routes = subprocess.run(
            ["ip", "-n", namespace, "-6", "route", "show", "table", "local"], capture_output=True, text=True, check=True
        )
        if not waiting.stdout and "multicast" in routes.stdout:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{namespace} has no IPv6")


def _script(prefix: str) -> str:
    lines: list[str] = []
    for role in _ROLES:
        space = f"{prefix}-{role}"
        lines += [
            f"ip netns add {space}",
            f"ip -n {space} link set lo up",
            f"ip netns exec {space} sysctl -qw {_SETTINGS}",
        ]
    for left, right, number in _LINKS:
        ends = ((left, right, 1 if left != "pc" else 2), (right, left, 2 if left != "pc" else 1))
        lines.append(f"ip -n {prefix}-{left} link add {right} type veth peer name {left} netns {prefix}-{right}")
        for role, other, host in ends:
            lines += [
                f"ip -n {prefix}-{role} addr add 10.77.{number}.{host}/24 dev {other}",
                f"ip -n {prefix}-{role} addr add fd77:{number}::{host}/64 dev {other} nodad",
                f"ip -n {prefix}-{role} link set {other} up",
            ]
    for role, via in (("pc", 1), ("gateway", 2)):
        host = 1 if role == "pc" else 2
        lines += [
            f"ip -n {prefix}-{role} route add 10.77.0.0/16 via 10.77.{via}.{host}",
            f"ip -n {prefix}-{role} route add fd77::/16 via fd77:{via}::{host}",
        ]
    for role, via in (("router", 2), ("far", 3)):
        lines += [
            f"ip -n {prefix}-{role} route add 10.77.0.0/16 via 10.77.{via}.1",
            f"ip -n {prefix}-{role} route add fd77::/16 via fd77:{via}::1",
        ]
    lines += [
        # a filter's rejection: an unreachable route's complaints are limited to one a second
        f"ip netns exec {prefix}-gateway nft '{_REJECTION}'",
        f"ip netns exec {prefix}-pc sysctl -qw {_IMPATIENT}",
    ]
    return "\n".join(lines) + "\n"
