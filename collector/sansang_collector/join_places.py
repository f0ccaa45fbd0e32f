"""Into which communes machines may be let: those of the inventory, and of them those somebody may enrol for. Pure."""

from typing import NamedTuple

from sansang_agent.contract.assignment import Role

from .commune import CODE, NOWHERE
from .fleet_changes import MisplacedVantageError, RefusedError
from .inventory.model import Inventory
from .rights import Communes


class NoSuchCommuneError(RefusedError):
    """The inventory in force has none of this code, or it is no code at all."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no commune has the code {code[:20]!r}")


class NotTheirsError(RefusedError):
    """Whoever asks may not let machines into this commune."""

    def __init__(self, code: str) -> None:
        super().__init__(f"you may not let machines into {code}")


class Place(NamedTuple):
    """Where a machine may be let in."""

    code: str
    name: str


def places(inventory: Inventory | None, allowed: Communes) -> list[Place]:
    """All of them by name; none where no inventory says which communes there are."""
    known = inventory.communes if inventory else ()
    found = [Place(one.code, one.name) for one in known if allowed.has(one.code)]
    return sorted(found, key=lambda place: (place.name, place.code))


def check(code: str, role: Role, inventory: Inventory | None, allowed: Communes) -> None:
    """Raises :class:`NoSuchCommuneError`, :class:`NotTheirsError`, MisplacedVantageError where it may not be."""
    known = inventory is None or code == NOWHERE or any(one.code == code for one in inventory.communes)
    if not CODE.fullmatch(code) or not known:
        raise NoSuchCommuneError(code)
    if not (allowed.everywhere if code == NOWHERE else allowed.has(code)):
        raise NotTheirsError(code)
    if role is Role.VANTAGE and code != NOWHERE:
        raise MisplacedVantageError
