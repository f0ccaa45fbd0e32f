"""Echo packets and what comes back, as bytes only: built, parsed, and turned into round-trip times.

Pure: no socket and no clock, so that every odd answer can be tried in a test.
"""

import ipaddress
import struct
from typing import NamedTuple

TOKEN_BYTES = 8
_HEADER = struct.Struct("!BBHHH")
_BODY = struct.Struct(f"!{TOKEN_BYTES}sI")
_SLACK_NS = 1_000_000
_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_UNREACHABLE = {4: 3, 6: 1}
_TIME_EXCEEDED = {4: 11, 6: 3}
ERRORS = {version: (_UNREACHABLE[version], _TIME_EXCEEDED[version]) for version in (4, 6)}
"""ICMP types a router answers with, by IP version: destination unreachable, time exceeded."""
WANTED = {version: (_REPLY[version], *ERRORS[version]) for version in (4, 6)}
"""ICMP types worth waking up for, by IP version."""


class Reply(NamedTuple):
    """An echo of ours came back; ``number`` counts our echoes of this train from 0."""

    number: int


class Complaint(NamedTuple):
    """A router could not deliver the echo whose low 16 bits of the number are ``sequence``."""

    sequence: int
    unreachable: bool
    """False: the packet's TTL ran out."""


class Moment(NamedTuple):
    """One instant on two clocks, in nanoseconds: the wall clock and a monotonic one."""

    wall_ns: int
    mono_ns: int


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def request(version: int, identifier: int, token: bytes, index: int) -> bytes:
    """An echo request (RFC 792, RFC 4443). The kernel writes the checksum of version 6 itself."""
    body = _BODY.pack(token, index)
    head = _HEADER.pack(_REQUEST[version], 0, 0, identifier, index & 0xFFFF)
    return _HEADER.pack(_REQUEST[version], 0, _checksum(head + body), identifier, index & 0xFFFF) + body


def without_ip_header(packet: bytes) -> bytes:
    """What an IPv4 packet carries."""
    return packet[(packet[0] & 0x0F) * 4 :] if packet else packet


def parse(version: int, message: bytes, identifier: int, token: bytes) -> Reply | Complaint | None:
    """What an ICMP message says about this train; None if it is about something else or cut short."""
    if len(message) < _HEADER.size:
        return None
    kind = message[0]
    if kind == _REPLY[version]:
        return _reply(message, token)
    if kind in ERRORS[version]:
        quoted = without_ip_header(message[8:]) if version == 4 else message[48:]
        return complaint(version, kind, quoted, identifier)
    return None


def _reply(message: bytes, token: bytes) -> Reply | None:
    if len(message) < _HEADER.size + _BODY.size:
        return None
    echoed, index = _BODY.unpack_from(message, _HEADER.size)
    return Reply(index) if echoed == token else None


def complaint(version: int, kind: int, quoted: bytes, identifier: int | None) -> Complaint | None:
    """A router's error about ``quoted``, the start of one of our requests; ``identifier`` None: known to be ours."""
    if len(quoted) < _HEADER.size:
        return None
    asked, _, _, asked_identifier, sequence = _HEADER.unpack_from(quoted)
    if asked != _REQUEST[version] or identifier not in {None, asked_identifier}:
        return None
    return Complaint(sequence, kind == _UNREACHABLE[version])


def is_same(address: str, other: str) -> bool:
    """Whether two literals are one address, whatever their interfaces are called."""
    one, two = (ipaddress.ip_address(each.partition("%")[0]) for each in (address, other))
    return one == two


def round_trip_ms(sent: Moment, read: Moment, kernel_ns: int | None) -> float:
    """Milliseconds from ``sent`` to the kernel's receive stamp, or to ``read`` where the stamp cannot be used.

    The stamp is on the wall clock. It is used only if that clock ran evenly beside the monotonic one between sending
    and reading, and if the stamp lies between the two: a stepped or shifted clock never makes a round-trip time.
    """
    elapsed = read.mono_ns - sent.mono_ns
    if kernel_ns is None or abs(read.wall_ns - sent.wall_ns - elapsed) > _SLACK_NS:
        return elapsed / 1e6
    stamped = kernel_ns - sent.wall_ns
    return (stamped if 0 <= stamped <= elapsed + _SLACK_NS else elapsed) / 1e6
