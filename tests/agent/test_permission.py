"""Real probes to servers on loopback, asked for the centre: what is not permitted is not connected to, and says why."""

# ruff: noqa: ARG002  # a protocol's names for what a fake does not need

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from sansang_agent.config import AgentConfig, PolicyConfig
from sansang_agent.contract.allowance import Allowance
from sansang_agent.contract.check import (
    KINDS,
    Check,
    DnsCheck,
    HttpCheck,
    IcmpCheck,
    PathCheck,
    Profile,
    TcpCheck,
    TimestampCheck,
    TlsCheck,
)
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Hop, Result
from sansang_agent.contract.rung import Rung
from sansang_agent.default_profile import beside
from sansang_agent.grants import Allowed, Grant
from sansang_agent.permission import STOP_FILE, Permission, permission_for
from sansang_agent.platform import NetworkState, Train
from sansang_agent.policy import Policy
from sansang_agent.probes import probe_for
from standins import HttpStandIn, Page, TcpStandIn, page
from tests.support.fake_clock import FakeClock
from tests.support.probing import OtherMachine, make_tools, started, unknown_name


class Untouched(OtherMachine):
    """A machine that must not send anything."""

    async def train(
        self, targets: Sequence[str], count: int, gap: float, timeout: float, ttl: int | None = None
    ) -> list[Train]:
        raise AssertionError(f"an echo to {targets}")

    async def hop(self, target: str, ttl: int, timeout: float) -> Hop | None:
        raise AssertionError(f"a packet to {target}")


def permission(*networks: str, machine: OtherMachine | None = None, stop: Path = Path("/nowhere/stop")) -> Permission:
    policy = Policy()
    # names of tests are public ones that somebody has allowed on any port; test_policy_attacks.py has those of nobody
    policy.allowed = Allowed((Grant("a test", Allowance(hosts=("*.example",)), any_port=True),))
    return Permission(policy, machine or OtherMachine(), FakeClock(), networks, [stop])


async def asked(check: Check, permission: Permission, leads_to: Sequence[str] = ()) -> Result:
    """The answer, any name being looked up as ``leads_to``."""
    lookup = (lambda _host: list(leads_to)) if leads_to else unknown_name
    return await permission.ask(check, make_tools(Untouched(), lookup))


def page_at(target: str) -> HttpCheck:
    return HttpCheck(id="asked", rung=Rung.SERVICE, target=target)


def refused(result: Result) -> str:
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.REFUSED_BY_POLICY)
    return result.detail or ""


CHECKS: tuple[Check, ...] = (
    IcmpCheck(id="asked", rung=Rung.SERVICE, target="127.0.0.1"),
    TcpCheck(id="asked", rung=Rung.SERVICE, target="127.0.0.1:{port}"),
    DnsCheck(id="asked", rung=Rung.DNS, target="127.0.0.1:{port}", query="x.example"),
    TlsCheck(id="asked", rung=Rung.SERVICE, target="127.0.0.1:{port}"),
    HttpCheck(id="asked", rung=Rung.SERVICE, target="http://127.0.0.1:{port}/"),
    TimestampCheck(id="asked", rung=Rung.SERVICE, target="http://127.0.0.1:{port}/"),
    PathCheck(id="asked", rung=Rung.LINE, target="127.0.0.1"),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__struct_config__.tag)
async def test_no_kind_of_probe_reaches_an_address_that_is_not_permitted(check: Check) -> None:
    async with started(TcpStandIn()) as standin:
        target = check.target.replace("{port}", str(standin.port))
        result = await asked(msgspec.structs.replace(check, target=target), permission())

    assert refused(result) == "127.0.0.1 is this machine itself"
    assert standin.asked == 0


def test_every_kind_that_sends_anything_is_among_them() -> None:
    # a device is never asked by SNMP for the centre, and this machine's own state needs no packet
    assert {check.__struct_config__.tag for check in CHECKS} == set(KINDS) - {"snmp", "host"}
    assert all(probe_for(kind) for kind in KINDS)


async def test_a_network_the_administrator_names_may_be_asked() -> None:
    async with started(TcpStandIn()) as standin:
        check = TcpCheck(id="asked", rung=Rung.SERVICE, target=standin.target)
        result = await asked(check, permission("127.0.0.0/8"))

    assert result.outcome is Outcome.OK


async def test_a_name_that_leads_to_a_forbidden_address_is_refused() -> None:
    async with started(HttpStandIn({"/": page("Tiêu đề")})) as server:
        result = await asked(page_at(f"http://portal.example:{server.port}/"), permission(), ["127.0.0.1"])

    assert refused(result) == "127.0.0.1 is this machine itself"
    assert server.asked == 0


async def test_a_name_that_also_leads_to_a_forbidden_address_is_asked_at_the_others_only() -> None:
    async with started(HttpStandIn({"/": page("Tiêu đề")})) as server:
        may = permission("127.0.0.1")
        result = await asked(page_at(f"http://portal.example:{server.port}/"), may, ["127.0.0.2", "127.0.0.1"])

    assert (result.outcome, result.address) == (Outcome.OK, "127.0.0.1")


async def test_a_redirect_into_a_forbidden_network_is_not_followed() -> None:
    async with started(HttpStandIn({"/": page("Nội bộ")}, host="127.0.0.2")) as inside:
        moved = Page("", 302, (("Location", f"http://127.0.0.2:{inside.port}/"),))
        async with started(HttpStandIn({"/": moved})) as server:
            result = await asked(page_at(f"http://127.0.0.1:{server.port}/"), permission("127.0.0.1"))

    assert refused(result) == "127.0.0.2 is this machine itself"
    assert server.asked == 1
    assert inside.asked == 0


async def test_what_the_check_itself_says_is_refused_before_anything_is_looked_up() -> None:
    check = HttpCheck(id="asked", rung=Rung.SERVICE, target="http://portal.example/", proxy="http://192.0.2.9:3128")

    assert refused(await asked(check, permission())) == "proxy is for this machine's own administrator to set"


async def test_a_file_stops_everything_the_centre_asks_and_its_removal_lets_it_go_on(tmp_path: Path) -> None:
    stop = tmp_path / STOP_FILE
    may = permission("127.0.0.1", stop=stop)
    async with started(TcpStandIn()) as standin:
        check = TcpCheck(id="asked", rung=Rung.SERVICE, target=standin.target)
        stop.touch()
        first = await asked(check, may)
        stop.unlink()
        second = await asked(check, may)

    assert refused(first) == f"the file {stop} stops everything the centre asks"
    assert second.outcome is Outcome.OK


def test_the_file_is_looked_for_in_the_data_folder_and_beside_the_configuration(tmp_path: Path) -> None:
    config = AgentConfig(data_dir=str(tmp_path / "data"), policy=PolicyConfig(networks=("10.0.0.0/8",)))
    may = permission_for(config, tmp_path / "etc" / "agent.yml", OtherMachine())

    assert may.stopped() is None
    for folder in ("data", "etc"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / STOP_FILE).touch()
        assert may.stopped() == f"the file {tmp_path / folder / STOP_FILE} stops everything the centre asks"
        (tmp_path / folder / STOP_FILE).unlink()


async def test_a_target_of_no_form_is_not_supported_and_a_missing_gateway_not_configured() -> None:
    wrong = await asked(TcpCheck(id="asked", rung=Rung.SERVICE, target="no port"), permission())
    nowhere = permission(machine=OtherMachine(NetworkState()))
    missing = await asked(IcmpCheck(id="asked", rung=Rung.GATEWAY, target="{gateway}"), nowhere)

    assert (wrong.reason, wrong.detail) == (Reason.NOT_SUPPORTED, "target: 'no port' is not host:port")
    assert (missing.reason, missing.detail) == (Reason.NOT_CONFIGURED, "this machine has no {gateway} just now")


async def test_the_machines_own_gateway_may_be_asked_even_where_it_is_link_local() -> None:
    machine = OtherMachine(NetworkState(gateways=("169.254.1.1",)), trains=[Train(address="169.254.1.1", sent=1)])
    may = permission(machine=machine)
    result = await may.ask(
        IcmpCheck(id="asked", rung=Rung.GATEWAY, target="{gateway}", confirm=False), make_tools(machine)
    )

    assert (result.outcome, result.address) == (Outcome.FAILED, "169.254.1.1")


async def test_a_machine_that_does_not_tell_its_network_exempts_nothing() -> None:
    class Mute(OtherMachine):
        def network(self) -> NetworkState:
            raise OSError("netlink says no")

    check = IcmpCheck(id="asked", rung=Rung.GATEWAY, target="169.254.1.1")
    assert "link-local" in refused(await asked(check, permission(machine=Mute())))


async def test_what_the_centre_assigns_is_held_to_the_same_policy_as_what_it_requests(tmp_path: Path) -> None:
    stop = tmp_path / "stop-probing"
    async with started(TcpStandIn()) as standin:
        here = TcpCheck(id="here", rung=Rung.SERVICE, target=f"127.0.0.1:{standin.port}")
        hasty = TcpCheck(id="hasty", rung=Rung.SERVICE, target="192.0.2.1:443", period=1.0)
        permitted = permission("127.0.0.0/8", stop=stop)
        tools = make_tools(Untouched(), unknown_name)
        assigned, elsewhere = permitted.asking((here, hasty), tools), permission().asking((here,), tools)

        assert (await assigned(here)).outcome is Outcome.OK
        assert refused(await assigned(hasty)) == "a period of 1 s is shorter than 15 s"
        assert refused(await elsewhere(here)) == "127.0.0.1 is this machine itself"
        stop.touch()
        assert "stops everything the centre asks" in refused(await assigned(here))
    assert standin.asked == 1


async def test_a_check_of_the_machine_s_own_runs_beside_an_assignment_and_is_not_judged() -> None:
    async with started(TcpStandIn()) as standin:
        own = TcpCheck(id="switch", rung=Rung.LAN, target=f"127.0.0.1:{standin.port}", period=1.0)
        assigned = TcpCheck(id="here", rung=Rung.SERVICE, target=own.target)
        ask = permission().asking((assigned, own), make_tools(Untouched(), unknown_name), own=(own,))

        assert (await ask(own)).outcome is Outcome.OK
        assert refused(await ask(assigned)) == "127.0.0.1 is this machine itself"


def test_a_check_of_the_machine_s_own_stands_in_the_place_of_an_assigned_one() -> None:
    assigned = Profile(
        checks=(page_at("https://a.example/"), TcpCheck(id="gw", rung=Rung.GATEWAY, target="192.0.2.1:80"))
    )
    own = IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}")
    merged = beside(assigned, (own,))

    assert merged is not None
    assert merged.checks == (assigned.checks[0], own)
    assert beside(None, ()) is None
