import pytest

from sansang_agent.contract.check import TcpCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.probes.targets import host_port
from sansang_agent.probes.tcp import probe
from standins import TcpBehaviour, TcpStandIn
from tests.support.probing import make_tools, started


def check(target: str, *, refused_is_ok: bool = False, timeout: float = 0.3) -> TcpCheck:
    return TcpCheck(id="gw", rung=Rung.GATEWAY, target=target, timeout=timeout, refused_is_ok=refused_is_ok)


async def test_an_open_port_is_good_and_timed() -> None:
    async with started(TcpStandIn()) as standin:
        result = await probe(check(standin.target, timeout=4), make_tools())

    assert (result.check, result.outcome, result.address) == ("gw", Outcome.OK, "127.0.0.1")
    assert set(result.phases_ms or {}) == {"resolve", "connect"}


@pytest.mark.parametrize(("behaviour", "reason"), [("silent", Reason.TIMEOUT), ("refuse", Reason.REFUSED)])
async def test_silence_and_refusal_are_told_apart(behaviour: TcpBehaviour, reason: Reason) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave(behaviour)
        result = await probe(check(standin.target), make_tools())

    assert (result.outcome, result.reason) == (Outcome.FAILED, reason)
    assert result.detail == {"silent": "no answer in phase connect", "refuse": "Connection refused"}[behaviour]


async def test_a_refusal_proves_a_gateway() -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave("refuse")
        result = await probe(check(standin.target, refused_is_ok=True), make_tools())

    assert (result.outcome, result.address) == (Outcome.OK, "127.0.0.1")


async def test_the_second_address_is_tried_when_the_first_is_silent() -> None:
    async with started(TcpStandIn()) as silent, started(TcpStandIn(host="127.0.0.2")) as answering:
        # both stand-ins must have one port number, as a service with two addresses has
        answering_port = answering.port
        await silent.close()
        silent._door.port = answering_port
        silent.behave("silent")
        tools = make_tools(lookup=lambda _: ["127.0.0.1", "127.0.0.2"])
        result = await probe(check(f"dvc.example:{answering_port}", timeout=1.0), tools)

    assert (result.outcome, result.address) == (Outcome.OK, "127.0.0.2")


@pytest.mark.parametrize(("behaviour", "reason"), [("silent", Reason.TIMEOUT), ("refuse", Reason.REFUSED)])
async def test_an_address_this_machine_has_no_way_to_is_no_excuse_for_the_other(
    behaviour: TcpBehaviour, reason: Reason
) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave(behaviour)
        tools = make_tools(lookup=lambda _: ["127.0.0.1", "fe80::1%no-such-interface"])
        result = await probe(check(f"dvc.example:{standin.port}"), tools)

    assert (result.reason, result.address) == (reason, "127.0.0.1")


async def test_where_no_address_has_a_way_that_is_said() -> None:
    result = await probe(check("dvc.example:1"), make_tools(lookup=lambda _: ["fe80::1%no-such-interface"] * 2))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.NO_ROUTE)


async def test_ipv6_is_written_in_brackets() -> None:
    async with started(TcpStandIn(host="::1")) as standin:
        result = await probe(check(standin.target, timeout=4), make_tools())

    assert (result.outcome, result.address) == (Outcome.OK, "::1")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("dvc.example:443", ("dvc.example", 443)),
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
    ],
)
def test_a_target_is_a_host_and_perhaps_a_port(target: str, expected: tuple[str, int]) -> None:
    assert host_port(target, 53) == expected


@pytest.mark.parametrize("target", ["", ":80", "host:0", "host:65536", "host:http", "host"])
def test_a_target_without_a_usable_port_is_refused(target: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # int() words its own
        host_port(target)
