"""The table of probes: one function per kind of check, asked by the runner and by ``sansang check``.

A probe only knows how to ask. Stopwatch of the whole, deadline, confirmation and the exception net are the runner's.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Protocol

import msgspec

from sansang_agent.contract.report import Result
from sansang_agent.platform import Platform

from .kept import Kept


class Names(Protocol):
    """Turns a host name into addresses without ever blocking the loop; see names.py."""

    async def resolve(self, host: str, timeout: float) -> list[str]:
        """Addresses of ``host``, IPv4 first; raises :class:`sansang_agent.names.NameFailure` with a reason."""
        ...


class Guard(Protocol):
    """Says why something may not be asked, in words, or None where it may; asked before anything is sent."""

    def name(self, host: str, port: int | None) -> str | None:
        """Of a name, before it is looked up; None for ``port``: by no port, or only looked up."""
        ...

    def address(self, address: str, host: str, port: int | None) -> str | None:
        """Of an address that ``host`` led to, or that is named itself."""
        ...

    def page(self, host: str, path: str) -> str | None:
        """Of a page, before it is asked of ``host``; ``path`` with its query."""
        ...


class Anywhere:
    """The guard of checks that the machine's own administrator or user named."""

    def name(self, host: str, port: int | None) -> str | None:
        """Any name may be asked."""

    def address(self, address: str, host: str, port: int | None) -> str | None:
        """Any address may be asked."""

    def page(self, host: str, path: str) -> str | None:
        """Any page may be asked."""


class Tools(msgspec.Struct, frozen=True):
    """What a probe may use: this machine, names, the User-Agent it says it is, what is kept between runs, a guard.

    Whoever makes tools closes ``kept`` at the end.
    """

    platform: Platform
    names: Names
    user_agent: str
    kept: Kept = msgspec.field(default_factory=Kept)
    guard: Guard = Anywhere()


Probe = Callable[[Any, Tools], Awaitable[Result]]

_MODULES = {
    "icmp": "icmp",
    "tcp": "tcp",
    "dns": "dns",
    "tls": "tls",
    "http": "http",
    "timestamp": "timestamp",
    "host": "host",
    "path": "path",
    "snmp": "snmp",
    "unsupported": "unsupported",
}


def probe_for(kind: str) -> Probe:
    """The probe function of ``kind``, imported on first use so that a light agent stays light."""
    probe: Probe = import_module(f"sansang_agent.probes.{_MODULES[kind]}").probe
    return probe
