"""What the API says of accounts and is told about them; times are Unix seconds."""

from typing import Annotated

import msgspec

from .people import Person
from .rights import EVERYWHERE, Held, PersonRole

# Python's $ also stands before a last newline; JSON Schema's does not, and knows no \Z.
_PLACE = rf"^([0-9]{{5}}|\{EVERYWHERE})$(?!\n)"
_Password = Annotated[str, msgspec.Meta(max_length=1024)]


class HeldRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role and where it is held."""

    role: PersonRole
    commune: Annotated[str, msgspec.Meta(pattern=_PLACE, description="a commune's code, or * for everywhere")]


_Roles = Annotated[tuple[HeldRole, ...], msgspec.Meta(max_length=5000)]


class PersonView(msgspec.Struct, frozen=True):
    """An account."""

    id: int
    name: str
    roles: tuple[HeldRole, ...]
    created_at: float
    disabled_at: float | None


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account that is to be."""

    name: Annotated[str, msgspec.Meta(max_length=256)]
    roles: _Roles
    password: _Password | None = None
    """Without one, one is made and handed back."""

    def __repr__(self) -> str:
        return f"NewPerson({self.name!r}, …)"


class MadePerson(msgspec.Struct, frozen=True):
    """The account's number; its password where one was made, which is nowhere else."""

    id: int
    password: str | None = None

    def __repr__(self) -> str:
        return f"MadePerson({self.id}, …)"


class PersonChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of an account; what is not said stays as it is."""

    roles: _Roles | None = None
    """All that are held from now on."""
    disabled: bool | None = None
    password: _Password | None = None

    def __repr__(self) -> str:
        return f"PersonChange(roles={self.roles}, disabled={self.disabled}, …)"


def held(roles: tuple[HeldRole, ...]) -> tuple[Held, ...]:
    """As the ledger has them."""
    return tuple(Held(one.role, one.commune) for one in roles)


def person_view(person: Person) -> PersonView:
    """An account as the API shows it."""
    account = person.account
    # A role of a newer program is shown too.
    roles = tuple(HeldRole(one.role, one.commune) for one in person.held)  # type: ignore[arg-type]
    return PersonView(account.id, account.name, roles, account.created_at, account.disabled_at)
