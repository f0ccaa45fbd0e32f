"""Linux: default gateways and name servers, read from the texts in which the kernel and the resolver keep them."""

import ipaddress
from collections.abc import Iterable

_UP_AND_GATEWAY = 0x0003
STUB = ("127.0.0.53",)
"""What systemd-resolved writes into /etc/resolv.conf in place of the real servers."""


def gateways_v4(table: str) -> list[str]:
    """Default gateways of ``/proc/net/route``, best metric first; addresses there are little-endian hexadecimal."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8 or int(fields[1], 16) or int(fields[7], 16):
            continue
        if int(fields[3], 16) & _UP_AND_GATEWAY == _UP_AND_GATEWAY:
            address = ipaddress.IPv4Address(bytes.fromhex(fields[2])[::-1])
            found.append((int(fields[6]), str(address)))
    return _best_first(found)


def gateways_v6(table: str) -> list[str]:
    """Default gateways of ``/proc/net/ipv6_route``, best metric first; a link-local one carries its ``%interface``."""
    found = []
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 10 or int(fields[0], 16) or int(fields[1], 16):
            continue
        if int(fields[8], 16) & _UP_AND_GATEWAY == _UP_AND_GATEWAY:
            address = ipaddress.IPv6Address(bytes.fromhex(fields[4]))
            scope = f"%{fields[9]}" if address.is_link_local else ""
            found.append((int(fields[5], 16), f"{address}{scope}"))
    return _best_first(found)


def _best_first(found: Iterable[tuple[int, str]]) -> list[str]:
    return list(dict.fromkeys(address for _, address in sorted(found)))


def name_servers(text: str) -> list[str]:
    """The ``nameserver`` lines of a resolv.conf (resolv.conf(5)), in order."""
    words = (line.split() for line in text.splitlines())
    return list(dict.fromkeys(each[1] for each in words if len(each) >= 2 and each[0] == "nameserver"))
