"""Bytes of echoes, of kernel messages and of Windows' structures; nothing is sent."""

import ctypes
import errno
import ipaddress
import socket
import struct
from itertools import pairwise

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.platform import echo, kernel_messages, linux_ping, windows_echo, windows_network
from sansang_agent.platform.windows_network import (
    AF_INET,
    AF_INET6,
    Adapter,
    AddressEntry,
    SocketAddress,
    UnicastEntry,
)

TOKEN = b"8 bytes!"
MILLISECOND = 1_000_000


def as_reply(packet: bytes, kind: int) -> bytes:
    return bytes([kind]) + packet[1:]


@pytest.mark.parametrize(("version", "reply"), [(4, 0), (6, 129)])
def test_a_reply_is_known_by_its_token(version: int, reply: int) -> None:
    packet = as_reply(echo.request(version, 7, TOKEN, 70_000), reply)

    assert echo.parse(version, packet, 7, TOKEN) == echo.Reply(70_000)
    assert echo.parse(version, packet, 7, b"another!") is None


def test_the_identifier_may_have_been_rewritten_by_the_kernel() -> None:
    packet = as_reply(echo.request(4, 7, TOKEN, 1), 0)

    assert echo.parse(4, packet, 9, TOKEN) == echo.Reply(1)


def test_a_request_of_version_4_has_the_internet_checksum() -> None:
    words = struct.unpack("!10H", echo.request(4, 0x1234, TOKEN, 5))
    total = sum(words)

    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


@pytest.mark.parametrize(("kind", "unreachable"), [(3, True), (11, False)])
def test_a_complaint_names_the_echo_it_is_about(kind: int, unreachable: bool) -> None:
    header = bytes([0x46]) + bytes(23)  # an IPv4 header of 24 bytes: with an option
    message = bytes([kind, 1]) + bytes(6) + header + echo.request(4, 7, TOKEN, 70_000)[:8]

    assert echo.parse(4, message, 7, TOKEN) == echo.Complaint(70_000 & 0xFFFF, unreachable)
    assert echo.parse(4, message, 8, TOKEN) is None


def test_a_complaint_of_version_6_quotes_a_header_of_40_bytes() -> None:
    message = bytes([1, 3]) + bytes(6) + bytes(40) + echo.request(6, 7, TOKEN, 2)

    assert echo.parse(6, message, 7, TOKEN) == echo.Complaint(2, unreachable=True)


def test_nothing_cut_short_is_ever_more_than_nothing() -> None:
    whole = bytes([3, 1]) + bytes(6) + bytes([0x45]) + bytes(19) + echo.request(4, 7, TOKEN, 2)
    reply = as_reply(echo.request(4, 7, TOKEN, 1), 0)

    assert {echo.parse(4, whole[:length], 7, TOKEN) for length in range(36)} == {None}
    assert {echo.parse(4, reply[:length], 7, TOKEN) for length in range(20)} == {None}


@pytest.mark.parametrize(
    ("wall_step_ms", "kernel_ms", "expected_ms"),
    [
        (0, 12, 12.0),  # the kernel saw it after 12 ms, this busy process only after 100
        (0, None, 100.0),  # no stamp
        (3_600_000, 3_600_012, 100.0),  # the wall clock was set while it was on its way
        (-3_600_000, -3_599_988, 100.0),
        (0, -5000, 100.0),  # a wall clock that is not the kernel's
        (0, 5000, 100.0),
    ],
)
def test_a_round_trip_is_the_kernels_unless_a_clock_jumped(
    wall_step_ms: int, kernel_ms: int | None, expected_ms: float
) -> None:
    sent = echo.Moment(wall_ns=1_000_000 * MILLISECOND, mono_ns=0)
    read = echo.Moment(wall_ns=sent.wall_ns + (100 + wall_step_ms) * MILLISECOND, mono_ns=100 * MILLISECOND)
    stamp = None if kernel_ms is None else sent.wall_ns + kernel_ms * MILLISECOND

    assert echo.round_trip_ms(sent, read, stamp) == expected_ms


def test_the_error_queue_names_the_router() -> None:
    head = struct.pack("=IBBBBII", 113, 2, 11, 0, 0, 0, 0)
    offender = struct.pack("=HH", socket.AF_INET, 0) + socket.inet_aton("192.0.2.1") + bytes(8)

    assert kernel_messages.icmp_error(head + offender) == kernel_messages.IcmpError(11, 0, "192.0.2.1")


def test_an_error_made_up_by_this_machine_names_nobody() -> None:
    head = struct.pack("=IBBBBII", 113, 1, 0, 0, 0, 0, 0)

    assert kernel_messages.icmp_error(head + bytes(16)) is None
    assert kernel_messages.icmp_error(b"") is None


def test_windows_structures_are_as_long_as_windows_says() -> None:
    assert ctypes.sizeof(windows_echo.Ipv6AddressEx) == 26
    assert windows_echo.Icmpv6EchoReply.Status.offset == 28
    assert ctypes.sizeof(windows_echo.SockaddrIn6) == 28
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert ctypes.sizeof(windows_echo.IcmpEchoReply) == 40
        assert Adapter.FirstGatewayAddress.offset == 208
        assert UnicastEntry.DadState.offset == 40


def test_a_windows_reply_is_read_from_its_bytes() -> None:
    reply = windows_echo.IcmpEchoReply(Status=11013, RoundTripTime=7)
    reply.Address[:] = socket.inet_aton("192.0.2.9")
    found = windows_echo.parse_v4(bytes(reply))

    assert (found.address, found.rtt_ms, found.is_expired, found.is_answer) == ("192.0.2.9", 7.0, True, False)


def test_a_windows_reply_of_version_6_is_read_from_its_bytes() -> None:
    reply = windows_echo.Icmpv6EchoReply(Status=0, RoundTripTime=3)
    reply.Address.Address[:] = ipaddress.IPv6Address("2001:db8::9").packed
    found = windows_echo.parse_v6(bytes(reply))

    assert (found.address, found.rtt_ms, found.is_answer) == ("2001:db8::9", 3.0, True)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0, None),
        (11002, Reason.UNREACHABLE),
        (11003, Reason.UNREACHABLE),
        (11010, None),
        (11013, None),
        (11006, Reason.INTERNAL),
        (11050, Reason.NO_ROUTE),
        (1231, Reason.NO_ROUTE),
        (5, Reason.NO_PERMISSION),
    ],
)
def test_every_windows_status_has_its_reason(status: int, reason: Reason | None) -> None:
    assert windows_echo.Echo(status, "", 0.0).reason is reason


def entries(*addresses: str) -> tuple["ctypes._Pointer[AddressEntry]", list[object]]:
    """A linked list as Windows hands it out, and what must stay alive with it."""
    made, alive = [], []
    for address in addresses:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        scope = int(address.partition("%")[2] or 0)
        raw = (
            struct.pack("<HH", AF_INET, 0) + parsed.packed + bytes(8)
            if parsed.version == 4
            else struct.pack("<HHI", AF_INET6, 0, 0) + parsed.packed + struct.pack("<I", scope)
        )
        buffer = ctypes.create_string_buffer(raw, len(raw))
        made.append(AddressEntry(Address=SocketAddress(Sockaddr=ctypes.addressof(buffer), Length=len(raw))))
        alive.append(buffer)
    for entry, following in pairwise(made):
        entry.Next = ctypes.pointer(following)
    return ctypes.pointer(made[0]), [*made, *alive]


def test_windows_adapters_give_gateways_and_servers_ipv4_first() -> None:
    gateways, kept = entries("fe80::1%12", "192.0.2.1")
    servers, kept_too = entries("fec0:0:0:ffff::1", "2001:db8::53", "192.0.2.53", "0.0.0.0")
    down_gateways, kept_three = entries("198.51.100.1")
    down = Adapter(OperStatus=2, IfType=6, FirstGatewayAddress=down_gateways)
    up = Adapter(
        OperStatus=1,
        IfType=6,
        FirstGatewayAddress=gateways,
        FirstDnsServerAddress=servers,
        Next=ctypes.pointer(down),
    )

    found = windows_network.read(up)
    assert len(kept) + len(kept_too) + len(kept_three) == 14

    assert found.gateways == ("192.0.2.1", "fe80::1%12")
    assert found.dns == ("192.0.2.53", "2001:db8::53")


def test_windows_addresses_that_another_machine_uses_are_found() -> None:
    addresses, kept = entries("192.0.2.7", "192.0.2.8", "fe80::7%12")
    states = iter((2, 4, 2))
    entry, made = addresses, []
    while entry:
        made.append(UnicastEntry(Address=entry.contents.Address, DadState=next(states)))
        entry = entry.contents.Next
    for one, following in pairwise(made):
        one.Next = ctypes.pointer(following)
    up = Adapter(OperStatus=1, IfType=6, FirstUnicastAddress=ctypes.pointer(made[0]))

    found = windows_network.read(up)
    assert len(kept) == 6

    assert found.duplicates == ("192.0.2.7", "fe80::7%12")


class FullSocket:
    """There is no room for the first echoes."""

    def __init__(self, full: int) -> None:
        self._full = full

    def sendto(self, _data: bytes, _address: object) -> None:
        self._full -= 1
        if self._full >= 0:
            raise OSError(errno.ENOBUFS, "no room")


@pytest.mark.parametrize(("echoes", "reason"), [(3, Reason.INTERNAL), (2, None)])
async def test_only_a_train_of_which_nothing_could_be_sent_knows_nothing(echoes: int, reason: Reason | None) -> None:
    full = FullSocket(echoes * 2)  # each is tried twice
    running = linux_ping._Running(full, 4, raw=True, targets=["192.0.2.1"], timeout=0.01)  # type: ignore[arg-type]
    await running.send(3, 0.0)

    assert [(each.sent, each.reason) for each in running.trains(3)] == [(3, reason)]
