"""What the placeholders of a template stand for in one commune: addresses somebody entered, and nothing else. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from sansang_agent.contract.check import Check, DnsCheck
from sansang_agent.contract.rung import Component, Network
from sansang_collector.inventory.model import Inventory, Line
from sansang_collector.topology import line_for, lines_by_commune

from .templates import OF_EVERY_MACHINE, PLACEHOLDERS

Site = dict[str, str]
"""By placeholder; one without an address is not there."""


def sites(inventory: Inventory) -> dict[str, Site]:
    """Each commune's."""
    nodes = {node.id: node.address for node in inventory.access_nodes}
    lines = lines_by_commune(inventory)
    shared = _shared(inventory)
    return {one.code: _known(shared | _own(lines.get(one.code, ()), nodes)) for one in inventory.communes}


def _own(lines: Sequence[Line], nodes: Mapping[str, str]) -> Site:
    line = line_for(lines, Network.BOTH)
    return {"{terminal}": line.terminal_address, "{access_node}": nodes.get(line.access_node, "")} if line else {}


def _shared(inventory: Inventory) -> Site:
    portals = (one.host for one in inventory.services if one.asked and one.mandatory and _is_public_name(one.host))
    return {
        "{core}": inventory.topology.core.address,
        "{internet}": inventory.topology.internet.address,
        "{portal}": next(portals, ""),
    }


def _known(site: Site) -> Site:
    return {placeholder: address for placeholder, address in site.items() if address}


def _is_public_name(host: str) -> bool:
    return ":" not in host and any(letter.isalpha() for letter in host)


def filled(checks: Sequence[Check], site: Site) -> list[Check]:
    """The checks with their placeholders filled; of one id the first that can be, others are left out."""
    found: dict[str, Check] = {}
    for check in checks:
        target, query = _fill(check.target, site), _fill(getattr(check, "query", ""), site)
        if target and query is not None and check.id not in found:
            named = {"query": query} if isinstance(check, DnsCheck) else {}
            found[check.id] = msgspec.structs.replace(check, target=target, **named)
    return list(found.values())


def _fill(text: str, site: Site) -> str | None:
    for placeholder in PLACEHOLDERS:
        if placeholder in text:
            address = site.get(placeholder)
            return text.replace(placeholder, address) if address else None
    return text


def inward(checks: Sequence[Check], inventory: Inventory) -> list[Check]:
    """The vantage's checks: one for each terminal, access node and core with an address, named as topology.py does."""
    return [each for check in checks for each in _inward(check, inventory)]


def _inward(check: Check, inventory: Inventory) -> Iterator[Check]:
    if check.target == "{terminal}":
        named = {f"{Component.TERMINAL}:{line.id}": (line.terminal_address, "") for line in inventory.lines}
    elif check.target == "{access_node}":
        named = {f"{Component.ACCESS_NODE}:{one.id}": (one.address, one.name) for one in inventory.access_nodes}
    else:
        yield from filled([check], _known(_shared(inventory)))
        return
    for id_, (address, name) in named.items():
        if address:
            label = f"{check.name} {name or id_.partition(':')[2]}"
            yield msgspec.structs.replace(check, id=id_, target=address, name=label)


def is_outside(check: Check) -> bool:
    """Whether many machines may ask the same target: all but the machine itself and its own gateway."""
    return check.target not in ("local", OF_EVERY_MACHINE[0])
