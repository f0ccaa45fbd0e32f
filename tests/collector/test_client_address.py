"""Where a request came from: what a trusted proxy says counts, what a stranger claims never does."""

from typing import Any

import pytest

from sansang_collector.client_address import client_address, client_scheme, networks, seen_through

PROXIES = networks(["10.0.0.0/24", "2001:db8::1", "127.0.0.1"])


def scope(peer: str, **headers: str | list[str]) -> dict[str, Any]:
    lines = [
        (name.replace("_", "-").encode(), value.encode("latin-1"))
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return {"type": "http", "client": (peer, 1234), "scheme": "http", "headers": lines}


@pytest.mark.parametrize(
    ("peer", "said", "found"),
    [
        ("192.0.2.9", "198.51.100.1", "192.0.2.9"),  # a stranger's claim
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.1", "198.51.100.1"),  # what the client itself sent stands before it
        ("10.0.0.1", "198.51.100.1, 10.0.0.7", "198.51.100.1"),  # two proxies of ours
        ("10.0.0.1", ["203.0.113.5", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.8, 10.0.0.7", "10.0.0.8"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("2001:db8::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, junk", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1,", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "\xff\x00", "10.0.0.1"),
        ("10.0.0.1", ",".join(["10.0.0.2"] * 1000), "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_is_the_clients(
    peer: str, said: str | list[str], found: str
) -> None:
    assert client_address(scope(peer, x_forwarded_for=said), PROXIES) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ('For="[2001:db8::5]:80";proto=https', "2001:db8::5"),
        ("for=203.0.113.5, for=198.51.100.1;by=10.0.0.1", "198.51.100.1"),
        ("for=unknown", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ("for=_hidden", "10.0.0.1"),
    ],
)
def test_forwarded_counts_as_well(said: str, found: str) -> None:
    assert client_address(scope("10.0.0.1", forwarded=said), PROXIES) == found


def test_a_proxy_that_lets_the_other_header_through_is_not_fooled() -> None:
    both = scope("10.0.0.1", x_forwarded_for="198.51.100.1", forwarded="for=203.0.113.5")

    assert client_address(both, PROXIES) == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("10.0.0.1", {"x_forwarded_proto": "https"}, "https"),
        ("192.0.2.9", {"x_forwarded_proto": "https"}, "http"),
        ("10.0.0.1", {"x_forwarded_proto": "http, https"}, "https"),
        ("10.0.0.1", {"x_forwarded_proto": "gopher"}, "http"),
        ("10.0.0.1", {"forwarded": "for=198.51.100.1;proto=https"}, "https"),
        ("10.0.0.1", {}, "http"),
    ],
)
def test_only_a_trusted_proxy_says_that_the_browser_speaks_tls(peer: str, headers: dict[str, str], found: str) -> None:
    assert client_scheme(scope(peer, **headers), PROXIES) == found


def test_a_request_seen_through_once_is_not_seen_through_further() -> None:
    once = seen_through(scope("10.0.0.1", x_forwarded_for="203.0.113.5, 198.51.100.1"), PROXIES)

    assert once["client"] == ("198.51.100.1", 0)
    assert client_address(once, PROXIES) == "198.51.100.1"


def test_without_an_address_there_is_none() -> None:
    assert client_address({"client": None, "headers": []}, PROXIES) == ""
    assert client_address(scope("testclient"), PROXIES) == "testclient"
