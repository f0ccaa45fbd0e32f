"""What parts are called, and what does not cross them, by an inventory and its topology. Pure.

A part that the inventory no longer has keeps the name its id tells; nothing fails for it.
"""

from collections.abc import Collection, Iterable

from sansang_agent.contract.rung import PLACES, Component
from sansang_agent.contract.words import word
from sansang_collector import topology as topologies
from sansang_collector.inventory.contacts import Directory
from sansang_collector.inventory.model import Asker, Inventory, Service
from sansang_collector.topology import Part, Topology

from .speech import Speech

NEAR = frozenset(
    {
        Component.SITE_POWER,
        Component.PC,
        Component.PC_APP,
        Component.LAN,
        Component.TERMINAL,
        Component.ACCESS_LINK,
    }
)
"""What belongs to one commune."""
OF_A_SERVICE = frozenset({Component.SVC_TCP, Component.SVC_APP})
_IN_BRACKETS = OF_A_SERVICE | {Component.DNS}
"""Their names are whole ones, which a term before them would only garble."""
_KEYED_BY_COMMUNE = NEAR - {Component.TERMINAL, Component.ACCESS_LINK}


class Naming:
    """Of one version of an inventory."""

    def __init__(self, inventory: Inventory, topology: Topology | None = None) -> None:
        self._topology = topologies.build(inventory) if topology is None else topology
        self._lines = topologies.lines_by_commune(inventory)
        self._services = [one for one in inventory.services if one.asked and one.asked_by is Asker.AGENTS]
        self._names = {one.id: one.name for one in inventory.services}
        self.desks = Directory(inventory.contacts)
        """Whom to call."""
        self.communes = tuple(one.code for one in inventory.communes)
        """All codes."""
        self.parts = tuple(self._topology.parts)
        """All that can break but machines themselves."""

    def part(self, part: str) -> Part:
        """The part of this id."""
        number = self._topology.numbers.get(part)
        return self._topology.parts[number] if number is not None else _told_by_id(part)

    def title(self, part: str, speech: Speech) -> str:
        """A part as it is called in the middle of a sentence: ``ring Văn Quan – Bình Gia``."""
        one = self.part(part)
        term = speech.word("component", one.kind)
        if one.kind in NEAR and one.commune:
            return self._of_commune(one, term, speech)
        own = _own_name(one)
        return f"{term} {own}" if own else term

    def service(self, service: str) -> str:
        """What a service is called."""
        return self._names.get(service, service)

    def asks_terminal(self, commune: str) -> bool:
        """Whether the centre sends echoes to a terminal of this commune."""
        lines = self._lines.get(commune, ())
        return any(f"{Component.TERMINAL}:{line.id}" in self._topology.inward for line in lines)

    def asks_node(self, part: str) -> bool:
        """Whether the centre sends echoes to this access node."""
        return part in self._topology.inward

    def lies_before(self, part: str, probed: str) -> bool:
        """Whether the centre's echoes to ``probed`` cross this part."""
        return self._topology.numbers.get(part) in self._topology.inward.get(probed, ())

    def spared(self, parts: Iterable[str], communes: Collection[str]) -> list[str]:
        """Names of the services that none of these communes reaches across any of these parts."""
        numbers = {self._topology.numbers[part] for part in parts if part in self._topology.numbers}
        known = [code for code in communes if code in self._topology.templates]
        if not numbers or not known:
            return []
        return [one.name for one in self._services if not any(self._crosses(one, code, numbers) for code in known)]

    def _crosses(self, service: Service, commune: str, numbers: set[int]) -> bool:
        templates = self._topology.templates[commune]
        return any(numbers & set(templates[service.check_id(check)].path) for check in service.checks)

    def _of_commune(self, part: Part, term: str, speech: Speech) -> str:
        own = _machine(part) or self._which_line(part)
        named = f"{term} {own}" if own else term
        return speech.say("{part} of {commune}").format(part=named, commune=speech.commune(part.commune))

    def _which_line(self, part: Part) -> str:
        """Whose or which line it is of, where the commune has several."""
        if part.kind in _KEYED_BY_COMMUNE or len(self._lines.get(part.commune, ())) < 2:
            return ""
        return f"({part.name or part.id.partition(':')[2]})"


def _machine(part: Part) -> str:
    return part.id.partition("/")[2] if part.kind in (Component.PC, Component.PC_APP) else ""


def _told_by_id(part: str) -> Part:
    prefix, _, key = part.partition(":")
    kind = Component(prefix)
    commune = key.partition("/")[0] if kind in _KEYED_BY_COMMUNE else ""
    return Part(part, kind, key, PLACES[kind].owner, commune)


def _own_name(part: Part) -> str:
    """The name without what it shares with the term: of ``Vòng Văn Quan`` only ``Văn Quan``, in both languages."""
    if part.kind in _IN_BRACKETS:
        return f"({part.name})" if part.name else ""
    name, term = part.name.split(), word("component", part.kind).split()
    shared = 0
    while shared < min(len(name), len(term)) and name[shared].lower() == term[shared]:
        shared += 1
    return " ".join(name[shared:])
