"""What the inventory says of one commune, gathered for its page: centre, lines, services, desks, blind spots.

Pure; and the interfaces of devices that its machines asked by SNMP.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sansang_agent.contract.report import Interface
from sansang_agent.contract.rung import Owner, Rung
from sansang_collector.inventory.contacts import Directory
from sansang_collector.inventory.coverage import BlindSpot, blind_spots
from sansang_collector.inventory.model import AccessNode, Commune, Contact, Inventory, Line, Service
from sansang_collector.topology import lines_by_commune
from sansang_collector.view import AgentView, CheckView

from .hours_words import hours_in_words
from .phrases import Phrases

_DESKS = (Owner.COMMUNE_IT, Owner.TELECOM, Owner.POWER, Owner.NETWORK_OPERATOR, Owner.SERVICE_OWNER)
"""Whose desks are shown even where none is entered."""


class LineAt(NamedTuple):
    """A line and where it ends at the provider's; None where that is not known."""

    line: Line
    node: AccessNode | None


class ServiceAt(NamedTuple):
    """A service and whom to call about it here; None where nobody is entered."""

    service: Service
    desk: Contact | None


class Site(NamedTuple):
    """A commune of the inventory in force."""

    commune: Commune
    hours: str
    lines: list[LineAt]
    services: list[ServiceAt]
    desks: list[tuple[Owner, Contact | None]]
    blind_spots: list[BlindSpot]


def site_of(inventory: Inventory | None, code: str, agents: Sequence[AgentView], say: Phrases) -> Site | None:
    """What the inventory says of a commune; None where it does not have it."""
    commune = next((one for one in inventory.communes if one.code == code), None) if inventory else None
    if inventory is None or commune is None:
        return None
    desks = Directory(inventory.contacts)
    nodes = {node.id: node for node in inventory.access_nodes}
    lines = lines_by_commune(inventory).get(code, [])
    return Site(
        commune=commune,
        hours=hours_in_words(commune.hours or inventory.province.hours, say),
        lines=[LineAt(line, nodes.get(line.access_node)) for line in lines],
        services=[ServiceAt(one, desks.find(one.owner, code, one.id)) for one in inventory.services if one.enabled],
        desks=[(owner, desks.find(owner, code)) for owner in _DESKS],
        blind_spots=_blind_spots(inventory, commune, agents),
    )


def _blind_spots(inventory: Inventory, commune: Commune, agents: Sequence[AgentView]) -> list[BlindSpot]:
    alone = Inventory(
        province=inventory.province,
        communes=(commune,),
        lines=tuple(line for line in inventory.lines if line.commune == commune.code),
        access_nodes=inventory.access_nodes,
        contacts=inventory.contacts,
    )
    answered = {commune.code: False} if any(_answers_pings(check) for check in _checks(agents)) else {}
    return blind_spots(alone, {commune.code: [agent.name for agent in agents]}, answered)


def _answers_pings(check: CheckView) -> bool:
    """A gateway that answered an echo; measured in another way nothing is known of its echoes."""
    return check.rung is Rung.GATEWAY and check.kind == "icmp" and check.outcome == "ok" and not check.fallback


class Port(NamedTuple):
    """An interface of a device, with the machine and the check that asked."""

    device: str
    agent: AgentView
    check: CheckView
    interface: Interface

    @property
    def shape(self) -> str:
        """Up, switched off by its owner, or down."""
        if self.interface.oper == 1:
            return "ok"
        return "not_configured" if self.interface.admin == 2 else "failed" if self.interface.oper else "unknown"


def ports_of(agents: Iterable[AgentView]) -> list[Port]:
    """All interfaces told by SNMP, device by device; each device as the newest asking found it."""
    newest: dict[str, tuple[AgentView, CheckView]] = {}
    for agent in agents:
        for check in agent.checks:
            if check.interfaces and (check.target not in newest or newest[check.target][1].at < check.at):
                newest[check.target] = agent, check
    return [
        Port(check.name or (check.device.name if check.device else "") or target, agent, check, interface)
        for target, (agent, check) in sorted(newest.items())
        for interface in check.interfaces
    ]


def _checks(agents: Iterable[AgentView]) -> Iterator[CheckView]:
    for agent in agents:
        yield from agent.checks
