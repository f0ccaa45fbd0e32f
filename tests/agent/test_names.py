import asyncio
import gc
import socket
import subprocess
import sys
import threading

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_agent.names import MAX_LOOKUPS, NameFailure, ServerNames, SystemNames
from standins import DnsBehaviour, DnsStandIn
from tests.support.probing import started

ZONE = {"dvc.example": ["192.0.2.10", "2001:db8::10"], "six.example": ["2001:db8::6"]}


async def failure_of(names: SystemNames | ServerNames, host: str, timeout: float = 5.0) -> NameFailure:
    with pytest.raises(NameFailure) as caught:
        await names.resolve(host, timeout)
    return caught.value


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "fe80::1%eth0"])
async def test_an_address_is_its_own_name(address: str) -> None:
    assert await SystemNames().resolve(address, 1) == [address]
    assert await ServerNames([]).resolve(address, 1) == [address]


async def test_the_system_knows_localhost() -> None:
    assert "127.0.0.1" in await SystemNames().resolve("localhost", 5)


async def test_lookups_of_one_name_at_one_time_are_one_lookup() -> None:
    asked: list[str] = []
    go = threading.Event()

    def lookup(host: str) -> list[str]:
        asked.append(host)
        go.wait(10)
        return ["192.0.2.1"]

    names = SystemNames(lookup)
    waiting = [asyncio.ensure_future(names.resolve("dvc.example", 10)) for _ in range(8)]
    await asyncio.sleep(0)
    go.set()

    assert await asyncio.gather(*waiting) == [["192.0.2.1"]] * 8
    assert asked == ["dvc.example"]


async def test_a_hung_resolver_is_a_timeout_and_the_next_name_finds_it_busy() -> None:
    go = threading.Event()

    def lookup(host: str) -> list[str]:
        go.wait(10)
        return ["192.0.2.1"]

    names = SystemNames(lookup)
    hung = await asyncio.gather(*(failure_of(names, f"n{i}.example", 0.2) for i in range(MAX_LOOKUPS)))
    busy = await failure_of(names, "one.more.example", 0.05)
    go.set()

    assert {each.reason for each in hung} == {Reason.TIMEOUT}
    assert busy.reason is Reason.RESOLVER_BUSY
    assert await names.resolve("another.example", 5) == ["192.0.2.1"]


def test_a_hung_resolver_does_not_hold_the_process() -> None:
    program = """
import asyncio, threading
from sansang_agent.names import NameFailure, SystemNames
async def main():
    try:
        await SystemNames(lambda host: threading.Event().wait()).resolve("hung.example", 0.05)
    except NameFailure as failure:
        print(failure.reason)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)

    assert done.stdout == "timeout\n"


async def test_a_name_the_system_cannot_write_does_not_exist() -> None:
    assert (await failure_of(SystemNames(), "a" * 70 + ".example")).reason is Reason.NXDOMAIN


async def test_a_given_resolver_is_asked_for_ipv4_and_else_for_ipv6() -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        names = ServerNames([resolver.target])

        assert await names.resolve("dvc.example", 5) == ["192.0.2.10"]
        assert await names.resolve("six.example", 5) == ["2001:db8::6"]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("nxdomain", Reason.NXDOMAIN),
        ("servfail", Reason.SERVFAIL),
        ("silent", Reason.TIMEOUT),
        ("refuse", Reason.SERVFAIL),
    ],
)
async def test_a_given_resolver_that_fails_says_how(behaviour: DnsBehaviour, reason: Reason) -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        resolver.behave(behaviour)

        assert (await failure_of(ServerNames([resolver.target]), "dvc.example", 0.3)).reason is reason


async def test_the_second_resolver_is_asked_when_the_first_is_silent() -> None:
    async with started(DnsStandIn(ZONE)) as first, started(DnsStandIn(ZONE)) as second:
        first.behave("silent")

        assert await ServerNames([first.target, second.target]).resolve("dvc.example", 0.4) == ["192.0.2.10"]


async def test_that_a_name_does_not_exist_is_believed_at_once() -> None:
    async with started(DnsStandIn(ZONE)) as first, started(DnsStandIn(ZONE)) as second:
        failure = await failure_of(ServerNames([first.target, second.target]), "nobody.example")

        assert (failure.reason, second.asked) == (Reason.NXDOMAIN, 0)


async def test_an_answer_that_comes_too_late_is_nobodys_unhandled_error() -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    go = threading.Event()

    def lookup(host: str) -> list[str]:
        go.wait(10)
        if host == "late.example":
            raise NameFailure(Reason.SERVFAIL, host)
        return ["192.0.2.1"]

    names = SystemNames(lookup)
    await failure_of(names, "late.example", 0.05)
    go.set()
    # the thread lets go of the late answer when it takes up the next name
    assert await names.resolve("next.example", 10) == ["192.0.2.1"]
    assert await names.resolve("third.example", 10) == ["192.0.2.1"]
    gc.collect()

    assert complaints == []


async def test_a_resolver_that_hangs_up_makes_way_for_the_next() -> None:
    async def hanging_up(connection: socket.socket) -> None:
        connection.close()

    async with started(DnsStandIn({})) as short, started(DnsStandIn(ZONE)) as good:
        short.behave("truncate")
        short._door._serve = hanging_up
        assert await ServerNames([short.target, good.target]).resolve("dvc.example", 5) == ["192.0.2.10"]
