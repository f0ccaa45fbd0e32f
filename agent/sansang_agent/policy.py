"""What this machine agrees to probe for the centre, whatever the centre asks: ceilings in code. Pure.

Checks of the machine's own configuration are not judged here. Reasons are in English and go out as evidence.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from .contract.check import Check, HostCheck, IcmpCheck, SnmpCheck
from .evidence import host_of
from .platform import NetworkState

Address = IPv4Address | IPv6Address

SPACING_S = 5.0
"""From the beginning of one run against a target to that of the next; a train is one run."""
SHORTEST_PERIOD_S = 15.0
SHORTEST_VANTAGE_PERIOD_S = 5.0
MOST_PRIVATE = 16
"""Private addresses that the centre may have asked of one machine, as long as it runs: enough for a commune's own
devices, too few to map its network."""

LOCAL_KEYS = ("ca_file", "proxy", "community_file", "user", "auth_file", "priv_file")
"""Keys of checks that only this machine's administrator sets: they name its files, or another way out."""

MOST_TARGETS = 200
"""Of an assignment, where the machine is no vantage: they are told apart by name, and a server may have many names."""
LONGEST_S = 60.0
"""Seconds that one run of a check may take: few of them must not hold up what else is asked."""

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_BROADCAST = IPv4Address("255.255.255.255")
_THIS_NETWORK = ip_network("0.0.0.0/8")


class Own(NamedTuple):
    """What is this machine's own: as its system reports it, and as its administrator's file names it."""

    network: NetworkState = NetworkState()
    named: tuple[str, ...] = ()
    """Networks, as ``policy.networks`` has them."""

    def exempts(self, address: Address) -> bool:
        """Whether the centre may have this private, loopback or link-local address asked all the same."""
        reported = (*self.network.gateways, *self.network.dns)
        return address in _read(reported) or any(address in ip_network(each, strict=False) for each in self.named)

    def has(self, address: Address) -> bool:
        """Whether it is an address of this machine itself, which no less than loopback reaches what listens here."""
        return address in _read(each for nic in self.network.nics for each in nic.addresses)


class Policy:
    """One machine's ceilings, and what the centre has had it ask so far; nothing here is kept over a restart."""

    def __init__(self, *, vantage: bool = False) -> None:
        self.vantage = vantage
        self._shortest_s = SHORTEST_VANTAGE_PERIOD_S if vantage else SHORTEST_PERIOD_S
        self._most_targets = math.inf if vantage else MOST_TARGETS
        self._private: set[Address] = set()
        self._begun: dict[str, float] = {}

    def judge(self, check: Check) -> str | None:
        """Why a check of the centre's is not run, by what it says alone; None: addresses and time decide."""
        if isinstance(check, SnmpCheck):
            return "SNMP is for this machine's own administrator to set up"
        set_ = [key for key in LOCAL_KEYS if getattr(check, key, "")]
        if set_:
            return f"{set_[0]} is for this machine's own administrator to set"
        takes = check.timeout + (check.count * check.gap if isinstance(check, IcmpCheck) else 0.0)
        return f"it might take {takes:g} s, longer than {LONGEST_S:g} s" if takes > LONGEST_S else None

    def judge_all(self, checks: Sequence[Check]) -> dict[str, str]:
        """Why checks of an assignment are not run, by their ids: each alone, its period, and all against one target."""
        refused: dict[str, str] = {}
        rates: defaultdict[str, float] = defaultdict(float)
        for check in checks:
            target, rate = target_of(check), 1 / check.period
            why = self.judge(check)
            if why is None and target and target not in rates and len(rates) >= self._most_targets:
                why = f"{MOST_TARGETS} other targets are asked before it"
            if why is None and check.period < self._shortest_s:
                why = f"a period of {check.period:g} s is shorter than {self._shortest_s:g} s"
            if why is None and target and rates[target] + rate > 1.001 / SPACING_S:
                why = f"with the checks before it {target} would be asked more often than every {SPACING_S:g} s"
            if why is not None:
                refused[check.id] = why
            elif target:
                rates[target] += rate
        return refused

    def judge_address(self, text: str, own: Own) -> str | None:
        """Why an address is not asked; one that is, is counted."""
        address = plain(text)
        why = _never(address)
        if why or own.exempts(address):
            return why
        if address.is_loopback or own.has(address):
            return f"{text} is this machine itself"
        if address.is_link_local:
            return f"{text} is a link-local address"
        if not _is_public(address) and address not in self._private:
            if len(self._private) >= MOST_PRIVATE:
                return f"{text} would be private address number {MOST_PRIVATE + 1} that the centre asks about here"
            self._private.add(address)
        return None

    def wait(self, check: Check, now: float) -> float:
        """Seconds until the target of ``check`` may be asked again; ``now`` is monotonic."""
        return max(0.0, self._begun.get(target_of(check), float("-inf")) + SPACING_S - now)

    def begin(self, check: Check, now: float) -> None:
        """Remember that a run begins."""
        self._begun = {target: at for target, at in self._begun.items() if now - at < SPACING_S}
        self._begun[target_of(check)] = now


def target_of(check: Check) -> str:
    """What counts as one target: a host as it is named; empty for this machine."""
    if isinstance(check, HostCheck):
        return ""
    try:
        return host_of(check).lower().removesuffix(".")
    except ValueError:  # no URL at all: it will not be asked, but a reader of profiles must not fall over it
        return check.target


def plain(text: str) -> Address:
    """The address a packet goes to in the end: without its scope, and the IPv4 one that an IPv6 one carries."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    """Whether it may be anybody's on the Internet; all IPv6 of that kind is in one block, and Pythons' lists differ."""
    return address.is_global and (isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST)


def _never(address: Address) -> str | None:
    """What nobody can exempt: addresses of many machines, or of none."""
    if address.is_multicast or address == _BROADCAST:
        return f"{address} is the address of many machines (multicast, broadcast)"
    if address.is_unspecified or address in _THIS_NETWORK or (address.version == 4 and address.is_reserved):
        return f"{address} is no machine's address"
    return None


def _read(texts: Iterable[str]) -> set[Address]:
    found = set()
    for text in texts:
        try:
            found.add(plain(text))
        except ValueError:
            continue  # systems report names and hardware addresses among them
    return found
