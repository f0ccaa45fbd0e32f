"""Which team a fault is told to: by its system, its communes and its owner, the most particular row first. Pure.

The same fault always goes to the same team, and none to nobody: the settings demand a row that takes everything.
"""

from .fault import Fault
from .settings import AlertSettings, Takes, Team


def team_for(settings: AlertSettings, fault: Fault) -> Team:
    """The team whose row fits the fault best; the last team if none does; LookupError where there are no teams."""
    fitting = [
        (particular(row), -number, team)
        for number, (team, row) in enumerate((team, row) for team in settings.teams for row in team.takes)
        if fits(row, fault)
    ]
    if fitting:
        return max(fitting, key=lambda found: found[:2])[2]
    if not settings.teams:
        raise LookupError("there are no teams")
    return settings.teams[-1]


def team_of(settings: AlertSettings, id_: str) -> Team | None:
    """The team of this id, if the settings still have it."""
    return next((team for team in settings.teams if team.id == id_), None)


def fits(row: Takes, fault: Fault) -> bool:
    """Whether a row speaks of the fault: of all its systems and all its communes, where it names any."""
    return (
        (not row.owners or fault.owner in row.owners)
        and _within([place.code for place in fault.communes], row.communes)
        and _within(fault.systems, row.systems)
    )


def particular(row: Takes) -> tuple[bool, bool, bool, int, int, int]:
    """How much a row says, to be compared: a system before communes before owners, and of each fewer before more."""
    named = (row.systems, row.communes, row.owners)
    systems, communes, owners = named
    return bool(systems), bool(communes), bool(owners), -len(systems), -len(communes), -len(owners)


def _within(those: tuple[str, ...] | list[str], named: tuple[str, ...]) -> bool:
    """What goes beyond a row's communes or systems is a matter for whoever has all of them."""
    return not named or (bool(those) and set(those) <= set(named))
