"""A TCP connect (RFC 9293): somebody answers at this port, or the host at least refuses."""

from sansang_agent.contract.check import TcpCheck
from sansang_agent.contract.report import Result

from . import Tools, reach, results
from .reasons import EXPECTED
from .stopwatch import Stopwatch
from .targets import host_port


async def probe(check: TcpCheck, tools: Tools) -> Result:
    """Connect once."""
    watch = Stopwatch(check.timeout)
    addresses: list[str] = []
    try:
        host, port = host_port(check.target)
        addresses = await reach.resolve(host, tools, watch, port)
        async with reach.connection(addresses, port, watch) as stream:
            return results.good(check, phases_ms=watch.phases_ms, address=stream.address)
    except ConnectionRefusedError as error:
        if check.refused_is_ok:
            return results.good(
                check, phases_ms=watch.phases_ms, address=addresses[-1], detail="refused: the host is there"
            )
        return results.from_error(check, error, watch, address=addresses[-1])
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=addresses[-1] if addresses else None)
