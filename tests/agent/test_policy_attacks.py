"""A malicious collector tries to turn this PC into a weapon: real probes and real servers, and nothing is reached.

Whatever would leave this machine is refused before a packet; what may be reached is on loopback, by the local file.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec
import pytest

from sansang_agent.agent import Lasting, run_agent
from sansang_agent.assigned import hash_of
from sansang_agent.centre import Centre
from sansang_agent.config import AgentConfig, CollectorConfig, PolicyConfig
from sansang_agent.contract.allowance import Allowance
from sansang_agent.contract.assignment import Assignment
from sansang_agent.contract.check import Check, DnsCheck, HttpCheck, IcmpCheck, Profile, TcpCheck, TimestampCheck
from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import GoodbyeReason, Result
from sansang_agent.contract.rung import Rung
from sansang_agent.grants import PACKAGED, Allowed, Grant
from sansang_agent.names import NameFailure, ServerNames
from sansang_agent.permission import Permission, permission_for
from sansang_agent.platform import NetworkState
from sansang_agent.policy import (
    MOST_NAMED,
    MOST_OF_ADDRESS,
    MOST_OF_TARGET,
    MOST_PORTS,
    MOST_PRIVATE,
    MOST_RUNS,
    Asked,
    Moment,
    Own,
    Policy,
)
from sansang_agent.probes import Anywhere, Tools
from sansang_agent.probes import http as http_probe
from standins import HttpStandIn, Page, TcpStandIn, page
from tests.support.fake_clock import FakeClock
from tests.support.fake_collector import FakeCollector, Reply, Request, Script, stored
from tests.support.fake_machine import FakeMachine
from tests.support.name_servers import answer, saying
from tests.support.probing import OtherMachine, make_tools, started, unknown_name

NOW = Moment(mono=1000.0, wall=1_790_000_000.0)
NOBODY = Own(NetworkState(gateways=("192.168.1.1",), dns=("192.168.1.1", "127.0.0.53")))


class HastyClock(FakeClock):
    """Whoever waits has waited already."""

    async def sleep(self, seconds: float) -> None:
        self.hang(max(0.0, seconds))
        await asyncio.sleep(0)


def policy(*hosts: str) -> Policy:
    made = Policy()
    made.allowed = Allowed((*PACKAGED, Grant("a test", Allowance(hosts=hosts), any_port=True)))
    return made


def permission(*networks: str, hosts: Sequence[str] = (), clock: FakeClock | None = None) -> Permission:
    return Permission(policy(*hosts), OtherMachine(), clock or HastyClock(), networks, [Path("/nowhere/stop")])


def http(target: str, name: str = "x", **more: object) -> HttpCheck:
    return HttpCheck(id=name, rung=Rung.SERVICE, target=target, confirm=False, **more)  # type: ignore[arg-type]


def tcp(target: str, name: str = "x", period: float = 15.0) -> TcpCheck:
    return TcpCheck(id=name, rung=Rung.SERVICE, target=target, period=period, confirm=False)


def no_such_name(host: str) -> list[str]:
    raise NameFailure(Reason.NXDOMAIN, host)


def refused(result: Result) -> str:
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Reason.REFUSED_BY_POLICY), result
    return result.detail or ""


async def asked(check: Check, may: Permission, lookup: Callable[[str], list[str]] = unknown_name) -> Result:
    return await may.ask(check, make_tools(OtherMachine(), lookup))


# -- scanning ---------------------------------------------------------------------------------------------------------


def test_a_private_network_is_not_scanned_whatever_names_lead_into_it() -> None:
    made = policy("*.evil.example")
    found = [
        made.judge_address(f"10.9.8.{number}", NOBODY, Asked(f"n{number}.evil.example", 80, "tcp"), NOW)
        for number in range(256)
    ]

    assert found.count(None) == MOST_PRIVATE


@pytest.mark.parametrize("first", ["203.162.5.0", "8.8.8.0", "185.199.108.0"])
async def test_a_public_network_is_not_scanned_by_its_addresses(first: str) -> None:
    stem = first.rpartition(".")[0]
    for number in range(256):
        assert "is not among the public addresses" in refused(await asked(tcp(f"{stem}.{number}:443"), permission()))


def test_the_ports_of_a_device_are_not_scanned_nor_those_of_the_gateway() -> None:
    for host in ("192.168.1.7", "192.168.1.1"):
        made = policy()
        found = [made.judge_address(host, NOBODY, Asked(host, port, "tcp"), NOW) for port in range(1, 30)]
        assert found.count(None) == MOST_PORTS
        assert found[-1] == f"port 29 would be number 9 of {host} that the centre asks about"


def test_what_listens_on_this_machine_is_not_found_through_its_own_resolver() -> None:
    made = policy()

    assert made.judge_address("127.0.0.53", NOBODY, Asked("127.0.0.53", 53, "dns"), NOW) is None
    for port in (22, 80, 445, 3389, None):
        assert "this machine itself" in (
            made.judge_address("127.0.0.53", NOBODY, Asked("127.0.0.53", port, "tcp"), NOW) or ""
        )


async def test_the_ports_that_stand_in_for_an_echo_scan_nothing() -> None:
    async with started(TcpStandIn()) as victim:
        check = IcmpCheck(
            id="x", rung=Rung.SERVICE, target="a.evil.example", fallback_ports=(victim.port,), confirm=False
        )
        may = permission()
        may.policy.allowed = Allowed((Grant("a test", Allowance(hosts=("a.evil.example",))),))
        result = await asked(check, may, lambda _: ["127.0.0.1"])

    assert "this machine itself" in refused(result)
    assert victim.asked == 0
    beyond = may.policy.judge_address("8.8.8.8", NOBODY, Asked("a.evil.example", 22, "icmp"), NOW)
    assert beyond == "port 22 of a.evil.example is not to be asked by icmp checks of the centre"


# -- flooding ---------------------------------------------------------------------------------------------------------


async def test_a_host_is_not_flooded_by_new_assignments_of_checks_with_new_names() -> None:
    clock = HastyClock()
    may = permission("10.0.0.0/8", hosts=["victim.evil.example"], clock=clock)
    tools = make_tools(OtherMachine(), no_such_name)
    why = []
    for number in range(100):
        check = tcp("victim.evil.example:443", f"n{number}")
        why.append((await may.asking((check,), tools)(check)).reason)

    assert why.count(Reason.REFUSED_BY_POLICY) == 100 - MOST_OF_TARGET


async def test_requests_flood_no_host_either_each_waits_its_turn() -> None:
    clock = HastyClock()
    may = permission(hosts=["victim.evil.example"], clock=clock)
    began = clock.mono()
    for _ in range(20):
        await asked(tcp("victim.evil.example:443"), may, no_such_name)

    assert clock.mono() - began >= 19 * 5


def test_many_names_of_one_address_do_not_flood_it() -> None:
    made = policy("*.evil.example")
    found = [
        made.judge_address("8.8.8.8", NOBODY, Asked(f"n{number}.evil.example", 443, "http"), NOW)
        for number in range(99)
    ]

    assert found.count(None) == MOST_OF_ADDRESS
    later = NOW._replace(mono=NOW.mono + 60)
    assert made.judge_address("8.8.8.8", NOBODY, Asked("n0.evil.example", 443, "http"), later) is None


async def test_many_hosts_are_not_asked_faster_than_the_ceiling_of_all() -> None:
    clock = HastyClock()
    hosts = [f"n{number}.evil.example" for number in range(400)]
    may = permission(hosts=hosts[:400], clock=clock)
    tools = make_tools(OtherMachine(), no_such_name)
    why = []
    for host in hosts:
        check = tcp(f"{host}:443")
        why.append((await may.asking((check,), tools)(check)).reason)

    assert why.count(Reason.REFUSED_BY_POLICY) == 400 - MOST_RUNS


def test_a_slow_scan_over_many_assignments_ends_at_the_day_s_ceiling() -> None:
    made = policy("*.evil.example")
    names = [
        made.judge_name(Asked(f"n{n}.evil.example", 443, "http"), NOW._replace(mono=n * 60.0)) for n in range(1000)
    ]

    assert names.count(None) == MOST_NAMED
    assert names[-1] == "400 other public hosts have been asked for the centre within a day"
    tomorrow = NOW._replace(mono=MOST_NAMED * 60.0 + 86_400.0)
    assert made.judge_name(Asked("new.evil.example", 443, "http"), tomorrow) is None


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "https://gov.vn.evil.example/",
        "https://evilgov.vn/",
        "https://EVILGOV.VN./",
        "https://dichvucong.gov.vn.evil.example:443/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://localhost/",
        "http://xn--dichvucong-gov-vn.example/",
    ],
)
async def test_a_host_that_nobody_allows_is_not_even_looked_up(target: str) -> None:
    assert "is not among the hosts that this machine lets its centre name" in refused(
        await asked(http(target), permission())
    )


@pytest.mark.parametrize(
    "target",
    [
        "https://dichvucong.gov.vn@evil.example/",
        "https://evil.example@dichvucong.gov.vn/",
        "https://dichvucong.gov.vn\\@evil.example/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "file:///etc/passwd",
        "gopher://dichvucong.gov.vn/_POST",
        "http://dịchvụcông.gov.vn/",
    ],
)
async def test_a_url_of_an_odd_form_reaches_nobody(target: str) -> None:
    result = await asked(http(target), permission())

    assert result.outcome is Outcome.UNKNOWN
    assert result.reason in (Reason.NOT_SUPPORTED, Reason.REFUSED_BY_POLICY), result


async def test_nothing_is_carried_out_in_the_names_a_resolver_is_asked_for() -> None:
    questions: list[bytes] = []

    def by_udp(data: bytes) -> Iterable[bytes]:
        questions.append(data)
        return [answer(data)]

    async with saying(by_udp) as server:
        may = permission("127.0.0.0/8")
        told = DnsCheck(id="x", rung=Rung.DNS, target=server, query="secret-of-the-pc.evil.example", confirm=False)
        assert "is not among the hosts" in refused(await asked(told, may))
        assert questions == []
        await asked(msgspec.structs.replace(told, query="dichvucong.gov.vn"), may)
    assert len(questions) == 1


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("127.0.0.2", "this machine itself"),
        ("169.254.169.254", "a link-local address"),
        ("10.66.0.1", "private address number 17"),
        ("0.0.0.0", "no machine's address"),
        ("224.0.0.1", "many machines"),
    ],
)
async def test_a_name_that_is_led_elsewhere_between_two_runs_is_not_followed(then: str, said: str) -> None:
    leads_to = ["127.0.0.1"]

    def by_udp(data: bytes) -> Iterable[bytes]:
        return [answer(data, ("portal.evil.example.", "A", leads_to[0]))]

    async with saying(by_udp) as server, started(HttpStandIn({"/": page("Cổng")})) as portal:
        may = permission("127.0.0.1", hosts=["portal.evil.example"])
        for number in range(MOST_PRIVATE):
            may.policy.judge_address(f"10.0.0.{number}", NOBODY, Asked("portal.evil.example", 80, "http"), NOW)
        tools = Tools(OtherMachine(), ServerNames([server]), "sansang/test")
        check = http(f"http://portal.evil.example:{portal.port}/")
        assert (await may.ask(check, tools)).outcome is Outcome.OK
        leads_to[0] = then
        assert said in refused(await may.ask(check, tools))
    assert portal.asked == 1


# -- what goes out ----------------------------------------------------------------------------------------------------


async def test_a_redirect_to_a_host_that_nobody_allows_is_refused_and_said() -> None:
    async with started(TcpStandIn()) as victim:
        moved = Page("", 302, (("Location", f"http://evil.example:{victim.port}/"),))
        async with started(HttpStandIn({"/": moved})) as server:
            target = f"http://a.test.example:{server.port}/"
            may = permission("127.0.0.1", hosts=["a.test.example"])
            result = await asked(http(target), may, lambda _: ["127.0.0.1"])

    assert "evil.example is not among the hosts" in refused(result)
    assert victim.asked == 0


async def test_a_redirect_to_another_port_of_an_allowed_host_is_refused() -> None:
    may = permission("127.0.0.1")
    async with started(HttpStandIn({"/": Page("", 302, (("Location", "https://dichvucong.gov.vn:22/"),))})) as server:
        result = await asked(http(f"http://127.0.0.1:{server.port}/"), may)

    assert refused(result) == "port 22 of dichvucong.gov.vn is not to be asked by http checks of the centre"


@pytest.mark.parametrize(
    "path",
    ["/%0d%0aX-Evil:%201", "/\r\nX-Evil: 1", "/ HTTP/1.1\r\nX-Evil: 1\r\n\r\nPOST /x", "/\tx", "/?q=\nX-Evil: 1"],
)
async def test_no_header_and_no_second_request_is_smuggled_in_a_target(path: str) -> None:
    async with HeadRecorder() as recorder:
        await asked(http(f"http://127.0.0.1:{recorder.port}{path}", timeout=1.0), permission("127.0.0.1"))

    for head in recorder.heads:
        assert head.startswith(b"GET /")
        assert b"\nX-Evil" not in head
        assert head.count(b"HTTP/1.1\r\n") == 1
        assert b"POST" not in head.partition(b" HTTP/1.1\r\n")[2]


@pytest.mark.parametrize("address", ["192.168.1.1", "10.0.0.7", "[::ffff:10.0.0.7]", "[fd00::7]"])
@pytest.mark.parametrize("kind", [HttpCheck, TimestampCheck])
async def test_no_device_is_told_to_do_something_by_the_path_of_its_page(
    address: str, kind: type[HttpCheck | TimestampCheck]
) -> None:
    """Many routers, cameras and printers restart, or run a command, because a page of theirs is asked."""
    check = kind(id="x", rung=Rung.SERVICE, target=f"http://{address}/cgi-bin/luci?do=reboot", timeout=1.0)
    assert "only the page / is asked for the centre, not /cgi-bin/luci?do=reboot" in refused(
        await asked(check, permission())
    )


async def test_a_redirect_of_an_allowed_site_tells_no_device_what_to_do_either() -> None:
    moved = Page("", 302, (("Location", "http://192.168.1.1/apply.cgi?action=reboot"),))
    async with started(HttpStandIn({"/": moved})) as server:
        result = await asked(http(f"http://127.0.0.1:{server.port}/"), permission("127.0.0.1"))

    assert refused(result) == "of 192.168.1.1 only the page / is asked for the centre, not /apply.cgi?action=reboot"


def test_the_front_page_of_a_device_may_be_asked_and_any_of_a_named_network_and_of_a_public_site() -> None:
    named = Own(NOBODY.network, named=("10.20.0.0/16",))
    for host, path in (("192.168.1.1", "/"), ("10.20.0.7", "/login"), ("203.162.4.190", "/a"), ("a.gov.vn", "/a?b")):
        assert Policy().judge_page(host, path, named) is None


async def test_a_device_may_lead_to_its_own_login_page() -> None:
    class Narrow(Anywhere):
        """The guard of a device's network that nobody named, with the device on loopback."""

        def page(self, _host: str, path: str) -> str | None:
            return Policy().judge_page("192.168.1.1", path, NOBODY)

    pages = {"/": Page("", 302, (("Location", "/login.html"),)), "/login.html": page("in here")}
    async with started(HttpStandIn(pages)) as server:
        tools = msgspec.structs.replace(make_tools(OtherMachine(), unknown_name), guard=Narrow())
        result = await http_probe.probe(http(f"http://127.0.0.1:{server.port}/"), tools)

    assert result.outcome is Outcome.OK


@pytest.mark.parametrize(("gap", "timeout"), [(0.001, 4.0), (0.2, 2.0)])
def test_a_train_is_no_burst_of_echoes(gap: float, timeout: float) -> None:
    burst = IcmpCheck(id="x", rung=Rung.SERVICE, target="a.gov.vn", count=100, gap=gap, timeout=timeout)
    assert Policy().judge(burst) == "its echoes follow each other faster than every 0.05 s"


class HeadRecorder:
    """Takes down what comes in and says nothing."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.read(65_536))
        writer.close()


@pytest.mark.parametrize(
    "more", [{"method": "POST"}, {"body": "x"}, {"headers": {"X-Evil": "1"}}, {"kind": "post"}, {"kind": "exec"}]
)
def test_no_check_has_a_place_for_a_method_a_body_or_a_header(more: dict[str, object]) -> None:
    wanted = {"kind": "http", "id": "x", "rung": "service", "target": "https://dichvucong.gov.vn/"} | more

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(wanted), type=Check)


@pytest.mark.parametrize("kind", ["http", "timestamp", "tls"])
@pytest.mark.parametrize("key", ["ca_file", "proxy", "community_file"])
async def test_no_file_is_read_and_no_other_way_out_is_taken(kind: str, key: str) -> None:
    target = "dichvucong.gov.vn:443" if kind == "tls" else "https://dichvucong.gov.vn/"
    wanted = {"kind": kind, "id": "x", "rung": "service", "target": target, key: "/etc/shadow"}
    try:
        check = msgspec.json.decode(msgspec.json.encode(wanted), type=Check)
    except msgspec.ValidationError:
        return  # it has no such key
    assert (await asked(check, permission())).outcome is Outcome.UNKNOWN


# -- all of it together -----------------------------------------------------------------------------------------------


def malicious(assignment: bytes) -> Script:
    def script(request: Request) -> Reply:
        if request.method == "GET":
            return Reply(body=assignment)
        return stored(request, config=hash_of(assignment))

    return script


async def test_an_agent_that_follows_a_malicious_collector_asks_nobody_and_tells_why(tmp_path: Path) -> None:
    async with started(TcpStandIn()) as victim:
        checks = (
            tcp(f"127.0.0.1:{victim.port}", "loopback"),
            tcp(f"localhost:{victim.port}", "name"),
            http(f"http://[::ffff:127.0.0.1]:{victim.port}/", "mapped"),
            http(f"http://2130706433:{victim.port}/", "decimal"),
            tcp("8.8.8.8:443", "scan"),
            tcp("dichvucong.gov.vn:443", "flood", 0.1),
            DnsCheck(id="tunnel", rung=Rung.DNS, target="192.0.2.1", query="stolen.evil.example"),
            IcmpCheck(id="multicast", rung=Rung.LAN, target="224.0.0.1"),
        )
        body = encode(Assignment(profile=Profile(checks=checks), policies=("sansang-policy-v1\nkey forged\n",)))
        async with FakeCollector(malicious(body)) as collector:
            results = await results_of_following(collector, body, tmp_path)

    assert set(results) == {check.id for check in checks}
    assert {results[name].reason for name in results} == {Reason.REFUSED_BY_POLICY}
    assert all(results[name].detail for name in results)
    assert victim.asked == 0


async def results_of_following(collector: FakeCollector, body: bytes, folder: Path) -> dict[str, Result]:
    """What an agent reports that has taken this assignment over."""
    (folder / "token").write_text("secret")
    (folder / "token").chmod(0o600)
    config = AgentConfig(
        collector=CollectorConfig(url=collector.url, token_file=str(folder / "token")),
        data_dir=str(folder / "data"),
        report_period=1.0,
        policy=PolicyConfig(),
    )
    machine, centre, stop = FakeMachine(), Centre(folder / "data"), asyncio.Event()
    centre.offer(body)
    centre.adopt()
    assert centre.assigned.profile is not None
    lasting = Lasting(permission=permission_for(config, folder / "agent.yml", machine), centre=centre)
    running = asyncio.create_task(
        run_agent(config, centre.assigned.profile, machine, stop, lambda: GoodbyeReason.STOP, lasting=lasting)
    )
    found: dict[str, Result] = {}

    def told(requests: list[Request]) -> bool:
        found.update({one.check: one for request in requests for report in request.reports for one in report.results})
        return len(found) >= len(centre.assigned.profile.checks)  # type: ignore[union-attr]

    try:
        await collector.until(told, limit=20.0)
    finally:
        stop.set()
        await running
    return found
