"""One question to one resolver: no such name, a failing resolver, silence and a wrong answer are told apart."""

import asyncio
import ipaddress
from collections.abc import Sequence

from sansang_agent.contract.check import DnsCheck
from sansang_agent.contract.outcome import Reason
from sansang_agent.contract.report import Result
from sansang_agent.names import literal

from . import Tools, dns_exchange, reach, results
from .reasons import EXPECTED
from .stopwatch import Stopwatch
from .targets import host_port


async def probe(check: DnsCheck, tools: Tools) -> Result:
    """Ask once; the answer seen is the evidence."""
    watch = Stopwatch(check.timeout)
    address, port = host_port(check.target, dns_exchange.DNS_PORT)
    try:
        reach.may_be_looked_up(check.query, tools)
        reach.admitted([address], tools, address, port)
        with watch.phase("resolve"):
            async with asyncio.timeout(watch.left()):
                answer = await dns_exchange.ask(check.target, check.query, check.type)
    except EXPECTED as error:
        return results.from_error(check, error, watch, address=address)
    reason, detail = judge(check, answer)
    if reason is None:
        return results.good(check, phases_ms=watch.phases_ms, address=address, detail=detail)
    return results.bad(check, reason, detail, phases_ms=watch.phases_ms, address=address)


def judge(check: DnsCheck, answer: dns_exchange.Answer) -> tuple[Reason | None, str]:
    """Whether the answer is the expected one, and what it was."""
    if answer.reason is not None:
        return answer.reason, f"{check.query} {check.type}: {answer.rcode}"
    seen = f"{check.query} {check.type}: {', '.join(answer.records) or 'no record'}"
    right = any_within(answer.found, check.expect) if check.expect else bool(answer.found)
    return (None if right else Reason.WRONG_ANSWER), seen


def any_within(records: Sequence[str], networks: Sequence[str]) -> bool:
    """Whether at least one of ``records`` is an address in one of ``networks`` (an address is a network of one)."""
    known = [ipaddress.ip_network(each, strict=False) for each in networks]
    addresses = [ipaddress.ip_address(text) for text in records if literal(text)]
    return any(address in network for address in addresses for network in known)
