"""From an inventory to what can break (parts) and what each check crosses (paths), once per commune and check. Pure.

A part has a number; a path is a tuple of numbers from the machine outwards. ``expansion`` writes them out per machine.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from sansang_agent.contract.rung import PLACES, Component, Network, Owner, Rung

from .inventory.headings import plain
from .inventory.model import (
    PAGES,
    AccessNode,
    Asker,
    Commune,
    Hosted,
    Inventory,
    Line,
    LineKind,
    Service,
    ServiceCheckKind,
)

GATEWAY, LINE, CORE, NAMES, INTERNET, REPORT = "gateway", "line", "core", "names", "internet", "report"
"""What every machine asks beside the services, and the way of its reports."""
_SOFTWARE = {ServiceCheckKind.HTTP, ServiceCheckKind.TLS, ServiceCheckKind.TIMESTAMP}
"""Checks that this computer's own software can spoil."""
_ORDER = {
    Network.TSLCD: (LineKind.TSLCD2, LineKind.FTTH, LineKind.MOBILE),
    Network.INTERNET: (LineKind.FTTH, LineKind.MOBILE, LineKind.TSLCD2),
    Network.BOTH: (LineKind.TSLCD2, LineKind.FTTH, LineKind.MOBILE),
}
"""Which of a commune's lines a check leaves through: the first kind there is."""

Path = tuple[int, ...]


class Part(NamedTuple):
    """One thing that can break; ``id`` is its kind and whose it is (``lan:06001``, ``core``)."""

    id: str
    kind: Component
    name: str
    owner: Owner
    commune: str = ""
    """Empty for what communes share."""

    @property
    def rung(self) -> Rung | None:
        """Where it stands on the ladder."""
        return PLACES[self.kind].rung


class Template(NamedTuple):
    """What one check crosses from any machine of a commune, the machine itself left out."""

    path: Path
    software: bool
    """Whether the machine's own software is crossed as well."""


class Topology(NamedTuple):
    """All parts but the machines themselves, and the paths by commune and check."""

    parts: list[Part]
    numbers: dict[str, int]
    """By a part's id."""
    templates: dict[str, dict[str, Template]]
    """By commune, then by check; the same checks everywhere."""
    inward: dict[str, Path]
    """What the vantage's echoes cross: ``terminal:<line>``, ``access_node:<node>``, ``core``, its own ``gateway``."""


def build(inventory: Inventory) -> Topology:
    """The topology of a checked inventory."""
    return _Builder(inventory).build()


def lines_by_commune(inventory: Inventory) -> dict[str, list[Line]]:
    """Each commune's lines."""
    found: dict[str, list[Line]] = {}
    for line in inventory.lines:
        found.setdefault(line.commune, []).append(line)
    return found


def line_for(lines: Sequence[Line], network: Network) -> Line | None:
    """The line a check of ``network`` leaves through."""
    return min(lines, key=lambda line: _ORDER[network].index(line.kind), default=None)


def sections(nodes: Sequence[str]) -> list[tuple[str, ...]]:
    """The runs of a ring that two cuts separate: two or more neighbours, but not all; the ring closes at the core."""
    count = len(nodes)
    return [tuple(nodes[at : at + length]) for length in range(2, count) for at in range(count - length + 1)]


class _Builder:
    """Numbers parts as paths first need them."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._parts: list[Part] = []
        self._numbers: dict[str, int] = {}
        self._nodes = {node.id: node for node in inventory.access_nodes}
        self._areas = {area.id: area.name or area.id for area in inventory.topology.power_areas}
        self._trunks: dict[str, Path] = {}
        self._nears: dict[str, Path] = {}
        self._area_parts: dict[str, int] = {}
        self._ring_of = {node: ring for ring in inventory.topology.rings for node in ring.nodes}
        self._sections = {ring.id: sections(ring.nodes) for ring in inventory.topology.rings}
        self._services: list[tuple[Service, Path]] = []
        self._node_risks = _members(inventory, "nodes")
        self._line_risks = _members(inventory, "lines")

    def build(self) -> Topology:
        """Everything, communes in their order."""
        self._core = self._part(Component.CORE, name=self._inventory.topology.core.name)
        asked = (one for one in self._inventory.services if one.asked and one.asked_by is Asker.AGENTS)
        self._services = [(service, self._asked(service)) for service in asked]
        lines = lines_by_commune(self._inventory)
        templates = {one.code: self._commune(one, lines.get(one.code, [])) for one in self._inventory.communes}
        return Topology(self._parts, self._numbers, templates, self._inward(lines))

    def _part(
        self, kind: Component, key: str = "", name: str = "", commune: str = "", owner: Owner | None = None
    ) -> int:
        id_ = f"{kind}:{key}" if key else str(kind)
        if id_ not in self._numbers:
            self._numbers[id_] = len(self._parts)
            self._parts.append(Part(id_, kind, name, owner or PLACES[kind].owner, commune))
        return self._numbers[id_]

    def _commune(self, commune: Commune, lines: Sequence[Line]) -> dict[str, Template]:
        inside = self._inside(commune)
        ways = {network: self._outward(line_for(lines, network)) for network in Network}
        near = self._near(line_for(lines, Network.BOTH))
        any_way = inside + ways[Network.BOTH]
        wan, collector = self._part(Component.WAN), self._part(Component.COLLECTOR)
        found = {
            GATEWAY: Template(inside + near[:1], False),
            LINE: Template(inside + self._to_node(line_for(lines, Network.BOTH)), False),
            CORE: Template(any_way, False),
            NAMES: Template((*any_way, self._resolver(Network.BOTH)), False),
            INTERNET: Template(_with(inside + ways[Network.INTERNET], wan), False),
            REPORT: Template((*any_way, collector), False),
        }
        for service, own in self._services:
            found |= self._service(service, own, inside + ways[service.network], wan)
        return found

    def _asked(self, service: Service) -> tuple[int, ...]:
        """What only a service's own checks cross: the data centre, the name server, its server and its pages."""
        centre = self._part(Component.NDC if service.hosted is Hosted.NATIONAL else Component.PDC)
        named = not service.host.replace(".", "").isdigit() and ":" not in service.host
        resolver = (self._resolver(service.network),) if named else ()
        server = self._part(Component.SVC_TCP, service.id, service.name, owner=service.owner)
        page = self._part(Component.SVC_APP, service.id, service.name, owner=service.owner)
        return (centre, *resolver, server, page)

    def _service(self, service: Service, own: Path, way: Path, wan: int) -> dict[str, Template]:
        whole = (_with(way, wan) if service.hosted is Hosted.NATIONAL else way) + own
        without_page = whole[:-1]
        return {
            service.check_id(check): Template(whole if check.kind in PAGES else without_page, check.kind in _SOFTWARE)
            for check in service.checks
        }

    def _inside(self, commune: Commune) -> Path:
        code = commune.code
        lan = self._part(Component.LAN, code, commune.name, code)
        return (lan, *self._power(commune))

    def _power(self, commune: Commune) -> Path:
        code = commune.code
        area = commune.power_area or commune.former_district.split(";")[0].strip()
        site = self._part(Component.SITE_POWER, code, commune.name, code)
        return (site, self._area(area)) if area else (site,)

    def _area(self, area: str) -> int:
        if area not in self._area_parts:
            key = area if area in self._areas else plain(area).replace(" ", "-")
            self._area_parts[area] = self._part(Component.POWER_AREA, key, self._areas.get(area, area))
        return self._area_parts[area]

    def _near(self, line: Line | None) -> Path:
        """The terminal and the line itself."""
        if line is None:
            return ()
        if line.id not in self._nears:
            self._nears[line.id] = self._made_near(line)
        return self._nears[line.id]

    def _made_near(self, line: Line) -> Path:
        terminal = self._part(Component.TERMINAL, line.id, line.provider, line.commune, line.terminal_owner)
        link = self._part(Component.ACCESS_LINK, line.id, line.provider, line.commune)
        return (terminal, link, *(self._risk(risk) for risk in self._line_risks.get(line.id, ())))

    def _to_node(self, line: Line | None) -> Path:
        near = self._near(line)
        if line is None or not line.access_node:
            return near
        return (*near, self._node(self._nodes[line.access_node]))

    def _outward(self, line: Line | None) -> Path:
        """Terminal to core; a mobile line goes by another operator's network straight to the WAN."""
        if line is not None and line.kind is LineKind.MOBILE:
            return (*self._near(line), self._part(Component.WAN))
        trunk = self._trunk(line.access_node) if line and line.access_node else (self._core,)
        return self._near(line) + trunk

    def _trunk(self, node: str) -> Path:
        """An access node with everything it hangs from, up to the core."""
        if node not in self._trunks:
            chain_ = self._chain(self._nodes[node])
            own = [self._hung(one) for one in chain_]
            self._trunks[node] = tuple(dict.fromkeys([*chain.from_iterable(own), *self._ring(chain_[-1]), self._core]))
        return self._trunks[node]

    def _chain(self, node: AccessNode) -> list[AccessNode]:
        found = [node]
        while found[-1].uplink:
            found.append(self._nodes[found[-1].uplink])
        return found

    def _hung(self, node: AccessNode) -> Path:
        area = (self._area(node.power_area),) if node.power_area else ()
        return (self._node(node), *area, *(self._risk(risk) for risk in self._node_risks.get(node.id, ())))

    def _node(self, node: AccessNode) -> int:
        return self._part(Component.ACCESS_NODE, node.id, node.name or node.id)

    def _ring(self, node: AccessNode) -> Path:
        ring = self._ring_of.get(node.id)
        if ring is None:
            return ()
        runs = [run for run in self._sections[ring.id] if node.id in run]
        arcs = [self._part(Component.ARC, f"{ring.id}/{run[0]}..{run[-1]}", self._run_name(run)) for run in runs]
        return (*arcs, self._part(Component.RING, ring.id, ring.name or ring.id))

    def _run_name(self, run: Sequence[str]) -> str:
        first, last = self._nodes[run[0]], self._nodes[run[-1]]
        return f"{first.name or first.id} – {last.name or last.id}"

    def _risk(self, risk: str) -> int:
        names = {one.id: one.name for one in self._inventory.topology.risks}
        return self._part(Component.SHARED_RISK, risk, names[risk])

    def _resolver(self, network: Network) -> int:
        for one in self._inventory.topology.resolvers:
            if network is Network.BOTH or one.network in (Network.BOTH, network):
                return self._part(Component.DNS, one.id, one.name or one.address or one.id, owner=one.owner)
        return self._part(Component.DNS)

    def _inward(self, lines: Mapping[str, Sequence[Line]]) -> dict[str, Path]:
        collector = self._part(Component.COLLECTOR)
        found: dict[str, Path] = {GATEWAY: (collector,), CORE: (collector, self._core)}
        for node in self._inventory.access_nodes:
            if node.address:
                found[f"{Component.ACCESS_NODE}:{node.id}"] = (collector, *reversed(self._trunk(node.id)))
        for commune in self._inventory.communes:
            for line in lines.get(commune.code, ()):
                if line.terminal_address:
                    way = (collector, *reversed(self._outward(line)), *self._power(commune))
                    found[f"{Component.TERMINAL}:{line.id}"] = way
        return found


def _members(inventory: Inventory, what: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for risk in inventory.topology.risks:
        for member in getattr(risk, what):
            found.setdefault(member, []).append(risk.id)
    return found


def _with(path: Path, number: int) -> Path:
    return path if number in path else (*path, number)
