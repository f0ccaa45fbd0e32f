"""The communes as pages name and find them: from the inventory in force, else from the packaged table. Pure."""

from functools import lru_cache
from typing import NamedTuple

from . import commune as packaged
from .inventory.headings import plain
from .inventory.model import Commune, Inventory


class Place(NamedTuple):
    """A commune's names; ``plain`` is what it is found by, without marks and capitals."""

    code: str
    name: str
    district: str
    """The former district; of several the one that stands first, empty where none is entered."""
    plain: str


class Gazetteer:
    """All communes of an inventory, and those only the packaged table knows; kept while the inventory stays."""

    def __init__(self, inventory: Inventory | None) -> None:
        communes = inventory.communes if inventory else ()
        self.listed = {commune.code: commune for commune in communes}
        """By code, in the inventory's order."""
        self._known = {commune.code: _entered(commune) for commune in communes}
        self.districts = sorted({place.district for place in self._known.values() if place.district})

    def get(self, code: str) -> Place:
        """The commune with this code; under its bare code where nobody knows it."""
        found = self._known.get(code)
        if found is None:
            known = packaged.known(code)
            district = main_district(known.former_district) if known else ""
            found = self._known[code] = _place(code, packaged.name_of(code), district)
        return found

    def in_district(self, district: str) -> frozenset[str]:
        """The codes of the inventory's communes in a former district."""
        return frozenset(code for code in self.listed if self._known[code].district == district)


@lru_cache(maxsize=4)
def gazetteer_of(inventory: Inventory | None) -> Gazetteer:
    """The places of an inventory; made once while it is in force."""
    return Gazetteer(inventory)


@lru_cache(maxsize=65536)
def findable(text: str) -> str:
    """What people type and what they mean, made alike: ``Khánh Khê`` and ``khanh khe`` are one."""
    return plain(text)


def main_district(entered: str) -> str:
    """The former district that stands first where a commune was made of several."""
    return entered.partition(";")[0].strip()


def _entered(commune: Commune) -> Place:
    return _place(commune.code, commune.name, main_district(commune.former_district))


def _place(code: str, name: str, district: str) -> Place:
    return Place(code, name, district, f"{plain(name)} {plain(district)} {code}")
