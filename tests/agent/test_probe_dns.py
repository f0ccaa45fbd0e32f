import pytest

from sansang_agent.contract.check import DnsCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.probes.dns import probe
from standins import WRONG_ADDRESS, DnsBehaviour, DnsStandIn
from tests.support.probing import make_tools, started

ZONE = {"dvc.example": ["192.0.2.10", "2001:db8::10"], "six.example": ["2001:db8::6"]}


def check(
    target: str, query: str = "dvc.example", kind: str = "A", expect: tuple[str, ...] = (), timeout: float = 4.0
) -> DnsCheck:
    return DnsCheck(id="dns", rung=Rung.DNS, target=target, query=query, type=kind, expect=expect, timeout=timeout)


async def test_an_answer_is_good_and_its_own_evidence() -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        result = await probe(check(resolver.target), make_tools())

    assert (result.outcome, result.detail) == (Outcome.OK, "dvc.example A: 192.0.2.10")
    assert set(result.phases_ms or {}) == {"resolve"}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("nxdomain", Reason.NXDOMAIN),
        ("servfail", Reason.SERVFAIL),
        ("silent", Reason.TIMEOUT),
        ("refuse", Reason.REFUSED),
        ("forge", Reason.TIMEOUT),
    ],
)
async def test_every_way_to_fail_has_its_reason(behaviour: DnsBehaviour, reason: Reason) -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        resolver.behave(behaviour)
        result = await probe(check(resolver.target, timeout=0.3), make_tools())

    assert (result.outcome, result.reason, result.address) == (Outcome.FAILED, reason, "127.0.0.1")


async def test_an_answer_cut_short_is_asked_for_again_by_tcp() -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        resolver.behave("truncate")
        result = await probe(check(resolver.target), make_tools())

        assert (result.outcome, result.detail, resolver.asked) == (Outcome.OK, "dvc.example A: 192.0.2.10", 2)


async def test_an_address_outside_the_expected_networks_is_a_wrong_answer() -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        resolver.behave("wrong")
        result = await probe(check(resolver.target, expect=("192.0.2.0/24", "2001:db8::/32")), make_tools())

    assert (result.reason, result.detail) == (Reason.WRONG_ANSWER, f"dvc.example A: {WRONG_ADDRESS}")


@pytest.mark.parametrize("expect", [("192.0.2.10",), ("198.51.100.0/24", "192.0.2.0/24")])
async def test_an_address_within_the_expected_networks_is_right(expect: tuple[str, ...]) -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        result = await probe(check(resolver.target, expect=expect), make_tools())

    assert result.outcome is Outcome.OK


async def test_a_name_without_such_a_record_is_a_wrong_answer_not_a_missing_name() -> None:
    async with started(DnsStandIn(ZONE)) as resolver:
        result = await probe(check(resolver.target, query="six.example"), make_tools())

    assert (result.reason, result.detail) == (Reason.WRONG_ANSWER, "six.example A: no record")


async def test_a_resolver_may_have_an_ipv6_address() -> None:
    async with started(DnsStandIn(ZONE, host="::1")) as resolver:
        result = await probe(check(resolver.target, kind="AAAA"), make_tools())

    assert (result.outcome, result.detail) == (Outcome.OK, "dvc.example AAAA: 2001:db8::10")
