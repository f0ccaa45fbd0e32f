import asyncio

import msgspec
import pytest

from sansang_agent.contract.check import IcmpCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.rung import Rung
from sansang_agent.platform import Train
from sansang_agent.probes import Tools
from sansang_agent.probes.echo_figures import jitter, spread
from sansang_agent.probes.icmp import probe
from standins import TcpBehaviour, TcpStandIn
from tests.support.probing import OtherMachine, make_tools, started


def check(ports: tuple[int, ...] = (), timeout: float = 0.3) -> IcmpCheck:
    return IcmpCheck(id="gw", rung=Rung.GATEWAY, target="127.0.0.1", fallback_ports=ports, timeout=timeout)


def machine(*rtts_ms: float, sent: int = 5, reason: Reason | None = None, by: str | None = None) -> OtherMachine:
    return OtherMachine(trains=[Train(address="127.0.0.1", sent=sent, rtts_ms=rtts_ms, reason=reason, reported_by=by)])


class LateNames:
    """An answer in the last moment."""

    async def resolve(self, host: str, timeout: float) -> list[str]:
        await asyncio.sleep(timeout)
        return [host]


async def test_a_train_becomes_its_figures() -> None:
    result = await probe(check(), make_tools(machine(1.0, 2.0, 4.0, 3.0)))

    assert (result.outcome, result.sent, result.lost) == (Outcome.OK, 5, 1)
    assert result.rtt_ms == (1.0, 2.5, 4.0, 4.0)
    assert result.jitter_ms == pytest.approx(4 / 3, abs=0.001)
    assert result.resolution_ms == 0.001


async def test_silence_is_a_timeout() -> None:
    result = await probe(check(), make_tools(machine()))

    assert (result.outcome, result.reason, result.lost, result.rtt_ms) == (Outcome.FAILED, Reason.TIMEOUT, 5, None)


async def test_no_route_says_that_nothing_left_this_machine() -> None:
    result = await probe(check(), make_tools(machine(reason=Reason.NO_ROUTE)))

    assert (result.reason, result.detail) == (Reason.NO_ROUTE, "this machine knows no way there")


async def test_a_router_that_says_no_is_unreachable_and_named() -> None:
    result = await probe(check(), make_tools(machine(reason=Reason.UNREACHABLE, by="192.0.2.1")))

    assert (result.reason, result.detail) == (Reason.UNREACHABLE, "said by 192.0.2.1")


async def test_a_way_in_a_circle_is_unreachable_and_no_silence() -> None:
    result = await probe(check(), make_tools(machine(by="192.0.2.1")))

    assert (result.reason, result.detail) == (
        Reason.UNREACHABLE,
        "the way is a circle or too long, said by 192.0.2.1",
    )


async def test_answers_from_another_address_count_and_are_told() -> None:
    train = Train(address="127.0.0.1", sent=1, rtts_ms=(1.0,), answered_from="192.0.2.7")
    result = await probe(check(), make_tools(OtherMachine(trains=[train])))

    assert (result.outcome, result.detail) == (Outcome.OK, "answered from 192.0.2.7")


async def test_a_machine_that_could_not_send_knows_nothing_of_the_target() -> None:
    result = await probe(check(), make_tools(machine(reason=Reason.INTERNAL)))

    assert (result.outcome, result.detail) == (Outcome.UNKNOWN, "this machine could not send")


async def test_a_late_name_leaves_no_time_for_the_other_way_and_that_is_no_fault_of_ours() -> None:
    tools = make_tools()
    result = await probe(check((9,), timeout=0.05), msgspec.structs.replace(tools, names=LateNames()))

    assert result.reason in {Reason.TIMEOUT, Reason.NO_PERMISSION}


@pytest.mark.parametrize("behaviour", ["answer", "refuse"])
async def test_without_permission_a_tcp_answer_or_refusal_proves_the_host(behaviour: TcpBehaviour) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave(behaviour)
        result = await probe(check((standin.port,)), make_tools())

    assert (result.outcome, result.fallback, result.sent) == (Outcome.OK, "tcp", None)
    assert "TCP" in (result.detail or "")
    assert result.rtt_ms is not None


@pytest.mark.parametrize("tools", [make_tools(), make_tools(machine(reason=Reason.NO_PERMISSION))])
async def test_without_permission_and_without_tcp_nothing_is_known_but_how_to_grant_it(tools: Tools) -> None:
    async with started(TcpStandIn()) as standin:
        standin.behave("silent")
        result = await probe(check((standin.port,)), tools)

    assert (result.outcome, result.reason, result.detail) == (Outcome.UNKNOWN, Reason.NO_PERMISSION, "grant it")


@pytest.mark.parametrize(
    ("rtts_ms", "expected"),
    [((), None), ((2.0,), (2.0, 2.0, 2.0, 2.0)), (tuple(map(float, range(1, 101))), (1.0, 50.5, 95.0, 100.0))],
)
def test_the_spread_is_minimum_median_p95_maximum(rtts_ms: tuple[float, ...], expected: object) -> None:
    assert spread(rtts_ms) == expected


@pytest.mark.parametrize(("rtts_ms", "expected"), [((), None), ((1.0,), None), ((1.0, 3.0, 2.0), 1.5)])
def test_jitter_is_the_mean_step_between_successive_echoes(rtts_ms: tuple[float, ...], expected: float | None) -> None:
    assert jitter(rtts_ms) == expected
