"""Host names to addresses without ever blocking the loop or the process's exit.

``SystemNames`` asks the operating system on threads of our own; ``ServerNames`` asks given resolvers directly.
"""

import asyncio
import errno
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from .contract.outcome import Reason
from .daemon_pool import DaemonPool

MAX_LOOKUPS = 4
"""System lookups at one time; a dead resolver holds each of them for up to half a minute."""

Lookup = Callable[[str], list[str]]


class NameFailure(Exception):  # noqa: N818  # a finding about a name, not a fault of ours
    """A name that could not be turned into addresses: ``reason`` is timeout, nxdomain, servfail or resolver_busy."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def literal(host: str) -> str | None:
    """``host`` itself if it already is an address (IPv6 perhaps with ``%scope``), else None."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


_SYSTEM_ANSWERS = {
    getattr(socket, name, None): reason
    for name, reason in {
        "EAI_NONAME": Reason.NXDOMAIN,
        "EAI_NODATA": Reason.NXDOMAIN,
        "EAI_AGAIN": Reason.SERVFAIL,
        "EAI_FAIL": Reason.SERVFAIL,
    }.items()
}


def ask_system(host: str) -> list[str]:
    """Addresses by getaddrinfo(3), IPv4 first; blocks. Raises :class:`NameFailure`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameFailure(_SYSTEM_ANSWERS.get(error.errno, Reason.SERVFAIL), f"{host}: {error.strerror}") from error
    except UnicodeError as error:
        raise NameFailure(Reason.NXDOMAIN, f"{host}: not a host name") from error
    families = sorted(found, key=lambda each: each[0] != socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in families))


class SystemNames:
    """Asks the operating system, at most four names at a time; lookups of one name at one time are one lookup."""

    def __init__(self, lookup: Lookup = ask_system) -> None:
        self._lookup = lookup
        self._pool = DaemonPool(MAX_LOOKUPS, "names")
        self._pending: dict[str, Future[list[str]]] = {}

    async def resolve(self, host: str, timeout: float) -> list[str]:
        """Addresses of ``host``, IPv4 first; raises :class:`NameFailure` at the latest after ``timeout`` seconds."""
        address = literal(host)
        if address:
            return [address]
        job = self._pending.get(host)
        if job is None:
            job = self._pool.submit(lambda: self._lookup(host))
            self._pending[host] = job
            job.add_done_callback(lambda _: self._pending.pop(host, None))
        waiting = asyncio.wrap_future(job)
        done, _ = await asyncio.wait({waiting}, timeout=timeout)
        if done:
            return waiting.result()
        # the lookup itself goes on: cancelling would only let the next one hang on the same resolver
        waiting.add_done_callback(_nobody_waits)
        if job.running():
            raise NameFailure(Reason.TIMEOUT, f"{host}: the system's resolver does not answer")
        raise NameFailure(Reason.RESOLVER_BUSY, f"{host}: {MAX_LOOKUPS} other lookups are still waiting for an answer")


def _nobody_waits(late: "asyncio.Future[list[str]]") -> None:
    """Take note of a failure that came too late, or the loop complains of an exception nobody asked for."""
    if not late.cancelled():
        late.exception()


class ServerNames:
    """Asks the resolvers ``servers`` (``address[:port]``) one after the other; IPv6 only where there is no IPv4."""

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = tuple(servers)

    async def resolve(self, host: str, timeout: float) -> list[str]:
        """Addresses of ``host``; raises :class:`NameFailure`, of the last resolver if none answered."""
        address = literal(host)
        if address:
            return [address]
        failure = NameFailure(Reason.SERVFAIL, f"{host}: no resolver configured")
        deadline = time.monotonic() + timeout
        for left, server in zip(range(len(self._servers), 0, -1), self._servers, strict=True):
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic()) / left):
                    return await self._ask(server, host)
            except TimeoutError:
                failure = NameFailure(Reason.TIMEOUT, f"{host}: {server} does not answer")
            except (OSError, EOFError) as error:
                silent = isinstance(error, OSError) and error.errno == errno.EHOSTUNREACH
                why = Reason.TIMEOUT if silent else Reason.SERVFAIL
                failure = NameFailure(why, f"{host}: {server}: {getattr(error, 'strerror', '') or error}")
            except NameFailure as said:
                failure = said
                if said.reason is Reason.NXDOMAIN:
                    break
        raise failure

    async def _ask(self, server: str, host: str) -> list[str]:
        from .probes import dns_exchange  # noqa: PLC0415  # dnspython only where resolvers are given

        for kind in ("A", "AAAA"):
            answer = await dns_exchange.ask(server, host, kind)
            if answer.reason is not None:
                why = Reason.NXDOMAIN if answer.reason is Reason.NXDOMAIN else Reason.SERVFAIL
                raise NameFailure(why, f"{host}: {server}: {answer.rcode}")
            if answer.found:
                return list(answer.found)
        raise NameFailure(Reason.NXDOMAIN, f"{host}: {server}: no address")
