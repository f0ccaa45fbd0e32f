"""Windows: echoes through IcmpSendEcho2 and Icmp6SendEcho2, which need no right and count whole milliseconds.

The structures and the meaning of a reply are plain data; only :func:`send` calls the system.
"""

import ctypes
import ipaddress
import os
import socket
import sys
from ctypes import POINTER, Structure, c_byte, c_uint8, c_uint16, c_uint32, c_void_p
from typing import NamedTuple

from sansang_agent.contract.outcome import Reason

_PAYLOAD_BYTES = 32
_ERROR_SPACE = 64
SUCCESS = 0
_TIMED_OUT = 11010
_TTL_EXPIRED = frozenset({11013, 11014})
_REASONS = {
    11002: Reason.UNREACHABLE,
    11003: Reason.UNREACHABLE,
    11004: Reason.UNREACHABLE,
    11005: Reason.UNREACHABLE,
    11006: Reason.INTERNAL,
    11008: Reason.INTERNAL,
    11009: Reason.UNREACHABLE,
    11018: Reason.UNREACHABLE,
    11050: Reason.NO_ROUTE,
    1214: Reason.NO_ROUTE,
    1231: Reason.NO_ROUTE,
    1232: Reason.UNREACHABLE,
    5: Reason.NO_PERMISSION,
}
"""IP_STATUS codes (ipexport.h) and system errors (winerror.h) that are more than silence."""


class IpOptionInformation(Structure):
    """IP_OPTION_INFORMATION (ipexport.h)."""

    _fields_ = (
        ("Ttl", c_uint8),
        ("Tos", c_uint8),
        ("Flags", c_uint8),
        ("OptionsSize", c_uint8),
        ("OptionsData", c_void_p),
    )


class IcmpEchoReply(Structure):
    """ICMP_ECHO_REPLY (ipexport.h)."""

    _fields_ = (
        ("Address", c_uint8 * 4),
        ("Status", c_uint32),
        ("RoundTripTime", c_uint32),
        ("DataSize", c_uint16),
        ("Reserved", c_uint16),
        ("Data", c_void_p),
        ("Options", IpOptionInformation),
    )


class Ipv6AddressEx(Structure):
    """IPV6_ADDRESS_EX (ipexport.h), which is packed."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("Port", c_uint16),
        ("FlowInfo", c_uint32),
        ("Address", c_uint8 * 16),
        ("ScopeId", c_uint32),
    )


class Icmpv6EchoReply(Structure):
    """ICMPV6_ECHO_REPLY (ipexport.h)."""

    _fields_ = (
        ("Address", Ipv6AddressEx),
        ("Status", c_uint32),
        ("RoundTripTime", c_uint32),
    )


class SockaddrIn6(Structure):
    """SOCKADDR_IN6 (ws2ipdef.h)."""

    _fields_ = (
        ("Family", c_uint16),
        ("Port", c_uint16),
        ("FlowInfo", c_uint32),
        ("Address", c_uint8 * 16),
        ("ScopeId", c_uint32),
    )


class Echo(NamedTuple):
    """What one echo met: ``status`` as Windows says it, who answered (empty for silence), whole milliseconds."""

    status: int
    address: str
    rtt_ms: float

    @property
    def is_answer(self) -> bool:
        """The target itself answered."""
        return self.status == SUCCESS

    @property
    def is_expired(self) -> bool:
        """A router let it die of its TTL."""
        return self.status in _TTL_EXPIRED

    @property
    def reason(self) -> Reason | None:
        """Why there was no answer, where somebody said so; None for silence."""
        return _REASONS.get(self.status)


SILENCE = Echo(_TIMED_OUT, "", 0.0)


def parse_v4(buffer: bytes) -> Echo:
    """The first ICMP_ECHO_REPLY in ``buffer``."""
    reply = IcmpEchoReply.from_buffer_copy(buffer)
    return Echo(reply.Status, str(ipaddress.IPv4Address(bytes(reply.Address))), float(reply.RoundTripTime))


def parse_v6(buffer: bytes) -> Echo:
    """The ICMPV6_ECHO_REPLY in ``buffer``."""
    reply = Icmpv6EchoReply.from_buffer_copy(buffer)
    return Echo(reply.Status, str(ipaddress.IPv6Address(bytes(reply.Address.Address))), float(reply.RoundTripTime))


def sockaddr_v6(address: str) -> SockaddrIn6:
    """A socket address from ``address`` with an optional numeric ``%scope``, as Windows writes it."""
    parsed = ipaddress.IPv6Address(address)
    packed = (c_uint8 * 16)(*parsed.packed)
    return SockaddrIn6(Family=23, Address=packed, ScopeId=int(parsed.scope_id or 0))


if sys.platform == "win32":

    def send(address: str, timeout_ms: int, ttl: int) -> Echo:
        """Send one echo and wait for its fate; blocks at most about ``timeout_ms``."""
        api = ctypes.WinDLL("iphlpapi", use_last_error=True)
        version = 6 if ":" in address else 4
        create = api.Icmp6CreateFile if version == 6 else api.IcmpCreateFile
        create.restype = c_void_p
        api.IcmpCloseHandle.argtypes = [c_void_p]
        handle = create()
        if handle in {None, c_void_p(-1).value}:
            return Echo(ctypes.get_last_error(), "", 0.0)
        try:
            send_one = _send_v6 if version == 6 else _send_v4
            return send_one(api, handle, address, timeout_ms, ttl)
        finally:
            api.IcmpCloseHandle(handle)

    def _send_v4(api: ctypes.WinDLL, handle: int, address: str, timeout_ms: int, ttl: int) -> Echo:
        call = api.IcmpSendEcho2
        call.restype = c_uint32
        call.argtypes = [
            c_void_p, c_void_p, c_void_p, c_void_p, c_uint32, c_void_p, c_uint16,
            POINTER(IpOptionInformation), c_void_p, c_uint32, c_uint32,
        ]  # fmt: skip
        payload, options, space = os.urandom(_PAYLOAD_BYTES), IpOptionInformation(Ttl=ttl), _space(IcmpEchoReply)
        # the address in network order as the bytes lie in memory
        target = int.from_bytes(socket.inet_aton(address), sys.byteorder)
        replies = call(
            handle, None, None, None, target, payload, len(payload),
            ctypes.byref(options), space, len(space), timeout_ms,
        )  # fmt: skip
        return parse_v4(bytes(space)) if replies else Echo(ctypes.get_last_error(), "", 0.0)

    def _send_v6(api: ctypes.WinDLL, handle: int, address: str, timeout_ms: int, ttl: int) -> Echo:
        call = api.Icmp6SendEcho2
        call.restype = c_uint32
        call.argtypes = [
            c_void_p, c_void_p, c_void_p, c_void_p, POINTER(SockaddrIn6), POINTER(SockaddrIn6), c_void_p, c_uint16,
            POINTER(IpOptionInformation), c_void_p, c_uint32, c_uint32,
        ]  # fmt: skip
        source, target = SockaddrIn6(Family=int(socket.AF_INET6)), sockaddr_v6(address)
        payload, options, space = os.urandom(_PAYLOAD_BYTES), IpOptionInformation(Ttl=ttl), _space(Icmpv6EchoReply)
        replies = call(
            handle, None, None, None, ctypes.byref(source), ctypes.byref(target), payload, len(payload),
            ctypes.byref(options), space, len(space), timeout_ms,
        )  # fmt: skip
        return parse_v6(bytes(space)) if replies else Echo(ctypes.get_last_error(), "", 0.0)

    def _space(reply: type[Structure]) -> ctypes.Array[c_byte]:
        return (c_byte * (ctypes.sizeof(reply) + _PAYLOAD_BYTES + _ERROR_SPACE))()

else:

    def send(address: str, timeout_ms: int, ttl: int) -> Echo:
        """Windows only; raises OSError."""
        raise OSError(f"IcmpSendEcho2 is Windows' own: {address}, {timeout_ms} ms, TTL {ttl}")
