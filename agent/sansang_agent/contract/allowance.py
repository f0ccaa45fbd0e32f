"""Which hosts beyond its own network a machine lets its centre send it to: names, networks, ports and kinds of checks.

Pure but for the packaged list, allowed.yml. A name that nothing here names is not even looked up.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

import msgspec

from .addresses import Address, Network, only_public
from .check import KINDS, Port
from .mistake import wrong
from .settings import loads
from .strict import INVALID

STANDARD_PORTS = (53, 80, 443, 853, 8443)
"""What an allowance without ports means: names, pages, TLS."""
CENTRE_KINDS = tuple(kind for kind in KINDS if kind not in ("host", "snmp"))
"""Kinds of checks that the centre may have asked of other machines."""
MOST_NAMED = 500
"""Hosts, networks and ports each, of one allowance."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts that may be asked, on these ports, by these kinds of checks."""

    hosts: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    """Names: ``dichvucong.gov.vn`` is that name alone, ``*.gov.vn`` every name below."""
    networks: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    """Public addresses or networks (CIDR) that may be asked by address."""
    ports: Annotated[tuple[Port, ...], msgspec.Meta(max_length=MOST_NAMED)] = ()
    """Empty: :data:`STANDARD_PORTS`."""
    kinds: tuple[str, ...] = ()
    """Empty: every kind that the centre may have asked."""

    def names(self, host: str) -> bool:
        """Whether ``host`` is one of its names."""
        name = normal(host)
        return bool(name) and any(_fits(name, pattern.lower()) for pattern in self.hosts)

    def holds(self, address: Address) -> bool:
        """Whether ``address`` lies in one of its networks."""
        return any(address in _network(network) for network in self.networks)

    def permits(self, port: int | None, kind: str) -> bool:
        """Whether it is for checks of ``kind`` at ``port``; None: a check without a port. No kind: it is looked up."""
        fits = port is None or port in (self.ports or STANDARD_PORTS)
        return fits and (not self.kinds or not kind or kind in self.kinds)


class Packaged(msgspec.Struct, frozen=True, kw_only=True):
    """The list every machine comes with."""

    allowed: tuple[Allowance, ...]


@cache
def packaged() -> tuple[Allowance, ...]:
    """What is allowed where no file says more."""
    source = Path(__file__).parent / "allowed.yml"
    return loads(source.read_text(encoding="utf-8"), source.name, Packaged, judge).allowed


def normal(host: str) -> str:
    """A name as it is compared: small letters, no dot at its end; empty where DNS could not carry it."""
    name = host.lower().removesuffix(".") if host.isascii() else ""
    return name if len(name) <= 253 and _NAME.fullmatch(name) else ""


def allows_host(allowances: Iterable[Allowance], host: str, port: int | None, kind: str) -> bool:
    """Whether one of ``allowances`` names ``host`` for such a check."""
    return any(one.names(host) and one.permits(port, kind) for one in allowances)


def allows_address(allowances: Iterable[Allowance], address: Address, port: int | None, kind: str) -> bool:
    """Whether one of ``allowances`` has the public ``address`` in a network of its for such a check."""
    return any(one.holds(address) and one.permits(port, kind) for one in allowances)


def judge(type_: type, parts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with an allowance that is well-formed; see :data:`strict.Rule`."""
    if not issubclass(type_, Allowance):
        return
    for key, items in parts.items():
        for number, item in enumerate(items if isinstance(items, tuple) else ()):
            why = _WRONG.get(key, _nothing)(item) if item is not INVALID else ""
            if why:
                yield f"{key}[{number}]", why


def wrong_host(text: str) -> str:
    """Why ``text`` is no name and no ``*.suffix``; empty: it is one."""
    name = text.removeprefix("*.").lower()
    if not text.isascii() or text.endswith(".") or not normal(name) or name.rpartition(".")[2].isdigit():
        return wrong(
            "'{text}' is not a name such as a.gov.vn or *.gov.vn (letters of other scripts as xn--…)", text=text
        )
    return ""


def _wrong_pattern(text: str) -> str:
    """A signed file must not open a whole top of the tree of names."""
    if text.startswith("*.") and "." not in text[2:]:
        return wrong("'{text}' is too wide: at least two parts must follow the star", text=text)
    return wrong_host(text)


def _wrong_network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return wrong("'{text}' is not an address or a network such as 203.162.4.190", text=text)
    if not only_public(network):
        return wrong("'{text}' is not public: only the machine's own administrator can name such a network", text=text)
    return ""


def _wrong_kind(text: str) -> str:
    return "" if text in CENTRE_KINDS else f"'{text}' is not one of {', '.join(CENTRE_KINDS)}"


def _nothing(_item: object) -> str:
    return ""


_WRONG: dict[str, Any] = {"hosts": _wrong_pattern, "networks": _wrong_network, "kinds": _wrong_kind}


def _fits(name: str, pattern: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


@lru_cache(maxsize=4096)
def _network(text: str) -> Network:
    return ip_network(text, strict=False)
