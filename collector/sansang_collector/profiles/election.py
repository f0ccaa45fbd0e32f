"""Which machine of a commune asks the services for all of it. Pure.

Alive before silent, always on before at a counter before a kiosk; whoever has the office keeps it against its equals.
"""

from collections.abc import Container, Iterable
from typing import NamedTuple

from sansang_agent.contract.assignment import Role

_RANK = {Role.VANTAGE: 0, Role.MINI: 0, Role.COUNTER: 1, Role.KIOSK: 2}


class Machine(NamedTuple):
    """An agent in use; ``id`` is the ledger's."""

    id: int
    commune: str
    name: str
    role: Role


def elected(candidates: Iterable[Machine], silent: Container[int], incumbent: int | None = None) -> int | None:
    """The id of the machine that asks; None where there is none."""
    order = sorted((one.id in silent, _RANK[one.role], one.id != incumbent, one.id) for one in candidates)
    return order[0][3] if order else None
