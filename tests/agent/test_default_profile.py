import msgspec

from sansang_agent.contract.check import DnsCheck, HttpCheck, IcmpCheck, Profile, TcpCheck, TlsCheck
from sansang_agent.contract.rung import Rung
from sansang_agent.default_profile import MOST_OF_A_KIND, expand, packaged, profile_for
from sansang_agent.platform import NetworkState

NETWORK = NetworkState(gateways=("192.0.2.1",), dns=("192.0.2.53", "192.0.2.54"))
ON_SITE = "kiểm tra tại chỗ"
PUBLIC_SERVICE_PERIOD_S = 300


def test_the_packaged_profile_climbs_the_whole_ladder() -> None:
    rungs = [check.rung for check in packaged().checks]

    assert list(dict.fromkeys(rungs)) == [
        Rung.MACHINE, Rung.GATEWAY, Rung.LINE, Rung.INTERNET, Rung.DNS, Rung.SERVICE,
    ]  # fmt: skip
    assert rungs.count(Rung.INTERNET) == 2
    assert rungs.count(Rung.SERVICE) == 5


def test_every_target_outside_the_commune_is_marked_to_be_checked_on_site() -> None:
    own = ("local", "{gateway}", "{dns}")

    assert {check.source for check in packaged().checks if check.target not in own} == {ON_SITE}


def test_a_public_service_is_asked_seldom_and_never_twice() -> None:
    services = [check for check in packaged().checks if check.rung is Rung.SERVICE]

    assert all(check.period >= PUBLIC_SERVICE_PERIOD_S and not check.confirm for check in services)
    assert all(isinstance(check, HttpCheck) and check.target.startswith("https://") for check in services)


def test_only_the_national_portal_is_called_indispensable() -> None:
    services = [check for check in packaged().checks if check.rung is Rung.SERVICE]

    assert [check.id for check in services if check.mandatory] == ["dichvucong"]


def test_own_addresses_are_filled_in_one_check_each() -> None:
    profile = profile_for(None, NETWORK)

    assert [check.target for check in profile.checks if check.rung is Rung.GATEWAY] == ["192.0.2.1"]
    names = [(check.id, check.target) for check in profile.checks if check.rung is Rung.DNS]
    assert names == [("names", "192.0.2.53"), ("names-2", "192.0.2.54")]


def test_what_this_machine_does_not_have_is_left_out() -> None:
    profile = profile_for(None, NetworkState())

    assert {check.rung for check in profile.checks} == {Rung.MACHINE, Rung.LINE, Rung.INTERNET, Rung.SERVICE}


def test_a_configured_profile_is_filled_in_too_and_keeps_everything_else() -> None:
    mine = Profile(label="mine", checks=(TcpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}:80", name="Cổng"),))

    filled = profile_for(mine, NetworkState(gateways=("192.0.2.1", "2001:db8::1")))

    assert filled.label == "mine"
    assert [(check.id, check.target) for check in filled.checks] == [
        ("gw", "192.0.2.1:80"),
        ("gw-2", "[2001:db8::1]:80"),
    ]
    assert {check.name for check in filled.checks} == {"Cổng"}


def test_a_bare_ipv6_address_stays_bare() -> None:
    checks = (
        IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}"),
        DnsCheck(id="names", rung=Rung.DNS, target="{dns}", query="x.test"),
        TlsCheck(id="tls", rung=Rung.SERVICE, target="portal.test:443"),
    )

    filled = expand(Profile(checks=checks), NetworkState(gateways=("fe80::1%eth0",), dns=("2001:db8::53",)))

    assert [check.target for check in filled.checks] == ["fe80::1%eth0", "2001:db8::53", "portal.test:443"]


def test_many_addresses_are_bounded_and_repeated_ones_are_one() -> None:
    many = tuple(f"192.0.2.{number}" for number in (1, 1, 2, 3, 4, 5))
    profile = Profile(checks=(IcmpCheck(id="gw", rung=Rung.GATEWAY, target="{gateway}"),))

    filled = expand(profile, NetworkState(gateways=many))

    assert [check.id for check in filled.checks] == ["gw", "gw-2", "gw-3"]
    assert len(filled.checks) == MOST_OF_A_KIND


def test_ids_of_the_filled_profile_are_unique_and_well_formed() -> None:
    filled = profile_for(None, NETWORK)
    ids = [check.id for check in filled.checks]

    assert len(ids) == len(set(ids))
    assert msgspec.json.decode(msgspec.json.encode(filled), type=Profile) == filled
