"""Linux: trains of echoes through one socket per address family, timed by the kernel's receive stamps.

A raw socket where the process may have one, else a datagram ICMP socket (``net.ipv4.ping_group_range``).
"""

import asyncio
import contextlib
import errno
import os
import secrets
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence

from sansang_agent.contract.outcome import Reason

from . import NoPermissionError, Train, echo, kernel_messages

_SOL_RAW = 255
_ICMP_FILTER = 1
_ICMP6_FILTER = 1
_BURST = 32
_LOCAL_REASONS = {
    errno.ENETUNREACH: Reason.NO_ROUTE,
    errno.ENETDOWN: Reason.NO_ROUTE,
    errno.EADDRNOTAVAIL: Reason.NO_ROUTE,
    errno.EINVAL: Reason.NO_ROUTE,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.EPERM: Reason.NO_PERMISSION,
    errno.EACCES: Reason.NO_PERMISSION,
}
"""What the machine itself says when it will not send: EPERM is its own packet filter, EINVAL a link-local address
without its interface; anything else (no buffers left) tells nothing about the target."""


async def train(targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None) -> list[Train]:
    """As :meth:`sansang_agent.platform.Platform.train`; targets are addresses, each answered in its place."""
    by_version: dict[int, list[str]] = {}
    for target in dict.fromkeys(targets):
        by_version.setdefault(6 if ":" in target else 4, []).append(target)
    groups = await asyncio.gather(
        *(_group(version, addresses, count, gap, timeout, ttl) for version, addresses in by_version.items())
    )
    trains = {each.address: each for group in groups for each in group}
    return [trains[target] for target in targets]


async def _group(
    version: int, targets: list[str], count: int, gap: float, timeout: float, ttl: int | None
) -> list[Train]:
    try:
        sock, raw = _open(version)
    except NoPermissionError:
        raise
    except OSError:
        # a machine without this address family has no way there either
        return [Train(address=target, sent=count, reason=Reason.NO_ROUTE) for target in targets]
    with contextlib.closing(sock):
        if ttl is not None:
            kernel_messages.limit_ttl(sock, ttl)
        running = _Running(sock, version, raw=raw, targets=targets, timeout=timeout)
        loop = asyncio.get_running_loop()
        loop.add_reader(sock, running.read)
        try:
            await running.send(count, gap)
        finally:
            loop.remove_reader(sock)
    return running.trains(count)


def _open(version: int) -> tuple[socket.socket, bool]:
    """A socket that may send echoes, and whether it is a raw one."""
    family, protocol = (
        (socket.AF_INET, socket.IPPROTO_ICMP) if version == 4 else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
    )
    try:
        sock = socket.socket(family, socket.SOCK_RAW, protocol)
    except PermissionError:
        pass
    else:
        kernel_messages.prepare(sock, errors=False)
        _filter(sock, version)
        return sock, True
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    except PermissionError as refusal:
        raise NoPermissionError(str(refusal)) from refusal
    kernel_messages.prepare(sock, errors=True)
    return sock, False


def _filter(sock: socket.socket, version: int) -> None:
    """Let only the wanted types through; a set bit of the kernel's mask blocks."""
    if version == 4:
        blocked = 0xFFFFFFFF & ~sum(1 << kind for kind in echo.WANTED[4])
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
        return
    words = [0xFFFFFFFF] * 8
    for kind in echo.WANTED[6]:
        words[kind >> 5] &= ~(1 << (kind & 31))
    sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _now() -> echo.Moment:
    return echo.Moment(time.time_ns(), time.monotonic_ns())


class _Running:
    """One train on its way: echo number ``index`` goes to target ``index % len(targets)``."""

    def __init__(self, sock: socket.socket, version: int, *, raw: bool, targets: list[str], timeout: float) -> None:
        self._socket = sock
        self._version = version
        self._raw = raw
        self._targets = targets
        self._timeout = timeout
        self._identifier = secrets.randbits(16)
        self._token = os.urandom(echo.TOKEN_BYTES)
        self._sent: dict[int, echo.Moment] = {}
        self._rtts: dict[int, float] = {}
        self._settled: set[int] = set()
        self._reasons: dict[int, Reason] = {}
        self._reporters: dict[int, str] = {}
        self._answerers: dict[int, str] = {}
        self._unsent: Counter[int] = Counter()
        self._all_settled = asyncio.Event()
        self._total = 0

    async def send(self, count: int, gap: float) -> None:
        """Send everything, then wait for the rest; returns at the latest ``timeout`` after the last echo."""
        self._total = count * len(self._targets)
        sockaddrs = [_sockaddr(target) for target in self._targets]
        start = time.monotonic()
        for turn in range(count):
            await asyncio.sleep(max(0.0, start + turn * gap - time.monotonic()))
            for number, sockaddr in enumerate(sockaddrs):
                self._send_one(turn * len(sockaddrs) + number, sockaddr)
                if number % _BURST == _BURST - 1:
                    await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._all_settled.wait()

    def _send_one(self, index: int, sockaddr: tuple[object, ...]) -> None:
        packet = echo.request(self._version, self._identifier, self._token, index)
        for last_try in (False, True):
            self._sent[index] = _now()
            try:
                self._socket.sendto(packet, sockaddr)
            except OSError as error:
                # the first error may be an earlier packet's, which the kernel hands to whoever sends next
                if last_try:
                    self._not_sent(index, error)
            else:
                return

    def _not_sent(self, index: int, error: OSError) -> None:
        target = index % len(self._targets)
        reason = _LOCAL_REASONS.get(error.errno or 0, Reason.INTERNAL)
        self._unsent[target] += 1
        if reason is not Reason.INTERNAL or self._unsent[target] * len(self._targets) == self._total:
            self._reasons[target] = reason
        self._settle(index)

    def read(self) -> None:
        """Take everything the kernel has for us."""
        while (message := kernel_messages.receive(self._socket, from_errors=False)) is not None:
            content = message.data
            if self._raw and self._version == 4:
                content = echo.without_ip_header(content)
            self._take(echo.parse(self._version, content, self._identifier, self._token), message, message.sender)
        while not self._raw and (message := kernel_messages.receive(self._socket, from_errors=True)) is not None:
            if message.error and message.error.kind in echo.ERRORS[self._version]:
                said = echo.complaint(self._version, message.error.kind, message.data, None)
                self._take(said, message, message.error.offender)

    def _take(self, said: echo.Reply | echo.Complaint | None, message: kernel_messages.Message, sender: str) -> None:
        if isinstance(said, echo.Reply) and said.number in self._sent and said.number not in self._settled:
            rtt = echo.round_trip_ms(self._sent[said.number], _now(), message.stamp_ns)
            if rtt <= self._timeout * 1000:
                self._rtts[said.number] = rtt
                self._note_answerer(said.number % len(self._targets), sender)
            self._settle(said.number)
        elif isinstance(said, echo.Complaint):
            for index in range(said.sequence, self._total, 0x10000):
                self._complain(index, sender, unreachable=said.unreachable)

    def _note_answerer(self, target: int, sender: str) -> None:
        if not echo.is_same(sender, self._targets[target]):
            self._answerers[target] = sender

    def _complain(self, index: int, sender: str, *, unreachable: bool) -> None:
        if index in self._sent and index not in self._settled:
            self._reporters[index % len(self._targets)] = sender
            if unreachable:
                self._reasons[index % len(self._targets)] = Reason.UNREACHABLE
            self._settle(index)

    def _settle(self, index: int) -> None:
        self._settled.add(index)
        if len(self._settled) == self._total:
            self._all_settled.set()

    def trains(self, count: int) -> list[Train]:
        """What became of it, one entry per target."""
        step = len(self._targets)
        return [
            Train(
                address=target,
                sent=count,
                rtts_ms=tuple(self._rtts[index] for index in range(number, self._total, step) if index in self._rtts),
                reason=self._reasons.get(number),
                reported_by=self._reporters.get(number),
                answered_from=self._answerers.get(number),
            )
            for number, target in enumerate(self._targets)
        ]


def _sockaddr(address: str) -> tuple[object, ...]:
    """Where to send, from a literal address; never asks a resolver."""
    return socket.getaddrinfo(address, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]
