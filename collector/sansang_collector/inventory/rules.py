"""What each struct must fulfil beyond its types: times, days, addresses, hosts, telephone numbers. Pure.

The same rules judge rows of tables and entries of YAML files; see :data:`sansang_agent.contract.strict.Rule`.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sansang_agent.contract.rung import Owner

from .hours import check_day, check_holiday, parse_hours
from .model import (
    AccessNode,
    Commune,
    Contact,
    Core,
    Line,
    Province,
    Reference,
    Resolver,
    Ring,
    Service,
    ServiceCheckKind,
)

Found = Iterator[tuple[str, str]]
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_PHONE = re.compile(r"[+0-9][0-9 .()-]{2,30}( ?(ext|nhánh|máy lẻ)\.? ?[0-9]{1,6})?", re.IGNORECASE)
LONGEST_RING = 16
"""A ring's sections grow with the square of its nodes, and each is a thing that can break."""
_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def judge(cls: type, fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The (key, message) pairs of what is wrong with these well-formed fields of ``cls``."""
    rule = _RULES.get(cls)
    return rule(fields) if rule else ()


def _commune(fields: Mapping[str, Any]) -> Found:
    yield from _said("hours", parse_hours, fields)
    yield from _each("holidays", check_holiday, fields)
    yield from _both("lat", "lon", fields)
    kind, name = fields.get("kind"), fields.get("name", "")
    first = next((word for word in ("Xã", "Phường", "Đặc khu") if name.startswith(word + " ")), None)
    if kind and first and first.lower() != kind:
        yield "kind", f"is '{kind}', but the name begins with '{first}'"
    for agent in fields.get("counter_agents", ()):
        if not _AGENT.fullmatch(agent):
            yield "counter_agents", f"'{agent}' is no agent's name (letters, digits, _ . -)"
    counters, agents = fields.get("counters"), fields.get("counter_agents", ())
    if counters is not None and len(set(agents)) > counters:
        yield "counters", f"is {counters}, but {len(set(agents))} machines are said to stand at counters"


def _line(fields: Mapping[str, Any]) -> Found:
    yield from _said("connected_on", check_day, fields)
    yield from _said("terminal_address", _address, fields)
    if fields.get("terminal_owner", Owner.TELECOM) not in (Owner.TELECOM, Owner.COMMUNE_IT, Owner.NETWORK_OPERATOR):
        yield "terminal_owner", "must be telecom, commune_it or network_operator"


def _node(fields: Mapping[str, Any]) -> Found:
    yield from _said("address", _address, fields)


def _ring(fields: Mapping[str, Any]) -> Found:
    nodes = fields.get("nodes", ())
    if len(nodes) == 1:
        yield "nodes", f"a ring needs two access nodes or more; '{nodes[0]}' alone hangs from the core without a ring"
    if not nodes and "nodes" in fields:
        yield "nodes", "a ring needs two access nodes or more, in their order around it"
    if len(nodes) > LONGEST_RING:
        yield "nodes", f"has {len(nodes)} access nodes; more than {LONGEST_RING} on one ring cannot be told apart"


def _service(fields: Mapping[str, Any]) -> Found:
    yield from _said("hours", parse_hours, fields)
    yield from _said("host", check_host, fields)
    kinds = [check.kind for check in fields.get("checks", ()) if hasattr(check, "kind")]
    for n, kind in enumerate(kinds):
        if kind in kinds[:n]:
            yield f"checks[{n}].kind", f"there is a {kind} check already; a service has one of each kind"
    for n, check in enumerate(fields.get("checks", ())):
        if getattr(check, "path", "/")[:1] != "/":
            yield f"checks[{n}].path", "must begin with '/'"
        if getattr(check, "plain", False) and check.kind is ServiceCheckKind.TLS:
            yield f"checks[{n}].plain", "a tls check is never plain"


def _contact(fields: Mapping[str, Any]) -> Found:
    phone = fields.get("phone", "")
    if phone and not _PHONE.fullmatch(phone):
        yield "phone", f"'{phone}' is no telephone number"
    yield from _said("hours", parse_hours, fields)


def _province(fields: Mapping[str, Any]) -> Found:
    yield from _said("hours", parse_hours, fields)
    for n, day in enumerate(fields.get("holidays", ())):
        yield from _said(f"holidays[{n}]", check_holiday, {f"holidays[{n}]": day})


def check_host(text: str) -> None:
    """ValueError unless ``text`` is a host name or an address, and nothing more."""
    if "://" in text or "/" in text:
        raise ValueError(f"'{text}' is a URL; write the host alone, and the path with the check")
    if not _HOST.fullmatch(text):
        _address(text)


def _address(text: str) -> None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"'{text}' is no address") from None
    if found.is_multicast or found.is_unspecified or found.is_link_local:
        raise ValueError(f"'{text}' is no address of a single machine")


def _said(key: str, check: Callable[[str], object], fields: Mapping[str, Any]) -> Found:
    try:
        if fields.get(key):
            check(fields[key])
    except ValueError as error:
        yield key, str(error)


def _each(key: str, check: Callable[[str], object], fields: Mapping[str, Any]) -> Found:
    for one in fields.get(key, ()):
        yield from _said(key, check, {key: one})


def _both(one: str, other: str, fields: Mapping[str, Any]) -> Found:
    if {one, other} <= fields.keys() and (fields[one] is None) != (fields[other] is None):
        yield (
            (other if fields[other] is None else one),
            f"must stand beside '{one if fields[other] is None else other}'",
        )


_RULES: dict[type, Callable[[Mapping[str, Any]], Found]] = {
    Commune: _commune,
    Line: _line,
    AccessNode: _node,
    Core: _node,
    Reference: _node,
    Resolver: _node,
    Ring: _ring,
    Service: _service,
    Contact: _contact,
    Province: _province,
}
