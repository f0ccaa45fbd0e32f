"""What the centre may have this machine ask, by the check and by the address: no packet is needed to know."""

import pytest

from sansang_agent.contract.allowance import Allowance
from sansang_agent.contract.check import (
    Check,
    DnsCheck,
    HostCheck,
    HttpCheck,
    IcmpCheck,
    SnmpCheck,
    TcpCheck,
    TimestampCheck,
    TlsCheck,
)
from sansang_agent.contract.report import Nic
from sansang_agent.contract.rung import Rung
from sansang_agent.grants import Allowed, Grant
from sansang_agent.platform import NetworkState
from sansang_agent.policy import MOST_PRIVATE, MOST_TARGETS, Asked, Moment, Own, Policy, target_of

PC = Own(
    NetworkState(
        nics=(Nic(name="eth0", up=True, addresses=("192.168.1.20", "fe80::20%eth0", "00:11:22:33:44:55")),),
        gateways=("192.168.1.1", "fe80::1%eth0"),
        dns=("127.0.0.53", "192.168.1.1"),
    ),
    named=("10.20.0.0/16", "172.16.5.9"),
)


NOW = Moment(mono=1000.0, wall=1_790_000_000.0)


def judged(address: str, own: Own = PC, policy: Policy | None = None, port: int | None = None) -> str | None:
    """What is said of an address that the centre names as such, of a machine that lets it name two networks."""
    policy = policy or Policy()
    policy.allowed = Allowed(
        (Grant("test", Allowance(networks=("203.162.0.0/16", "2001:ee0::/32", "2a00:1450::/32"))),)
    )
    return policy.judge_address(address, own, Asked(address, port, "tcp"), NOW)


def tcp(target: str, name: str = "a", period: float = 15.0) -> TcpCheck:
    return TcpCheck(id=name, rung=Rung.SERVICE, target=target, period=period)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1", "is this machine itself"),
        ("::1", "is this machine itself"),
        ("::ffff:127.0.0.1", "is this machine itself"),
        ("2002:7f00:1::", "is this machine itself"),
        ("64:ff9b::7f00:1", "is this machine itself"),
        ("192.168.1.20", "is this machine itself"),
        ("fe80::20", "is this machine itself"),
        ("169.254.169.254", "is a link-local address"),
        ("fe80::99%eth0", "is a link-local address"),
        ("64:ff9b::a9fe:a9fe", "is a link-local address"),
        ("224.0.0.251", "many machines"),
        ("ff02::1", "many machines"),
        ("255.255.255.255", "many machines"),
        ("0.0.0.0", "no machine's address"),
        ("0.1.2.3", "no machine's address"),
        ("::", "no machine's address"),
        ("250.1.1.1", "no machine's address"),
    ],
)
def test_an_address_that_is_never_the_centres_business_is_refused(address: str, said: str) -> None:
    assert said in (judged(address) or "")


@pytest.mark.parametrize(
    "address", ["203.162.0.181", "2001:ee0::1", "10.20.3.4", "172.16.5.9", "192.168.1.1", "fe80::1%eth0"]
)
def test_public_addresses_own_gateways_resolvers_and_named_networks_may_be_asked(address: str) -> None:
    assert judged(address) is None


def test_no_file_makes_multicast_or_no_address_at_all_permitted() -> None:
    everything = Own(named=("0.0.0.0/0", "::/0"))

    assert judged("224.0.0.1", everything)
    assert judged("0.0.0.0", everything)
    assert judged("127.0.0.1", everything) is None


def test_the_seventeenth_private_address_is_refused_and_the_first_sixteen_stay_permitted() -> None:
    policy = Policy()
    first = [f"192.168.7.{number}" for number in range(1, MOST_PRIVATE + 1)]

    assert [judged(address, policy=policy) for address in first] == [None] * 16
    assert judged("fd00::17", policy=policy) == (
        "fd00::17 would be private address number 17 that the centre asks about here"
    )
    assert judged(first[0], policy=policy) is None
    assert judged("10.20.0.1", policy=policy) is None
    assert judged("203.162.0.181", policy=policy) is None


@pytest.mark.parametrize(
    "check",
    [
        TlsCheck(id="a", rung=Rung.SERVICE, target="x.example:443", ca_file="/etc/shadow"),
        HttpCheck(id="a", rung=Rung.SERVICE, target="https://x.example/", ca_file="ca.pem"),
        HttpCheck(id="a", rung=Rung.SERVICE, target="https://x.example/", proxy="http://198.51.100.1:3128"),
        TimestampCheck(id="a", rung=Rung.SERVICE, target="https://x.example/", ca_file="ca.pem"),
        SnmpCheck(id="a", rung=Rung.GATEWAY, target="192.168.1.1", community_file="/etc/shadow"),
        SnmpCheck(id="a", rung=Rung.GATEWAY, target="192.168.1.1"),
    ],
)
def test_what_only_the_local_administrator_sets_is_refused_from_the_centre(check: Check) -> None:
    assert (Policy().judge(check) or "").endswith(("administrator to set", "administrator to set up"))


def test_a_plain_check_is_left_to_addresses_and_time() -> None:
    for check in (
        tcp("x.example:443"),
        IcmpCheck(id="a", rung=Rung.GATEWAY, target="192.168.1.1"),
        DnsCheck(id="a", rung=Rung.DNS, target="192.168.1.1", query="x.example"),
        TimestampCheck(id="a", rung=Rung.SERVICE, target="http://x.example/"),
        HostCheck(id="a", rung=Rung.MACHINE, target="local"),
    ):
        assert Policy().judge(check) is None


def test_one_target_waits_five_seconds_whatever_of_it_is_asked_and_another_does_not() -> None:
    policy = Policy()
    policy.begin(tcp("X.example.:443"), 100.0)

    page = HttpCheck(id="b", rung=Rung.SERVICE, target="https://x.example/page")
    assert policy.wait(page, 101.5) == 3.5
    assert policy.wait(page, 105.0) == 0
    assert policy.wait(tcp("y.example:443"), 100.1) == 0


def test_an_assignments_checks_are_refused_by_their_period_and_by_all_there_are_of_one_target() -> None:
    checks = [tcp("a.example:80", "fast", 5), *(tcp(f"b.example:{port}", f"b{port}") for port in (1, 2, 3, 4))]

    refused = Policy().judge_all([*checks, HostCheck(id="pc", rung=Rung.MACHINE, target="local")])

    assert refused == {
        "fast": "a period of 5 s is shorter than 15 s",
        "b4": "with the checks before it b.example would be asked more often than every 5 s",
    }


def test_a_vantage_may_be_assigned_checks_every_five_seconds() -> None:
    assert Policy(vantage=True).judge_all([tcp("10.20.0.1:80", "fast", 5)]) == {}
    assert set(Policy(vantage=True).judge_all([tcp("10.20.0.1:80", "faster", 4.9)])) == {"faster"}


def test_a_target_that_is_no_url_is_no_reason_to_fall_over() -> None:
    assert target_of(HttpCheck(id="a", rung=Rung.SERVICE, target="http://[")) == "http://["


@pytest.mark.parametrize(
    "check",
    [
        TcpCheck(id="x", rung=Rung.SERVICE, target="192.0.2.1:1", timeout=86400),
        IcmpCheck(id="x", rung=Rung.SERVICE, target="192.0.2.1", count=100, gap=3600),
    ],
    ids=["tcp", "icmp"],
)
def test_a_run_without_an_end_is_refused(check: Check) -> None:
    assert "longer than 60 s" in (Policy().judge(check) or "")


@pytest.mark.parametrize("address", ["64:ff9b:1::a00:1", "::10.0.0.1", "::ffff:0:10.0.0.1", "5f00::1"])
def test_an_address_that_a_translator_may_lead_inside_counts_as_private(address: str) -> None:
    policy = Policy()
    for number in range(MOST_PRIVATE):
        assert judged(f"10.0.0.{number}", policy=policy) is None

    assert "private address number 17" in (judged(address, policy=policy) or "")
    assert judged("2a00:1450::1", policy=policy) is None


def test_one_server_of_many_names_is_not_asked_by_all_of_them() -> None:
    checks = [tcp(f"n{number}.example:80", f"n{number}", 60) for number in range(MOST_TARGETS + 1)]
    same, pc = tcp("n0.example:80", "same"), HostCheck(id="pc", rung=Rung.MACHINE, target="local")

    assert Policy().judge_all([*checks, same, pc]) == {"n200": "200 other targets are asked before it"}


def test_a_vantage_has_as_many_targets_as_its_administrator_s_file_has_addresses() -> None:
    checks = [tcp(f"10.20.{number // 200}.{number % 200}:80", f"n{number}", 5) for number in range(2_000)]

    assert Policy(vantage=True).judge_all(checks, PC) == {}
    assert len(Policy(vantage=True).judge_all(checks)) == 2_000 - 20


def test_all_of_an_assignment_together_run_no_more_than_four_times_a_second() -> None:
    checks = [tcp(f"n{number}.example:80", f"n{number}") for number in range(61)]

    assert Policy().judge_all(checks) == {"n60": "the checks before it already run 4 times a second together"}
