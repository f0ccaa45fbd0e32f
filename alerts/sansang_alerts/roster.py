"""Who may be told at one moment, and through what: the settings with chats, overrides and holidays around them. Pure.

Made anew for each transaction; ``deciding`` asks it and nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

from . import rota, routing
from .fault import Fault
from .reach import Chats, Way, person_of, ways
from .rota import Override
from .settings import AlertSettings, Person, Team
from .vietnam import days_of


class Roster(NamedTuple):
    """The settings, and what people have arranged since."""

    settings: AlertSettings
    chats: Chats
    overrides: Sequence[Override]
    holidays: frozenset[int]

    def team_of(self, fault: Fault) -> Team:
        """Whose a fault is."""
        return routing.team_for(self.settings, fault)

    def team(self, id_: str, fault: Fault) -> Team:
        """A team by id; where the settings no longer have it, whoever takes the fault now."""
        return routing.team_of(self.settings, id_) or self.team_of(fault)

    def on_call(self, team: Team, at: float) -> tuple[str, ...]:
        """Ids of people in order, never empty."""
        return rota.people_at(team, at, self.overrides, self.holidays).people

    def person(self, id_: str) -> Person | None:
        """Somebody by id, if the settings still have them."""
        return person_of(self.settings.people, id_)

    def ways(self, person: str, channels: Sequence[str] = ()) -> tuple[Way, ...]:
        """How somebody is reached, through these channels or through all."""
        found = self.person(person)
        if found is None:
            return ()
        return tuple(way for way in ways(self.settings, found, self.chats) if not channels or way.channel in channels)


def roster_of(settings: AlertSettings, chats: Chats, overrides: Sequence[Override]) -> Roster:
    """With the settings' own holidays."""
    return Roster(settings, chats, overrides, days_of(settings.holidays))
