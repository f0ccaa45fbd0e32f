"""Why an account is not made or changed, and what roles are called, as a person or a program is told."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from . import passwords
from .passwords import Weak
from .refusal import Gettext, RefusedError
from .rights import EVERYWHERE, Held

ROLES = ("viewer", "commune", "technician", "admin")
"""All there are, the least first; rights.py says what each may do."""


class Refused(StrEnum):
    """Why nothing was changed."""

    NAME = "name"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    ROLE = "role"
    COMMUNE = "commune"
    NO_PLACE = "no_place"
    NO_COMMUNE = "no_commune"
    NOT_HELD = "not_held"
    OWN = "own"
    DIFFER = "differ"
    WRONG = "wrong"
    BUSY = "busy"


class PersonError(RefusedError[Refused | Weak]):
    """Nothing was changed."""

    def texts(self, _: Gettext) -> Mapping[Refused | Weak, str]:
        """For each reason but a password's weakness, of which one has the name of another reason."""
        return {
            Refused.NAME: _(
                "'{name}' cannot be an account's name: at most 64 letters (Vietnamese ones too), digits, . _ and -, the"
                " first a letter or a digit; capitals and small letters are the same."
            ),
            Refused.TAKEN: _("There is an account '{name}' already."),
            Refused.UNKNOWN: _("There is no account '{name}'."),
            Refused.ROLE: _("'{role}' is no role; there are {roles}."),
            Refused.COMMUNE: _("'{commune}' is not a commune's code of five digits."),
            Refused.NO_PLACE: _("Say for which communes the role is held, or everywhere."),
            Refused.NO_COMMUNE: _("The inventory in force has no commune {commune}."),
            Refused.NOT_HELD: _("{name} does not hold the role '{role}' there."),
            Refused.OWN: _(
                "Nobody can disable their own account, withdraw their own roles or reset their own password; another"
                " administrator can."
            ),
            Refused.DIFFER: _("The two new passwords are not the same."),
            Refused.WRONG: _("The present password is wrong."),
            Refused.BUSY: _("Too many passwords are being checked just now; try again in a few seconds."),
        }

    def said(self, _: Gettext) -> str:
        """One sentence or two in the language of ``_``."""
        return _weakness(self.refused, _) if isinstance(self.refused, Weak) else super().said(_)


def _weakness(weak: Weak, _: Gettext) -> str:
    return {
        Weak.SHORT: _("A password has at least {shortest} characters.").format(shortest=passwords.SHORTEST),
        Weak.LONG: _("A password has at most {longest} characters.").format(longest=passwords.LONGEST),
        Weak.NAME: _("A password cannot be hardly more than the account's name."),
        Weak.PLAIN: _("That password is too easily guessed: a row, or hardly any different characters."),
    }[weak]


def role(name: str, _: Gettext) -> str:
    """What a role is called; one of a newer program by its own name."""
    return {
        "viewer": _("viewer"),
        "commune": _("commune IT"),
        "technician": _("technician"),
        "admin": _("administrator"),
    }.get(name, name)


def places_by_role(held: Iterable[Held]) -> dict[str, list[str]]:
    """For each role that is held, its communes' codes; EVERYWHERE alone where it is held everywhere."""
    found: dict[str, list[str]] = {}
    for one in held:
        found.setdefault(one.role, []).append(one.commune)
    known = [name for name in ROLES if name in found]
    order = [*known, *sorted(set(found) - set(known))]
    return {name: [EVERYWHERE] if EVERYWHERE in found[name] else sorted(found[name]) for name in order}
