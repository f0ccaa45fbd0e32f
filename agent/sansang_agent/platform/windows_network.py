"""Windows: default gateways, name servers and duplicate addresses by GetAdaptersAddresses (iphlpapi).

Only the head of its long structure is declared; the lists hanging off it are walked as memory.
"""

import ctypes
import ipaddress
import sys
from collections.abc import Iterator
from ctypes import POINTER, Structure, c_int, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import NamedTuple

_AF_UNSPEC = 0
AF_INET = 2
AF_INET6 = 23
_SKIP_ANYCAST_MULTICAST = 0x0002 | 0x0004
_INCLUDE_GATEWAYS = 0x0080
_BUFFER_OVERFLOW = 111
_NO_DATA = 232
_FIRST_SPACE = 16384
_UP = 1
_LOOPBACK = 24
_DUPLICATE = 2
_PLACEHOLDERS = ipaddress.IPv6Network("fec0:0:0:ffff::/64")
"""Name servers Windows lists when it has none (RFC 3879 took these addresses out of use)."""


class SocketAddress(Structure):
    """SOCKET_ADDRESS (ws2def.h)."""

    _fields_ = (("Sockaddr", c_void_p), ("Length", c_int))


class AddressEntry(Structure):
    """IP_ADAPTER_DNS_SERVER_ADDRESS and IP_ADAPTER_GATEWAY_ADDRESS (iptypes.h), which begin alike."""


AddressEntry._fields_ = (  # ctypes' way to let a structure point to its own kind
    ("Length", c_uint32),
    ("Reserved", c_uint32),
    ("Next", POINTER(AddressEntry)),
    ("Address", SocketAddress),
)


class UnicastEntry(Structure):
    """The head of IP_ADAPTER_UNICAST_ADDRESS (iptypes.h), up to the state of duplicate address detection."""


UnicastEntry._fields_ = (
    ("Length", c_uint32),
    ("Flags", c_uint32),
    ("Next", POINTER(UnicastEntry)),
    ("Address", SocketAddress),
    ("PrefixOrigin", c_int),
    ("SuffixOrigin", c_int),
    ("DadState", c_int),
)


class Adapter(Structure):
    """The head of IP_ADAPTER_ADDRESSES (iptypes.h), up to the gateways."""


Adapter._fields_ = (
    ("Length", c_uint32),
    ("IfIndex", c_uint32),
    ("Next", POINTER(Adapter)),
    ("AdapterName", c_void_p),
    ("FirstUnicastAddress", POINTER(UnicastEntry)),
    ("FirstAnycastAddress", c_void_p),
    ("FirstMulticastAddress", c_void_p),
    ("FirstDnsServerAddress", POINTER(AddressEntry)),
    ("DnsSuffix", c_void_p),
    ("Description", c_void_p),
    ("FriendlyName", c_void_p),
    ("PhysicalAddress", c_uint8 * 8),
    ("PhysicalAddressLength", c_uint32),
    ("Flags", c_uint32),
    ("Mtu", c_uint32),
    ("IfType", c_uint32),
    ("OperStatus", c_int),
    ("Ipv6IfIndex", c_uint32),
    ("ZoneIndices", c_uint32 * 16),
    ("FirstPrefix", c_void_p),
    ("TransmitLinkSpeed", c_uint64),
    ("ReceiveLinkSpeed", c_uint64),
    ("FirstWinsServerAddress", c_void_p),
    ("FirstGatewayAddress", POINTER(AddressEntry)),
)


class Routes(NamedTuple):
    """Gateways and name servers of the adapters that are up, and own addresses others use; IPv4 first."""

    gateways: tuple[str, ...]
    dns: tuple[str, ...]
    duplicates: tuple[str, ...] = ()


def read(first: Adapter) -> Routes:
    """Walk the adapters from ``first`` on."""
    gateways: list[str] = []
    servers: list[str] = []
    duplicates: list[str] = []
    for adapter in _adapters(first):
        if adapter.OperStatus == _UP and adapter.IfType != _LOOPBACK:
            gateways += _addresses(adapter.FirstGatewayAddress)
            servers += _addresses(adapter.FirstDnsServerAddress)
            duplicates += _duplicates(adapter.FirstUnicastAddress)
    return Routes(_tidy(gateways), _tidy(servers), _tidy(duplicates))


def _adapters(first: Adapter) -> Iterator[Adapter]:
    adapter = first
    while True:
        yield adapter
        if not adapter.Next:
            return
        adapter = adapter.Next.contents


def _addresses(entry: "ctypes._Pointer[AddressEntry]") -> Iterator[str]:
    while entry:
        address = _text(entry.contents.Address)
        if address:
            yield address
        entry = entry.contents.Next


def _duplicates(entry: "ctypes._Pointer[UnicastEntry]") -> Iterator[str]:
    while entry:
        if entry.contents.DadState == _DUPLICATE:
            yield _text(entry.contents.Address)
        entry = entry.contents.Next


def _text(address: SocketAddress) -> str:
    """A SOCKADDR_IN or SOCKADDR_IN6 as text, a link-local address with its ``%scope``."""
    if not address.Sockaddr:
        return ""
    data = ctypes.string_at(address.Sockaddr, address.Length)
    family = c_uint16.from_buffer_copy(data).value
    if family == AF_INET:
        return str(ipaddress.IPv4Address(data[4:8]))
    if family != AF_INET6:
        return ""
    parsed = ipaddress.IPv6Address(data[8:24])
    scope = c_uint32.from_buffer_copy(data[24:28]).value
    return f"{parsed}%{scope}" if parsed.is_link_local and scope else str(parsed)


def _tidy(addresses: list[str]) -> tuple[str, ...]:
    real = [each for each in dict.fromkeys(addresses) if not _is_placeholder(each)]
    return tuple(sorted(real, key=lambda each: ":" in each))


def _is_placeholder(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_unspecified or (parsed.version == 6 and parsed in _PLACEHOLDERS)


if sys.platform == "win32":

    def routes() -> Routes:
        """Ask the system."""
        call = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses
        call.argtypes = [c_uint32, c_uint32, c_void_p, c_void_p, POINTER(c_uint32)]
        call.restype = c_uint32
        size = c_uint32(_FIRST_SPACE)
        flags = _SKIP_ANYCAST_MULTICAST | _INCLUDE_GATEWAYS
        status = _BUFFER_OVERFLOW
        while status == _BUFFER_OVERFLOW:
            space = ctypes.create_string_buffer(size.value)
            status = call(_AF_UNSPEC, flags, None, space, ctypes.byref(size))
        if status == _NO_DATA:
            return Routes((), ())
        if status:
            raise ctypes.WinError(status)
        return read(Adapter.from_buffer(space))

else:

    def routes() -> Routes:
        """Windows only; raises OSError."""
        raise OSError("GetAdaptersAddresses is Windows' own")
