from pathlib import Path

from sansang_agent.contract.check import HostCheck, PathCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Hop, Nic
from sansang_agent.contract.rung import Rung
from sansang_agent.platform import NetworkState, UnreachableError
from sansang_agent.probes import host, path
from tests.support.probing import OtherMachine, make_tools

HOST = HostCheck(id="host", rung=Rung.MACHINE, target="local")
PATH = PathCheck(id="path", rung=Rung.LINE, target="198.51.100.1", timeout=1.0)
UP = Nic(name="eth0", up=True)
DOWN = Nic(name="wlan0", up=False)


async def test_one_adapter_that_is_up_is_enough() -> None:
    network = NetworkState(nics=(UP, DOWN), gateways=("192.0.2.1",), dns=("192.0.2.53",))
    result = await host.probe(HOST, make_tools(OtherMachine(network)))

    assert (result.outcome, result.detail) == (Outcome.OK, "up: eth0; gateway: 192.0.2.1; dns: 192.0.2.53")


async def test_an_address_used_twice_is_told_and_is_no_failure_by_itself() -> None:
    network = NetworkState(nics=(UP,), duplicates=("fd77:1::7", "192.0.2.7"))
    result = await host.probe(HOST, make_tools(OtherMachine(network)))

    assert result.outcome is Outcome.OK
    assert (result.detail or "").endswith("; used by another machine too: fd77:1::7, 192.0.2.7")


async def test_no_adapter_up_is_a_failure_of_this_machine() -> None:
    result = await host.probe(HOST, make_tools(OtherMachine(NetworkState(nics=(DOWN,)))))

    assert (result.outcome, result.reason, result.detail) == (Outcome.FAILED, Reason.UNREACHABLE, "no adapter is up")


def test_a_report_knows_the_machine(tmp_path: Path) -> None:
    network = NetworkState(nics=(UP,), gateways=("192.0.2.1",), duplicates=("192.0.2.7",))
    found = host.facts(OtherMachine(network), tmp_path, clock_skew_s=-7.12345)

    assert (found.duplicates, found.clock_skew_s) == (("192.0.2.7",), -7.123)
    assert (found.uptime_s, found.gateways) == (1000.0, ("192.0.2.1",))
    assert 0 < (found.memory or 0) <= 1
    assert (found.disk_free_bytes or 0) > 0
    assert found.power is not None


def test_a_disk_that_is_gone_has_no_free_bytes(tmp_path: Path) -> None:
    assert host.facts(OtherMachine(), tmp_path / "gone").disk_free_bytes is None


async def test_the_nearest_router_beyond_the_gateway_counts() -> None:
    hops = {2: Hop(2, "192.0.2.1", 0.5), 3: Hop(3, "198.51.100.3", 3.0), 4: Hop(4, "198.51.100.4", 4.0)}
    result = await path.probe(PATH, make_tools(OtherMachine(hops=hops)))

    assert (result.outcome, result.address, result.rtt_ms) == (Outcome.OK, "198.51.100.3", (3.0, 3.0, 3.0, 3.0))
    assert [hop.ttl for hop in result.hops or ()] == [3, 4]


async def test_the_end_of_a_short_way_is_named_once() -> None:
    hops = {ttl: Hop(ttl, "198.51.100.1", 2.0) for ttl in (2, 3, 4)}
    result = await path.probe(PATH, make_tools(OtherMachine(hops=hops)))

    assert result.hops == (Hop(2, "198.51.100.1", 2.0),)


class Refusing(OtherMachine):
    """Its gateway has no way to anywhere, until farther away somebody answers all the same."""

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        if ttl == 2:
            raise UnreachableError("192.0.2.1")
        return await super().hop(target, ttl, timeout)


async def test_a_router_that_has_no_way_counts_only_where_nobody_answers() -> None:
    refused = await path.probe(PATH, make_tools(Refusing()))
    answered = await path.probe(PATH, make_tools(Refusing(hops={3: Hop(3, "198.51.100.3", 3.0)})))

    assert (refused.reason, refused.detail) == (Reason.UNREACHABLE, "said by 192.0.2.1")
    assert (answered.outcome, answered.address) == (Outcome.OK, "198.51.100.3")


async def test_a_path_that_ends_at_the_gateway_is_a_timeout() -> None:
    result = await path.probe(PATH, make_tools(OtherMachine(hops={2: Hop(2, "192.0.2.1", 0.5)})))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMEOUT)
