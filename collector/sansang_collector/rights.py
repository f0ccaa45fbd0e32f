"""What each role of people may do, and for which communes: the one table of rights. Pure.

Tokens hold rights everywhere, by their scope; people hold roles for communes.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, NamedTuple

EVERYWHERE = "*"
"""In the place of a commune's code: all of them, those in no commune, and what belongs to none."""

PersonRole = Literal["viewer", "commune", "technician", "admin"]


class Right(StrEnum):
    """One thing that somebody may do."""

    SEE_CENTRE = "see_centre"
    """A centre's page, its machines, history and inventory entries; to print them."""
    SEE_FLEET = "see_fleet"
    """The wall, the list of machines, blind spots, what was asked and what is assigned."""
    ASK = "ask"
    """Have a machine check something again now."""
    ENROL = "enrol"
    """Make join codes, let waiting machines in."""
    HANDLE = "handle"
    """Acknowledge, assign, note, resolve, merge and split incidents."""
    PLAN = "plan"
    """Announce, cancel and end planned work."""
    CHANGE_MACHINES = "change_machines"
    """Roles of machines, retiring, revoking."""
    SEE_AUDIT = "see_audit"
    """Who did what."""
    PAIR = "pair"
    """Have somebody's Zalo chat paired, which is told of every commune from then on. Everywhere only."""
    PEOPLE = "people"
    """Accounts and what they may do. Everywhere only."""
    OPERATE = "operate"
    """Have the settings read again. Everywhere only."""
    METRICS = "metrics"
    """What Prometheus scrapes. Everywhere only."""


_LOOKING = frozenset({Right.SEE_CENTRE, Right.SEE_FLEET})

OF_ROLE: dict[str, frozenset[Right]] = {
    "viewer": _LOOKING,
    "commune": frozenset({Right.SEE_CENTRE}),
    "technician": _LOOKING | {Right.ASK, Right.ENROL, Right.HANDLE, Right.PLAN, Right.PAIR},
    "admin": frozenset(Right),
}

OF_SCOPE: dict[str, frozenset[Right]] = {
    "agent": frozenset(),
    "metrics": frozenset({Right.METRICS}),
    "read": _LOOKING,
    "admin": frozenset(Right),
}


EVERYWHERE_ONLY = frozenset({Right.PAIR, Right.PEOPLE, Right.OPERATE, Right.METRICS})
"""What belongs to no commune: a role that is held for some communes only does not give it."""


class Held(NamedTuple):
    """A role and where it is held: a commune's code, or EVERYWHERE."""

    role: str
    commune: str


class Communes(NamedTuple):
    """A set of communes that may be all there are."""

    codes: frozenset[str] = frozenset()
    everywhere: bool = False

    def has(self, commune: str) -> bool:
        """Whether it is among them."""
        return self.everywhere or commune in self.codes

    @property
    def only(self) -> str | None:
        """The code, where it is a single one; None for none and for more."""
        return next(iter(self.codes)) if len(self.codes) == 1 and not self.everywhere else None

    @property
    def is_empty(self) -> bool:
        """Whether there is none at all."""
        return not self.everywhere and not self.codes


ALL = Communes(everywhere=True)
NONE = Communes()


def just(commune: str) -> Communes:
    """This commune alone."""
    return Communes(frozenset({commune}))


def communes_for(right: Right, held: Iterable[Held]) -> Communes:
    """For which communes roles give a right."""
    where = {one.commune for one in held if right in OF_ROLE.get(one.role, ())}
    if EVERYWHERE in where:
        return ALL
    return NONE if right in EVERYWHERE_ONLY else Communes(frozenset(where))
