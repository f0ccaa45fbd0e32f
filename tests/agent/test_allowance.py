"""Which names and addresses an allowance covers: a look-alike is another name, and nothing private is public."""

import pytest

from sansang_agent.contract.addresses import plain
from sansang_agent.contract.allowance import Allowance, allows_address, allows_host, judge, packaged
from sansang_agent.contract.check import kind_of
from sansang_agent.contract.settings import SettingsError, loads
from sansang_agent.default_profile import packaged as default_profile
from sansang_agent.policy import target_of


@pytest.mark.parametrize(
    "host", ["gov.vn", "dichvucong.gov.vn", "DichVuCong.GOV.vn", "dichvucong.gov.vn.", "a.b-c.d_e.gov.vn"]
)
def test_a_name_below_an_allowed_one_is_allowed_in_whatever_letters(host: str) -> None:
    assert allows_host(packaged(), host, 443, "http")


@pytest.mark.parametrize(
    "host",
    [
        "gov.vn.evil.example",
        "evilgov.vn",
        "dichvucong.gov.vn.evil.example",
        "dichvucong-gov.vn",
        "gov.vn..",
        ".gov.vn",
        "a..gov.vn",
        "gov。vn",  # the full stop of Chinese texts, which some resolvers take for a dot
        "dịchvụcông.gov.vn",
        "xn--gv-eka.vn",
        "dichvucong.gοv.vn",  # a Greek letter
        "a.gov.vn\n.evil.example",
        "a.gov.vn/evil.example",
        "a.gov.vn@evil.example",
        "a.gov.vn%00.evil.example",
        "a.gov.vn:80",
        "*.gov.vn",
        "-.gov.vn",
        "x" * 64 + ".gov.vn",
        "a." * 125 + "gov.vn",
        "",
        "vn",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
    ],
)
def test_a_look_alike_is_not(host: str) -> None:
    assert not allows_host(packaged(), host, 443, "http")


@pytest.mark.parametrize(("port", "is_allowed"), [(443, True), (8443, True), (22, False), (25, False), (18083, False)])
def test_a_name_is_allowed_on_the_ports_of_its_allowance(port: int, is_allowed: bool) -> None:
    assert allows_host(packaged(), "dichvucong.gov.vn", port, "tcp") is is_allowed


def test_a_kind_that_an_allowance_does_not_name_is_not_for_it_but_a_question_is() -> None:
    only = (Allowance(hosts=("a.example.vn",), kinds=("tls",)),)

    assert allows_host(only, "a.example.vn", 443, "tls")
    assert not allows_host(only, "a.example.vn", 443, "http")
    assert allows_host(only, "a.example.vn", None, "")


def test_what_the_packaged_profile_asks_lies_within_the_packaged_list() -> None:
    for check in default_profile().checks:
        target = target_of(check)
        if target.startswith("203."):
            assert allows_address(packaged(), plain(target), None, kind_of(check)), target
        elif target and not target.startswith("{"):
            assert allows_host(packaged(), target, 443, "http"), target


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("too wide", 'hosts: ["*.vn"]'),
        ("is not a name", 'hosts: ["*"]'),
        ("is not a name", 'hosts: ["a.*.vn"]'),
        ("is not a name", 'hosts: ["cổng.vn"]'),
        ("is not a name", 'hosts: ["127.1"]'),
        ("is not public", "networks: [10.0.0.0/8]"),
        ("is not public", "networks: [0.0.0.0/0]"),
        ("is not public", "networks: [127.0.0.1]"),
        ("is not public", "networks: [169.254.169.254]"),
        ("is not public", "networks: [224.0.0.0/4]"),
        ("is not public", 'networks: ["::/0"]'),
        ("is not public", 'networks: ["::ffff:0:0/96"]'),
        ("is not public", 'networks: ["64:ff9b::/96"]'),
        ("is not public", 'networks: ["2002:a00::/24"]'),
        ("is not public", 'networks: ["fd00::/8"]'),
        ("is not an address", "networks: [8.8.8.8/40]"),
        ("is not one of", "kinds: [snmp]"),
        ("is not one of", "kinds: [post]"),
        ("ports[0]", "ports: [0]"),
        ("unknown key", "host: [a.vn]"),
    ],
)
def test_an_allowance_nobody_may_sign_is_a_mistake_where_it_is_written(said: str, text: str) -> None:
    with pytest.raises(SettingsError, match=r".") as caught:
        loads(text, "x.yml", Allowance, judge)

    assert said in str(caught.value)
