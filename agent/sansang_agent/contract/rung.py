"""The ladder: its rungs from the power socket to the online service, what can break on each, and whose it is.

The table of components is the one of docs/architecture.md; names shown to people are in words.csv.
"""

from enum import StrEnum
from typing import NamedTuple


class Rung(StrEnum):
    """A step between the clerk and the service, nearest first."""

    POWER = "power"
    MACHINE = "machine"
    LAN = "lan"
    GATEWAY = "gateway"
    LINE = "line"
    CORE = "core"
    INTERNET = "internet"
    DNS = "dns"
    SERVICE = "service"


class Owner(StrEnum):
    """Who repairs a component."""

    POWER = "power"
    COMMUNE_IT = "commune_it"
    TELECOM = "telecom"
    NETWORK_OPERATOR = "network_operator"
    RESOLVER_OPERATOR = "resolver_operator"
    SERVICE_OWNER = "service_owner"
    US = "us"


class Network(StrEnum):
    """Which exit a check leaves through: the state data network (TSLCD), the Internet, or either."""

    TSLCD = "tslcd"
    INTERNET = "internet"
    BOTH = "both"


class Component(StrEnum):
    """A thing that can break."""

    SITE_POWER = "site_power"
    POWER_AREA = "power_area"
    PC = "pc"
    PC_APP = "pc_app"
    LAN = "lan"
    TERMINAL = "terminal"
    ACCESS_LINK = "access_link"
    ACCESS_NODE = "access_node"
    ARC = "arc"
    RING = "ring"
    SHARED_RISK = "shared_risk"
    CORE = "core"
    WAN = "wan"
    NDC = "ndc"
    DNS = "dns"
    PDC = "pdc"
    SVC_TCP = "svc_tcp"
    SVC_APP = "svc_app"
    COLLECTOR = "collector"


class Place(NamedTuple):
    """Where a component stands on the ladder and who repairs it."""

    rung: Rung | None
    owner: Owner


PLACES: dict[Component, Place] = {
    Component.SITE_POWER: Place(Rung.POWER, Owner.POWER),
    Component.POWER_AREA: Place(Rung.POWER, Owner.POWER),
    Component.PC: Place(Rung.MACHINE, Owner.COMMUNE_IT),
    Component.PC_APP: Place(Rung.MACHINE, Owner.COMMUNE_IT),
    Component.LAN: Place(Rung.LAN, Owner.COMMUNE_IT),
    Component.TERMINAL: Place(Rung.GATEWAY, Owner.TELECOM),
    Component.ACCESS_LINK: Place(Rung.LINE, Owner.TELECOM),
    Component.ACCESS_NODE: Place(Rung.LINE, Owner.TELECOM),
    Component.ARC: Place(Rung.LINE, Owner.TELECOM),
    Component.RING: Place(Rung.LINE, Owner.TELECOM),
    Component.SHARED_RISK: Place(Rung.LINE, Owner.TELECOM),
    Component.CORE: Place(Rung.CORE, Owner.TELECOM),
    Component.WAN: Place(Rung.INTERNET, Owner.NETWORK_OPERATOR),
    Component.NDC: Place(Rung.INTERNET, Owner.NETWORK_OPERATOR),
    Component.DNS: Place(Rung.DNS, Owner.RESOLVER_OPERATOR),
    Component.PDC: Place(Rung.SERVICE, Owner.SERVICE_OWNER),
    Component.SVC_TCP: Place(Rung.SERVICE, Owner.SERVICE_OWNER),
    Component.SVC_APP: Place(Rung.SERVICE, Owner.SERVICE_OWNER),
    Component.COLLECTOR: Place(None, Owner.US),
}
