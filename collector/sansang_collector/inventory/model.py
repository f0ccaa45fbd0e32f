"""What an inventory holds, as frozen structs: one per row of a table or entry of a YAML file.

Codes and ids are keys; names are for people, in composed letters (NFC). Nothing here reads files.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from sansang_agent.contract.check import Identifier
from sansang_agent.contract.rung import Network, Owner

Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}$(?!\n)", description="a commune's code: five digits")]
"""A commune's official code."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

Latitude = Annotated[float, msgspec.Meta(ge=8, le=24)]
Longitude = Annotated[float, msgspec.Meta(ge=102, le=115)]
"""Degrees; Vietnam with its islands lies within."""

Megabits = Annotated[float, msgspec.Meta(gt=0, le=100_000)]


class Kind(StrEnum):
    """What an administrative unit is."""

    XA = "xã"
    PHUONG = "phường"
    DAC_KHU = "đặc khu"


class LineKind(StrEnum):
    """How a commune is connected."""

    TSLCD2 = "tslcd2"
    """The state data network's access level II."""
    FTTH = "ftth"
    MOBILE = "4g"


class Known(StrEnum):
    """A fact that may not have been asked yet."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Hosted(StrEnum):
    """Where a service stands, and so what lies on the way to it."""

    NATIONAL = "ndc"
    """In a national data centre: beyond the WAN."""
    PROVINCE = "pdc"
    """In the province's own data centre: behind the core."""


class Asker(StrEnum):
    """Who probes a service."""

    AGENTS = "agents"
    VANTAGE = "vantage"
    """The machine beside the collector only: servers that no counter PC ever calls."""


class Commune(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One commune, ward or special zone with its one-stop centre."""

    code: Code
    name: Name
    kind: Kind
    former_district: str = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    hours: str = ""
    """Opening hours, see hours.py; empty: the province's."""
    holidays: tuple[str, ...] = ()
    """Days (``2026-09-02``) or spans (``2026-02-14..2026-02-22``) beside the province's."""
    counters: Annotated[int, msgspec.Meta(ge=0, le=200)] | None = None
    """How many counters citizens are served at; None: not entered."""
    counter_agents: tuple[str, ...] = ()
    """Which machines stand at counters, by their agents' names."""
    visits_per_day: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    power_area: str = ""
    """An id from power_areas; empty: the former district."""
    ups: Known = Known.UNKNOWN
    """Whether the centre's network equipment hangs on a UPS."""


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One connection of a commune."""

    id: Identifier
    commune: Code
    kind: LineKind
    provider: str = ""
    access_node: str = ""
    """Where it ends at the provider's; empty: not known."""
    down_mbps: Megabits | None = None
    up_mbps: Megabits | None = None
    """Contracted rates."""
    channels: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    connected_on: str = ""
    """The day of connection, ``2025-06-20``."""
    documents: str = ""
    """Contract, acceptance record: their numbers."""
    terminal_address: str = ""
    """The terminal's address towards the provider, for the vantage to ask; empty: nobody asks."""
    terminal_owner: Owner = Owner.TELECOM


class AccessNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A provider's station that lines end at."""

    id: Identifier
    name: str = ""
    address: str = ""
    """For the vantage to ask; empty: nobody asks."""
    uplink: str = ""
    """The access node it hangs from; empty: it stands on a ring, or at the core."""
    power_area: str = ""


class Ring(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Access nodes on one ring through the core, in their order around it."""

    id: Identifier
    name: str = ""
    nodes: tuple[str, ...]


class Core(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The province's core."""

    name: str = ""
    address: str = ""


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A host on the Internet that every machine may send echoes to, which tells the line from the Internet."""

    name: str = ""
    address: str = ""
    """Empty: nobody asks."""


class PowerArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one feeder supplies, where it is not the former district."""

    id: Identifier
    name: str = ""


class Risk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything else that several access nodes or lines would lose at once: a pole route, a chassis, a feeder."""

    id: Identifier
    name: str
    nodes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Resolver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A name server the communes' machines ask."""

    id: Identifier
    name: str = ""
    address: str = ""
    network: Network = Network.BOTH
    owner: Owner = Owner.RESOLVER_OPERATOR


class Topology(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """topology.yml: what communes share on the way to the services."""

    example: bool = False
    """Made up to show the form; true until somebody has entered the real one."""
    core: Core = Core()
    internet: Reference = Reference()
    rings: tuple[Ring, ...] = ()
    power_areas: tuple[PowerArea, ...] = ()
    risks: tuple[Risk, ...] = ()
    resolvers: tuple[Resolver, ...] = ()


class ServiceCheckKind(StrEnum):
    """How a service is asked."""

    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    TIMESTAMP = "timestamp"


PAGES = frozenset({ServiceCheckKind.HTTP, ServiceCheckKind.TIMESTAMP})
"""The kinds by which a whole page is asked for, which costs a service more than a connection does."""


class ServiceCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One check of a service; its name is ``<service>-<kind>``."""

    kind: ServiceCheckKind
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    """None: 443, or 80 where the check speaks plain HTTP."""
    path: str = "/"
    plain: bool = False
    """Plain HTTP instead of HTTPS."""
    contains: str = ""
    """Text the page must have."""


class Service(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One system a commune's centre must, or may have to, reach."""

    id: Identifier
    name: Name
    host: str = ""
    """Empty: not known yet; nothing is asked."""
    enabled: bool = True
    """Off: listed, but nothing is asked."""
    checks: tuple[ServiceCheck, ...] = ()
    mandatory: bool = True
    network: Network = Network.BOTH
    hosted: Hosted = Hosted.NATIONAL
    owner: Owner = Owner.SERVICE_OWNER
    asked_by: Asker = Asker.AGENTS
    max_per_second: Annotated[float, msgspec.Meta(gt=0, le=50)] = 1.0
    """The whole fleet's budget of connections; pages get a tenth of it."""
    hours: str = "24/7"
    source: str = ""
    check_on_site: bool = True
    """Whether nobody at the centre has confirmed host and path yet."""

    def check_id(self, check: ServiceCheck) -> str:
        """What one of its checks is called wherever it stands."""
        return f"{self.id}-{check.kind}"

    @property
    def asked(self) -> bool:
        """Whether anything is sent to it."""
        return self.enabled and bool(self.host) and bool(self.checks)


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A duty desk: whom to call for an owner's things, in general, of one service, or in one commune."""

    owner: Owner
    service: str = ""
    commune: str = ""
    desk: str = ""
    """What the desk is called; no personal names are needed."""
    phone: str = ""
    zalo: str = ""
    hours: str = ""

    @property
    def reachable(self) -> bool:
        """Whether there is anything to call or write to."""
        return bool(self.phone or self.zalo)


class Province(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """province.yml: what holds for all communes."""

    name: Name
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2}$(?!\n)", description="a province's code: two digits")]
    hours: str = "mon-fri 07:30-11:30 13:30-17:00"
    holidays: tuple[str, ...] = ()


class Services(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """services.yml."""

    services: tuple[Service, ...] = ()


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True):
    """A signed policy as it lies in the folder ``policies``; machines judge it, nobody here does."""

    file: str
    text: str


class Inventory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything together; tables are sorted by key, so that the order of rows never makes another version."""

    province: Province
    communes: tuple[Commune, ...] = ()
    lines: tuple[Line, ...] = ()
    access_nodes: tuple[AccessNode, ...] = ()
    topology: Topology = Topology()
    services: tuple[Service, ...] = ()
    contacts: tuple[Contact, ...] = ()
    policies: tuple[PolicyFile, ...] = ()
