"""What kind of address an IP address is, as far as asking it is somebody's business. Pure.

Addresses that carry another one inside them are taken for the one that a packet reaches in the end.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_BROADCAST = IPv4Address("255.255.255.255")
_THIS_NETWORK = IPv4Network("0.0.0.0/8")

NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "2001:db8::/32", "2002::/16"),
    )
)
"""What a network of public addresses must not touch: blocks of IANA's special-purpose registries."""


def plain(text: str) -> Address:
    """The address a packet goes to in the end: without its scope, and the IPv4 one that an IPv6 one carries.

    Raises ValueError where ``text`` is no address.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: Address) -> bool:
    """Whether it may be anybody's on the Internet; all IPv6 of that kind is in one block, and Pythons' lists differ."""
    return address.is_global and (isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST)


def only_public(network: Network) -> bool:
    """Whether every address of ``network`` may be anybody's on the Internet."""
    if isinstance(network, IPv6Network) and not network.subnet_of(_GLOBAL_UNICAST):
        return False
    return not any(network.overlaps(block) for block in NOT_PUBLIC if block.version == network.version)


def never(address: Address) -> str | None:
    """Why nobody can exempt it: it is the address of many machines, or of none."""
    if address.is_multicast or address == _BROADCAST:
        return f"{address} is the address of many machines (multicast, broadcast)"
    if address.is_unspecified or address in _THIS_NETWORK or (address.version == 4 and address.is_reserved):
        return f"{address} is no machine's address"
    return None
