"""Linux: default gateways, name servers and duplicate addresses, read from the texts of the kernel and the resolver."""

import ipaddress
from collections.abc import Iterable

_UP_AND_GATEWAY = 0x0003
_DUPLICATE_FOUND = 0x08
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


def duplicates(table: str) -> list[str]:
    """Addresses of ``/proc/net/if_inet6`` whose test for duplicates failed (IFA_F_DADFAILED, RFC 4862 §5.4).

    IPv4 addresses are not tested by the kernel.
    """
    rows = [line.split() for line in table.splitlines()]
    return [
        str(ipaddress.IPv6Address(bytes.fromhex(row[0])))
        for row in rows
        if len(row) >= 6 and int(row[4], 16) & _DUPLICATE_FOUND
    ]


def _best_first(found: Iterable[tuple[int, str]]) -> list[str]:
    return list(dict.fromkeys(address for _, address in sorted(found)))


def name_servers(text: str) -> list[str]:
    """The ``nameserver`` lines of a resolv.conf (resolv.conf(5)), in order."""
    words = (line.split() for line in text.splitlines())
    return list(dict.fromkeys(each[1] for each in words if len(each) >= 2 and each[0] == "nameserver"))
