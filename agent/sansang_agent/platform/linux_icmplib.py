"""Linux: which router lies so many hops away, by echoes through icmplib where it is installed and this process may.

Echoes pass where firewalls drop UDP; without the right or the package, linux_hop.py asks the other way.
"""

import asyncio
import secrets
import threading
import time

from sansang_agent.contract.report import Hop
from sansang_agent.daemon_pool import Job

from . import UnreachableError


def is_usable() -> bool:
    """Whether icmplib (the extra ``ping``) is installed and this process may open raw sockets."""
    try:
        import icmplib  # type: ignore[import-untyped]  # noqa: PLC0415  # only when used
    except ImportError:
        return False
    try:
        icmplib.ICMPv4Socket().close()
    except icmplib.ICMPSocketError:
        return False
    return True


async def hop(target: str, ttl: int, timeout: float) -> Hop | None:
    """As :meth:`sansang_agent.platform.Platform.hop`; ``target`` is an address."""
    job = Job(lambda: _ask(target, ttl, timeout))
    # a thread for this one question, which ends with it: icmplib waits where it is called
    threading.Thread(target=job.run, name=f"hop-{ttl}", daemon=True).start()
    return await asyncio.wrap_future(job.future)


def _ask(target: str, ttl: int, timeout: float) -> Hop | None:
    import icmplib  # noqa: PLC0415

    kind = icmplib.ICMPv6Socket if ":" in target else icmplib.ICMPv4Socket
    request = icmplib.ICMPRequest(target, id=secrets.randbits(16), sequence=secrets.randbits(16), ttl=ttl)
    try:
        with kind() as sock:
            # icmplib's own times are of the wall clock
            sent = time.perf_counter()
            sock.send(request)
            reply = sock.receive(request, timeout)
            rtt_ms = (time.perf_counter() - sent) * 1000
            reply.raise_for_status()
    except icmplib.TimeExceeded:
        return Hop(ttl, reply.source, rtt_ms)
    except icmplib.TimeoutExceeded:
        return None
    except icmplib.ICMPSocketError as error:
        raise error.__context__ or error from error
    except icmplib.DestinationUnreachable as error:
        raise UnreachableError(reply.source) from error
    except icmplib.ICMPError:
        return None
    return Hop(ttl, reply.source, rtt_ms)
