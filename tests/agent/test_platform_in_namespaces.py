"""Echoes and hops through real routers; needs root for the namespaces, and drops it where a right is the question."""

import contextlib
import errno
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from sansang_agent.contract.check import DnsCheck, PathCheck
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Hop
from sansang_agent.contract.rung import Rung
from sansang_agent.names import NameFailure, ServerNames, SystemNames
from sansang_agent.platform import NetworkState, Train, UnreachableError, linux_hop, linux_icmplib
from sansang_agent.platform.linux import LinuxPlatform
from sansang_agent.probes import Tools, dns, path
from tests.support import echo_answerer, namespaces
from tests.support.namespaces import FAR, FAR_V6, GATEWAY, GATEWAY_V6, NOBODY, PC, ROUTER, ROUTER_V6, UNREACHABLE

pytestmark = pytest.mark.needs("root", "netns", "nft")

CODES = (
    "net-unreachable",
    "host-unreachable",
    "prot-unreachable",
    "port-unreachable",
    "net-prohibited",
    "host-prohibited",
    "admin-prohibited",
)
CODES_V6 = ("no-route", "addr-unreachable", "admin-prohibited", "port-unreachable", "reject-route", "policy-fail")
"""What a router may say of an address it does not deliver to (RFC 792, RFC 1812, RFC 4443), as nft calls it."""
OTHER = "10.77.3.7"
"""Another address of the far machine."""

AS_NOBODY = """
import asyncio, encodings.idna, json, os, sys
from sansang_agent.platform import NoPermissionError, linux
from msgspec import to_builtins
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
async def main():
    machine = linux.LinuxPlatform()
    try:
        trains = await machine.train(sys.argv[1:], 2, 0.01, 1.0)
    except NoPermissionError:
        trains = None
    hop = await machine.hop(sys.argv[1], 2, 1.0)
    print(json.dumps({"trains": to_builtins(trains), "hop": to_builtins(hop)}))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def net() -> Iterator[namespaces.Network]:
    with namespaces.network() as built:
        yield built


def train(
    net: namespaces.Network,
    *targets: str,
    role: str = "pc",
    count: int = 3,
    timeout: float = 1.0,
    ttl: int | None = None,
) -> list[Train]:
    return net.run(role, lambda: LinuxPlatform().train(targets, count, 0.005, timeout, ttl))


Way = Callable[[str, int, float], Coroutine[Any, Any, Hop | None]]
WAYS = {"udp": linux_hop.hop, "icmplib": linux_icmplib.hop}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Both ways to find a hop, which must tell the same."""
    return WAYS[request.param]


def hop(net: namespaces.Network, way: Way, target: str, ttl: int, timeout: float = 1.0) -> Hop | None:
    return net.run("pc", lambda: way(target, ttl, timeout))


def as_nobody(net: namespaces.Network, *targets: str) -> dict[str, list[dict[str, object]]]:
    command = ["ip", "netns", "exec", net.name("pc"), sys.executable, "-c", AS_NOBODY, *targets]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    answer: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return answer


def test_every_echo_comes_back_over_both_families(net: namespaces.Network) -> None:
    near, far, far_v6 = train(net, GATEWAY, FAR, FAR_V6)

    assert [(each.address, each.sent, len(each.rtts_ms)) for each in (near, far, far_v6)] == [
        (GATEWAY, 3, 3),
        (FAR, 3, 3),
        (FAR_V6, 3, 3),
    ]
    assert all(0 < rtt < 1000 for each in (near, far, far_v6) for rtt in each.rtts_ms)


def test_loss_is_counted_exactly(net: namespaces.Network) -> None:
    with net.filtered("router", "forward icmp type echo-request numgen inc mod 4 == 0 counter drop"):
        (found,) = train(net, FAR, count=20, timeout=0.3)

    assert (found.sent, len(found.rtts_ms), found.reason) == (20, 15, None)


def test_silence_is_silence_and_nobodys_fault(net: namespaces.Network) -> None:
    with net.filtered("far", "input icmp type echo-request drop"):
        (found,) = train(net, FAR, timeout=0.2)

    assert (found.rtts_ms, found.reason, found.reported_by) == ((), None, None)


def test_a_router_that_cannot_deliver_is_heard_and_named(net: namespaces.Network) -> None:
    found, good = train(net, UNREACHABLE, FAR)

    assert (found.rtts_ms, found.reason, found.reported_by) == ((), Reason.UNREACHABLE, GATEWAY)
    assert len(good.rtts_ms) == 3


def test_nobody_on_the_own_network_is_unreachable(net: namespaces.Network) -> None:
    (found,) = train(net, NOBODY)

    assert (found.rtts_ms, found.reason) == ((), Reason.UNREACHABLE)


@pytest.mark.parametrize("target", ["203.0.113.1", "2001:db8::1"])
def test_without_a_route_nothing_is_sent(net: namespaces.Network, target: str) -> None:
    (found,) = train(net, target)

    assert (found.rtts_ms, found.reason) == ((), Reason.NO_ROUTE)


class WithoutRaw(socket.socket):
    """As for an ordinary user in ping_group_range."""

    def __init__(self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> None:  # noqa: A002
        if type == socket.SOCK_RAW:
            raise PermissionError("not for you")
        super().__init__(family, type, proto, fileno)


@pytest.fixture(params=["raw", "datagram"])
def kind(request: pytest.FixtureRequest, net: namespaces.Network, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of sockets, which must tell the same."""
    if request.param == "datagram":
        net.command("pc", "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
        monkeypatch.setattr(socket, "socket", WithoutRaw)
    return str(request.param)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize(
    ("rule", "target", "router"),
    [(f"icmp type echo-request reject with icmp type {each}", FAR, GATEWAY) for each in CODES]
    + [(f"icmpv6 type echo-request reject with icmpv6 type {each}", FAR_V6, GATEWAY_V6) for each in CODES_V6],
)
def test_every_code_of_unreachable_is_heard_and_none_is_silence(
    net: namespaces.Network, rule: str, target: str, router: str
) -> None:
    with net.filtered("gateway", f"forward {rule}"):
        (found,) = train(net, target, count=1, timeout=0.5)

    assert (found.rtts_ms, found.reason, found.reported_by) == ((), Reason.UNREACHABLE, router)


@pytest.mark.usefixtures("kind")
def test_a_way_in_a_circle_is_told_by_the_router_where_the_echo_died(net: namespaces.Network) -> None:
    way = ("ip", "route", "add", f"{FAR}/32", "via", "10.77.2.1")
    net.command("router", *way)
    try:
        (found,) = train(net, FAR, timeout=0.5)
    finally:
        net.command("router", *way[:2], "del", *way[3:])

    assert (found.rtts_ms, found.reason, found.reported_by) == ((), None, ROUTER)


@contextlib.contextmanager
def answering(net: namespaces.Network, manner: str) -> Iterator[None]:
    """In place of the far machine's kernel."""
    net.command("far", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
    net.command("far", "ip", "addr", "add", f"{OTHER}/24", "dev", "router")
    command = ["ip", "netns", "exec", net.name("far"), sys.executable, echo_answerer.__file__, manner, OTHER]
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as answerer:
            assert answerer.stdout is not None
            answerer.stdout.readline()
            yield
            answerer.kill()
    finally:
        net.command("far", "ip", "addr", "del", f"{OTHER}/24", "dev", "router")
        net.command("far", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0")


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize(
    ("manner", "answered", "by"),
    [("twice", 5, None), ("elsewhere", 5, OTHER), ("late", 0, None), ("forged", 0, None)],
)
def test_each_echo_counts_once_in_its_own_train_and_time_whoever_answers(
    net: namespaces.Network, manner: str, answered: int, by: str | None
) -> None:
    with answering(net, manner):
        # what comes too late for the first train comes while the second one runs
        found = [*train(net, FAR, count=5, timeout=0.3), *train(net, FAR, count=5, timeout=0.3)]

    assert [(each.sent, len(each.rtts_ms), each.answered_from) for each in found] == [(5, answered, by)] * 2


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("step_s", [3 * 86400, -3 * 86400])
def test_a_clock_that_steps_in_the_middle_of_a_train_makes_no_round_trip(
    net: namespaces.Network, monkeypatch: pytest.MonkeyPatch, step_s: int
) -> None:
    wall, readings = time.time_ns, itertools.count()

    def stepping() -> int:
        return wall() + (step_s * 10**9 if next(readings) >= 7 else 0)

    monkeypatch.setattr(time, "time_ns", stepping)
    (found,) = train(net, FAR, count=10)

    assert len(found.rtts_ms) == 10
    assert all(0 < rtt < 500 for rtt in found.rtts_ms)


def test_the_machines_own_filter_is_a_missing_permission(net: namespaces.Network) -> None:
    with net.filtered("pc", "output icmp type echo-request drop"):
        (found,) = train(net, FAR)

    assert (found.rtts_ms, found.reason) == ((), Reason.NO_PERMISSION)


@pytest.mark.parametrize(("target", "router"), [(FAR, ROUTER), (FAR_V6, ROUTER_V6)])
def test_an_echo_that_lives_too_short_names_the_router(net: namespaces.Network, target: str, router: str) -> None:
    (found,) = train(net, target, ttl=2)

    assert (found.rtts_ms, found.reason, found.reported_by) == ((), None, router)


@pytest.mark.parametrize(
    ("target", "ttl", "address"),
    [
        (FAR, 1, GATEWAY),
        (FAR, 2, ROUTER),
        (FAR, 3, FAR),
        (FAR_V6, 1, GATEWAY_V6),
        (FAR_V6, 2, ROUTER_V6),
        (FAR_V6, 3, FAR_V6),
    ],
)
def test_every_distance_has_its_router(net: namespaces.Network, way: Way, target: str, ttl: int, address: str) -> None:
    found = hop(net, way, target, ttl)

    assert found is not None
    assert (found.ttl, found.address) == (ttl, address)
    assert 0 < (found.rtt_ms or 0) < 1000


def test_a_silent_router_is_no_hop(net: namespaces.Network, way: Way) -> None:
    with net.filtered("router", "output icmp type time-exceeded drop"):
        assert hop(net, way, FAR, 2, timeout=0.2) is None


def test_a_router_that_has_no_way_is_no_hop_and_says_so(net: namespaces.Network, way: Way) -> None:
    with pytest.raises(UnreachableError, match=f"^said by {GATEWAY}$"):
        hop(net, way, UNREACHABLE, 5)


def test_nobody_on_the_own_network_is_no_hop(net: namespaces.Network, way: Way) -> None:
    with contextlib.suppress(UnreachableError):  # this machine itself may say so
        assert hop(net, way, NOBODY, 5, timeout=0.3) is None


@pytest.mark.parametrize("privileged", [True, False])
def test_the_path_probe_says_which_router_has_no_way(
    net: namespaces.Network, monkeypatch: pytest.MonkeyPatch, privileged: bool
) -> None:
    if not privileged:
        monkeypatch.setitem(sys.modules, "icmplib", None)
    check = PathCheck(id="path", rung=Rung.LINE, target=FAR, timeout=1.0)
    tools = Tools(platform=BehindGateway(), names=SystemNames(), user_agent="test")
    with net.filtered("gateway", "forward meta l4proto { icmp, udp } reject with icmp type net-unreachable"):
        result = net.run("pc", lambda: path.probe(check, tools))

    assert (result.outcome, result.reason, result.detail) == (
        Outcome.FAILED,
        Reason.UNREACHABLE,
        f"said by {GATEWAY}",
    )


def test_a_firewall_on_the_way_that_says_port_unreachable_is_no_hop(net: namespaces.Network) -> None:
    with net.filtered("gateway", "forward udp dport 33434-33534 reject with icmp type port-unreachable"):
        assert hop(net, linux_hop.hop, FAR, 3, timeout=0.3) is None


@pytest.mark.parametrize("target", ["203.0.113.1", "2001:db8::1"])
def test_a_hop_without_a_route_is_an_error_of_the_system(net: namespaces.Network, way: Way, target: str) -> None:
    with pytest.raises(OSError, match="unreachable") as raised:
        hop(net, way, target, 2)

    assert raised.value.errno == errno.ENETUNREACH


class BehindGateway(LinuxPlatform):
    """The routing table of a namespace is not this process's: the gateway is told."""

    def network(self) -> NetworkState:
        return NetworkState(gateways=(GATEWAY,))


def test_the_path_probe_finds_the_first_router_beyond_the_gateway(net: namespaces.Network) -> None:
    check = PathCheck(id="path", rung=Rung.LINE, target=FAR, first_ttl=1, max_ttl=3, timeout=2.0)
    tools = Tools(platform=BehindGateway(), names=SystemNames(), user_agent="test")
    with net.filtered("far", "input udp dport 33434-33534 drop", "input icmp type echo-request drop"):
        result = net.run("pc", lambda: path.probe(check, tools))

    assert (result.outcome, result.address) == (Outcome.OK, ROUTER)
    assert [each.address for each in result.hops or ()] == [ROUTER]


@pytest.mark.parametrize("privileged", [True, False])
def test_the_path_probe_tells_the_same_with_and_without_icmplib(
    net: namespaces.Network, monkeypatch: pytest.MonkeyPatch, privileged: bool
) -> None:
    used: list[str] = []
    for name, made in (("udp", linux_hop), ("icmplib", linux_icmplib)):
        monkeypatch.setattr(made, "hop", noting(used, name, WAYS[name]))
    if not privileged:
        monkeypatch.setitem(sys.modules, "icmplib", None)
    check = PathCheck(id="path", rung=Rung.LINE, target=FAR, first_ttl=1, max_ttl=5, timeout=2.0)
    tools = Tools(platform=BehindGateway(), names=SystemNames(), user_agent="test")
    result = net.run("pc", lambda: path.probe(check, tools))

    assert set(used) == {"icmplib" if privileged else "udp"}
    assert (result.outcome, result.address) == (Outcome.OK, ROUTER)
    assert [(each.ttl, each.address) for each in result.hops or ()] == [(2, ROUTER), (3, FAR)]
    assert all(0 < (each.rtt_ms or 0) < 1000 for each in result.hops or ())


def noting(used: list[str], name: str, way: Way) -> Way:
    async def noted(target: str, ttl: int, timeout: float) -> Hop | None:
        used.append(name)
        return await way(target, ttl, timeout)

    return noted


@pytest.mark.parametrize("target", [NOBODY, UNREACHABLE])
def test_a_name_server_that_is_not_there_is_unreachable(net: namespaces.Network, target: str) -> None:
    check = DnsCheck(id="dns", rung=Rung.DNS, target=target, query="dvc.example", timeout=2.0)
    tools = Tools(platform=LinuxPlatform(), names=SystemNames(), user_agent="test")
    result = net.run("pc", lambda: dns.probe(check, tools))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.UNREACHABLE)


def test_a_name_whose_server_is_not_there_got_no_answer_rather_than_a_bad_one(net: namespaces.Network) -> None:
    with pytest.raises(NameFailure, match="No route to host") as failed:
        net.run("pc", lambda: ServerNames([NOBODY]).resolve("dvc.example", 2.0))

    assert failed.value.reason is Reason.TIMEOUT


def test_a_name_server_that_stays_silent_is_a_timeout(net: namespaces.Network) -> None:
    check = DnsCheck(id="dns", rung=Rung.DNS, target=FAR, query="dvc.example", timeout=0.3)
    tools = Tools(platform=LinuxPlatform(), names=SystemNames(), user_agent="test")
    with net.filtered("far", "input udp dport 53 drop"):
        result = net.run("pc", lambda: dns.probe(check, tools))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMEOUT)


def test_the_path_probe_says_when_all_ends_at_the_gateway(net: namespaces.Network) -> None:
    check = PathCheck(id="path", rung=Rung.LINE, target=FAR, timeout=0.3)
    tools = Tools(platform=BehindGateway(), names=SystemNames(), user_agent="test")
    with net.filtered("gateway", "forward drop"):
        result = net.run("pc", lambda: path.probe(check, tools))

    assert (result.outcome, result.reason) == (Outcome.FAILED, Reason.TIMEOUT)


def test_an_ordinary_user_without_the_range_may_not_ping_but_finds_hops(net: namespaces.Network) -> None:
    net.command("pc", "sysctl", "-qw", "net.ipv4.ping_group_range=1 0")

    assert as_nobody(net, FAR) | {"hop": None} == {"trains": None, "hop": None}


def test_an_ordinary_user_in_the_range_hears_replies_and_complaints(net: namespaces.Network) -> None:
    net.command("pc", "sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
    answer = as_nobody(net, FAR, FAR_V6, UNREACHABLE)
    rtts = [len(each["rtts_ms"]) for each in answer["trains"]]  # type: ignore[arg-type]

    assert rtts == [2, 2, 0]
    assert (answer["trains"][2]["reason"], answer["trains"][2]["reported_by"]) == ("unreachable", GATEWAY)


DUPLICATES = "from sansang_agent.platform import current; print(*current().network().duplicates)"


def test_an_address_that_another_machine_has_is_noticed(net: namespaces.Network) -> None:
    net.command("pc", "sysctl", "-qw", "net.ipv6.conf.gateway.accept_dad=1", "net.ipv6.conf.gateway.dad_transmits=1")
    net.command("pc", "ip", "addr", "add", f"{GATEWAY_V6}/64", "dev", "gateway")
    try:
        for _ in range(100):
            asked = ["ip", "-n", net.name("pc"), "-6", "addr", "show", "dadfailed"]
            if subprocess.run(asked, capture_output=True, check=True).stdout:
                break
            time.sleep(0.05)
        command = ["ip", "netns", "exec", net.name("pc"), sys.executable, "-c", DUPLICATES]
        found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    finally:
        net.command("pc", "ip", "addr", "del", f"{GATEWAY_V6}/64", "dev", "gateway")

    assert found.split() == [GATEWAY_V6]


def test_the_pc_is_where_the_tests_think(net: namespaces.Network) -> None:
    (found,) = train(net, PC, role="far")

    assert len(found.rtts_ms) == 3
