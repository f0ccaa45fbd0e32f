"""Where a request came from when a proxy stands before the collector: only a trusted proxy's word counts. Pure.

A header is a claim, and its last entry the nearest proxy's: it is read from its end, up to somebody unknown.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Networks = Sequence[IPv4Network | IPv6Network]
Scope = MutableMapping[str, Any]

_MOST_ENTRIES = 32
"""Proxies one behind another; whoever sends more is sending junk."""


def networks(proxies: Iterable[str]) -> Networks:
    """The setting ``proxies``, whose entries have been judged."""
    return tuple(ip_network(proxy, strict=False) for proxy in proxies)


def client_address(scope: Scope, proxies: Networks) -> str:
    """The nearest address that is no trusted proxy's; the peer's where a header is junk; empty where there is none."""
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is None:
        return str(scope["client"][0]) if scope.get("client") else ""
    if not is_within(peer, proxies):
        return str(peer)
    claimed = _claimed(scope)
    if claimed is None:
        return str(peer)
    found = peer
    for entry in reversed(claimed):
        address = _address(entry)
        if address is None:
            return str(peer)
        found = address
        if not is_within(address, proxies):
            break
    return str(found)


def client_scheme(scope: Scope, proxies: Networks) -> str:
    """``https`` where the browser speaks TLS to a trusted proxy, or to us."""
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is not None and is_within(peer, proxies):
        said = _entries(scope, b"x-forwarded-proto")
        if said and said[-1] in ("http", "https"):
            return said[-1]
        if not said and (pairs := _forwarded(scope)) and pairs[-1].get("proto") in ("http", "https"):
            return pairs[-1]["proto"]
    return str(scope.get("scheme", "http"))


def seen_through(scope: Scope, proxies: Networks) -> Scope:
    """``scope`` with the client's address and scheme in place of the proxy's."""
    if not proxies or not scope.get("client"):
        return scope
    address = client_address(scope, proxies)
    if address == scope["client"][0]:
        return {**scope, "scheme": client_scheme(scope, proxies)}
    return {**scope, "client": (address, 0), "scheme": client_scheme(scope, proxies)}


def is_within(address: IPv4Address | IPv6Address, proxies: Networks) -> bool:
    """Whether it is one of these."""
    return any(address in network for network in proxies)


def neighbourhood(address: str) -> str:
    """What is counted as one guesser: an IPv4 address, but all of an IPv6 /64, of which one computer may use any."""
    found = parsed(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, IPv4 in IPv6's clothes undressed; None for what is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _address(entry: str) -> IPv4Address | IPv6Address | None:
    """``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1``, ``[2001:db8::1]:80``, quoted or not."""
    text = entry.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return parsed(text)


def _claimed(scope: Scope) -> list[str] | None:
    """The addresses of the one header that is there; None where both are: a proxy adds to one, so the other is junk."""
    listed = _entries(scope, b"x-forwarded-for")
    pairs = _forwarded(scope)
    if bool(listed) == bool(pairs):
        return None
    found = listed or [pair.get("for", "") for pair in pairs]
    return found if len(found) <= _MOST_ENTRIES else None


def _forwarded(scope: Scope) -> list[dict[str, str]]:
    """``Forwarded`` (RFC 7239), one dictionary per proxy."""
    return [dict(_pairs(element)) for element in _entries(scope, b"forwarded")]


def _pairs(element: str) -> Iterable[tuple[str, str]]:
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        yield name.strip().lower(), value.strip().strip('"').lower()


def _entries(scope: Scope, wanted: bytes) -> list[str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
    return [entry.strip() for entry in ",".join(lines).split(",")] if lines else []
