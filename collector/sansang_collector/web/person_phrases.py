"""What pages call roles and the places they are held for. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from sansang_collector import person_words
from sansang_collector.rights import EVERYWHERE, Held

from .phrases import Phrases


class RoleHeld(NamedTuple):
    """One role of somebody, in words."""

    role: str
    name: str
    everywhere: bool
    communes: list[tuple[str, str]]
    """Codes and names."""


class PersonPhrases:
    """One per language."""

    def __init__(self, say: Phrases) -> None:
        self._say = say

    def role(self, role: str) -> str:
        """What a role is called."""
        return person_words.role(role, self._say.translations.gettext)

    def roles(self, held: Iterable[Held]) -> list[RoleHeld]:
        """Roles, the least first, each with its communes."""
        return [
            RoleHeld(
                role,
                self.role(role),
                places == [EVERYWHERE],
                [] if places == [EVERYWHERE] else [(code, self._say.commune(code)) for code in places],
            )
            for role, places in person_words.places_by_role(held).items()
        ]
