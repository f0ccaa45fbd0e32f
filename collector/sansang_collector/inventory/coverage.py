"""Blind spots: what cannot be told apart in which commune, for want of what. Pure; the words are in coverage_words."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sansang_agent.contract.rung import Component, Owner
from sansang_collector.topology import lines_by_commune

from .contacts import Directory
from .model import Commune, Inventory, Known, Line, LineKind


class Blind(StrEnum):
    """Why something cannot be told apart."""

    NO_PC = "no_pc"
    ONE_PC = "one_pc"
    NO_LINE = "no_line"
    NO_INWARD_TARGET = "no_inward_target"
    GATEWAY_PING_UNKNOWN = "gateway_ping_unknown"
    GATEWAY_SILENT = "gateway_silent"
    NO_ACCESS_NODE = "no_access_node"
    NO_CONTACT = "no_contact"
    NO_UPS = "no_ups"
    UPS_UNKNOWN = "ups_unknown"


ALIKE: dict[Blind, tuple[Component, ...]] = {
    Blind.NO_PC: (),
    Blind.ONE_PC: (Component.PC, Component.PC_APP, Component.LAN),
    Blind.NO_LINE: (Component.TERMINAL, Component.ACCESS_LINK, Component.ACCESS_NODE),
    Blind.NO_INWARD_TARGET: (Component.SITE_POWER, Component.LAN, Component.TERMINAL, Component.ACCESS_LINK),
    Blind.GATEWAY_PING_UNKNOWN: (Component.LAN, Component.TERMINAL),
    Blind.GATEWAY_SILENT: (Component.LAN, Component.TERMINAL),
    Blind.NO_ACCESS_NODE: (Component.ACCESS_LINK, Component.ACCESS_NODE, Component.RING),
    Blind.NO_CONTACT: (),
    Blind.NO_UPS: (Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK),
    Blind.UPS_UNKNOWN: (Component.SITE_POWER, Component.TERMINAL, Component.ACCESS_LINK),
}
"""What looks the same from the centre while the blind spot is there."""


class BlindSpot(NamedTuple):
    """One of them; ``detail`` is the line or owner it is about."""

    kind: Blind
    commune: str
    detail: str = ""


def blind_spots(
    inventory: Inventory, machines: Mapping[str, Sequence[str]], silent_gateways: Mapping[str, bool]
) -> list[BlindSpot]:
    """All of them, commune by commune.

    ``machines``: known machines by commune. ``silent_gateways``: by commune, whether its gateway never answers echoes;
    a commune that is not there has not been asked yet.
    """
    lines = lines_by_commune(inventory)
    desks = Directory(inventory.contacts)
    found: list[BlindSpot] = []
    for commune in inventory.communes:
        code = commune.code
        found += _machines(commune, machines.get(code, ()))
        found += _lines(code, lines.get(code, []))
        found += _gateway(code, silent_gateways)
        found += _power(commune)
        for owner in (Owner.TELECOM, Owner.COMMUNE_IT):
            if desks.find(owner, code) is None:
                found.append(BlindSpot(Blind.NO_CONTACT, code, owner))
    return found


def _machines(commune: Commune, names: Sequence[str]) -> Iterator[BlindSpot]:
    count = len({*names, *commune.counter_agents})
    if count < 2:
        yield BlindSpot(Blind.ONE_PC if count else Blind.NO_PC, commune.code)


def _lines(code: str, lines: Sequence[Line]) -> Iterator[BlindSpot]:
    if not lines:
        yield BlindSpot(Blind.NO_LINE, code)
    elif not any(line.terminal_address for line in lines):
        yield BlindSpot(Blind.NO_INWARD_TARGET, code)
    for line in lines:
        if not line.access_node and line.kind is not LineKind.MOBILE:
            yield BlindSpot(Blind.NO_ACCESS_NODE, code, line.id)


def _gateway(code: str, silent: Mapping[str, bool]) -> Iterator[BlindSpot]:
    if silent.get(code) is not False:
        yield BlindSpot(Blind.GATEWAY_SILENT if silent.get(code) else Blind.GATEWAY_PING_UNKNOWN, code)


def _power(commune: Commune) -> Iterator[BlindSpot]:
    if commune.ups is not Known.YES:
        yield BlindSpot(Blind.NO_UPS if commune.ups is Known.NO else Blind.UPS_UNKNOWN, commune.code)
