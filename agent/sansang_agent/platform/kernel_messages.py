"""Linux: what the kernel says beside a datagram: when it came, and which router complained about which packet.

The constants are the kernel's (include/uapi); Python 3.11's socket module does not have them.
"""

import ipaddress
import socket
import struct
import sys
from typing import NamedTuple

SO_TIMESTAMPNS = 35
IP_RECVERR = 11
IPV6_RECVERR = 25
MSG_ERRQUEUE = 0x2000
_BY_ICMP = {4: 2, 6: 3}
_ERROR = struct.Struct("=IBBBBII")
_TIMESPEC = struct.Struct("@ll")
_SPACE = 512


class IcmpError(NamedTuple):
    """A router's complaint from a socket's error queue (struct sock_extended_err)."""

    kind: int
    code: int
    offender: str


class Message(NamedTuple):
    """One datagram (or, with ``error``, the start of the packet complained about) and the kernel's words beside it."""

    data: bytes
    sender: str
    stamp_ns: int | None
    """When the kernel received it, nanoseconds of the wall clock."""
    error: IcmpError | None


def prepare(sock: socket.socket, *, errors: bool) -> None:
    """Ask for receive stamps and, with ``errors``, for routers' complaints in the error queue."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if errors:
        hear_complaints(sock)


def hear_complaints(sock: socket.socket) -> None:
    """Let routers' complaints reach a UDP socket: a connected one then raises them where it would wait in vain.

    Elsewhere than on Linux nothing is changed.
    """
    if sys.platform == "linux":
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)


def limit_ttl(sock: socket.socket, ttl: int) -> None:
    """Let packets live for ``ttl`` hops."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)


def receive(sock: socket.socket, *, from_errors: bool) -> Message | None:
    """The next message of the error queue or of the ordinary one; None when there is none.

    A pending error of an earlier packet (for example ECONNREFUSED) counts as none: its story is in the error queue.
    """
    try:
        data, ancillary, sender = _receive(sock, MSG_ERRQUEUE if from_errors else 0)
    except OSError:
        return None
    stamp, error = None, None
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            stamp = seconds * 1_000_000_000 + nanoseconds
        elif (level, kind) in {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}:
            error = icmp_error(content)
    return Message(data, sender, stamp, error)


def _receive(sock: socket.socket, flags: int) -> tuple[bytes, list[tuple[int, int, bytes]], str]:
    if sys.platform == "linux":
        data, ancillary, _, sender = sock.recvmsg(2048, _SPACE, flags)
        return data, ancillary, sender[0] if sender else ""
    else:  # noqa: RET505  # a type checker for either system sees one branch only
        raise OSError("error queues are Linux's")


def icmp_error(content: bytes) -> IcmpError | None:
    """The router's complaint in ``content``; None for an error this machine made up itself."""
    if len(content) < _ERROR.size + 2:
        return None
    _, origin, kind, code, _, _, _ = _ERROR.unpack_from(content)
    (family,) = struct.unpack_from("=H", content, _ERROR.size)
    if family == socket.AF_INET and origin == _BY_ICMP[4]:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(content[20:24])
    elif family == socket.AF_INET6 and origin == _BY_ICMP[6]:
        address = ipaddress.IPv6Address(content[24:40])
    else:
        return None
    return IcmpError(kind, code, str(address))
