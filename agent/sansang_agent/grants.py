"""Which public hosts this machine lets its centre name: by the packaged list, signed files and its own file. Pure.

Reasons are in English and go out as evidence.
"""

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from .contract.addresses import Address
from .contract.allowance import Allowance, normal, packaged


class Grant(NamedTuple):
    """What one place allows."""

    source: str
    """Where it is written, for people."""
    allowance: Allowance
    any_port: bool = False
    """Of the local file alone: its administrator knows the host."""
    ends: float = inf
    """Unix seconds by this machine's clock."""

    def permits(self, port: int | None, kind: str) -> bool:
        """Whether it is for checks of ``kind`` at ``port``; None: a check without a port."""
        return self.allowance.permits(None if self.any_port else port, kind)


PACKAGED = tuple(Grant("packaged", allowance) for allowance in packaged())


class Allowed(NamedTuple):
    """All grants together."""

    grants: tuple[Grant, ...] = PACKAGED

    def refuses_name(self, host: str, port: int | None, kind: str, wall: float) -> str | None:
        """Why a host is not asked, nor even looked up; None: it may be."""
        if not normal(host):
            return f"{host[:80]!r} is not a name as DNS has it"
        named = [one for one in self._holding(wall) if one.allowance.names(host)]
        return _refused(named, host, port, kind, "is not among the hosts that this machine lets its centre name")

    def refuses_address(self, address: Address, port: int | None, kind: str, wall: float) -> str | None:
        """Why a public address is not asked that the centre named as such; None: it may be."""
        named = [one for one in self._holding(wall) if one.allowance.holds(address)]
        said = "is not among the public addresses that this machine lets its centre name"
        return _refused(named, str(address), port, kind, said)

    def _holding(self, wall: float) -> Iterable[Grant]:
        return (one for one in self.grants if wall < one.ends)


def _refused(named: Iterable[Grant], host: str, port: int | None, kind: str, otherwise: str) -> str | None:
    grants = list(named)
    if not grants:
        return f"{host} {otherwise}"
    if any(one.permits(port, kind) for one in grants):
        return None
    where = f"port {port} of {host}" if port is not None else host
    return f"{where} is not to be asked by {kind} checks of the centre"
