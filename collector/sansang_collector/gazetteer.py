"""How communes are found: by their names and former districts without marks and capitals. Pure."""

from functools import lru_cache
from typing import NamedTuple

from .commune import PACKAGED, Places
from .inventory.headings import plain

_CODE_BEGINS = 3
"""Fewer digits are a machine's number rather than a commune's."""


class Place(NamedTuple):
    """A commune's names; ``plain`` is what it is found by."""

    code: str
    name: str
    district: str
    """The former district; of several the one that stands first, empty where none is known."""
    plain: str

    def has(self, word: str) -> bool:
        """Whether it is found by ``word``, which is plain: part of a name, or how its code begins."""
        return word in self.plain or (len(word) >= _CODE_BEGINS and self.code.startswith(word))


class Gazetteer:
    """The communes of an inventory, and those that only the packaged table knows; made anew with the inventory."""

    def __init__(self, places: Places = PACKAGED) -> None:
        self._places = places
        self._made: dict[str, Place] = {}
        self._districts: dict[str, set[str]] = {}
        for code in places.communes:
            self._districts.setdefault(self.get(code).district, set()).add(code)

    @property
    def districts(self) -> list[str]:
        """The former districts of the inventory."""
        return sorted(district for district in self._districts if district)

    def get(self, code: str) -> Place:
        """The commune with this code; under its bare code where nobody knows it."""
        found = self._made.get(code)
        if found is None:
            known = self._places.known(code)
            name = self._places.name_of(code)
            district = main_district(known.former_district) if known else ""
            found = self._made[code] = Place(code, name, district, f"{plain(name)} {plain(district)}")
        return found

    def in_district(self, district: str) -> frozenset[str]:
        """The codes of the inventory's communes in a former district."""
        return frozenset(self._districts.get(district, ()))


@lru_cache(maxsize=65536)
def findable(text: str) -> str:
    """What people type and what they mean, made alike: ``Khánh Khê`` and ``khanh khe`` are one."""
    return plain(text)


def main_district(entered: str) -> str:
    """The former district that stands first where a commune was made of several."""
    return entered.partition(";")[0].strip()
