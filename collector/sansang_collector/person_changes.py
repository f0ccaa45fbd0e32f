"""Every change of an account: that it is, its roles and where they are held, its password, its end. All is audited.

Passwords come here only as what is kept of them (passwords.py); roles apply to the next request of whoever holds them.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from . import audit, people, sessions
from .audit import Deed
from .commune import CODE
from .people import HELD_ROLE, PERSON, Account
from .person_names import folded, is_name
from .person_words import ROLES, PersonError, Refused
from .rights import EVERYWHERE, Held

MOST_ROLES = 5_000
"""Roles in places that one account may hold: a role in each commune of the country, and some more."""


def checked(held: Iterable[Held], communes: Collection[str] | None) -> tuple[Held, ...]:
    """The same, each once; raises :class:`PersonError`.

    ``communes``: the codes of the inventory in force, None where none ever was.
    """
    found = tuple(dict.fromkeys(held))[: MOST_ROLES + 1]
    if not found or len(found) > MOST_ROLES:
        raise PersonError(Refused.NO_PLACE)
    for one in found:
        if one.role not in ROLES:
            raise PersonError(Refused.ROLE, role=shown(one.role), roles=", ".join(ROLES))
        if one.commune == EVERYWHERE:
            continue
        if CODE.fullmatch(one.commune) is None:
            raise PersonError(Refused.COMMUNE, commune=shown(one.commune))
        if communes is not None and one.commune not in communes:
            raise PersonError(Refused.NO_COMMUNE, commune=one.commune)
    return found


def named(typed: str) -> str:
    """The name that an account gets whose name somebody typed; raises :class:`PersonError`."""
    name = folded(typed)
    if not is_name(name):
        raise PersonError(Refused.NAME, name=shown(typed))
    return name


def add(connection: Connection, name: str, kept: str, held: Iterable[Held], who: str, now: float) -> int:
    """Make an account with these roles, which are :func:`checked`; its number. Raises :class:`PersonError`."""
    if people.find(connection, name) is not None:
        raise PersonError(Refused.TAKEN, name=name)
    row = {"name": name, "password": kept, "created_at": now, "changed_at": now}
    person = int(connection.scalars(PERSON.insert().values(row).returning(PERSON.c.id)).one())
    audit.note(connection, Deed(now, who, "person_add", "", None, name))
    grant(connection, account_of(connection, person), held, who, now)
    return person


def grant(connection: Connection, account: Account, held: Iterable[Held], who: str, now: float) -> None:
    """Give roles, which are :func:`checked`; those that are held already stay."""
    for one in sorted(set(held) - set(people.roles_of(connection, account.id))):
        connection.execute(HELD_ROLE.insert().values(person=account.id, role=one.role, commune=one.commune))
        audit.note(connection, Deed(now, who, "grant", _place(one), None, f"{account.name}: {_said(one)}"))


def withdraw(connection: Connection, account: Account, held: Iterable[Held], who: str, now: float) -> None:
    """Take roles away; raises :class:`PersonError` for one that is not held."""
    for one in sorted(set(held)):
        mine = HELD_ROLE.c.person == account.id
        taken = HELD_ROLE.delete().where(mine, HELD_ROLE.c.role == one.role, HELD_ROLE.c.commune == one.commune)
        if connection.execute(taken).rowcount != 1:
            raise PersonError(Refused.NOT_HELD, name=account.name, role=shown(one.role))
        audit.note(connection, Deed(now, who, "withdraw", _place(one), None, f"{account.name}: {_said(one)}"))


def set_roles(connection: Connection, account: Account, held: Iterable[Held], who: str, now: float) -> None:
    """Give and take away until exactly these are held, which are :func:`checked` or none at all."""
    wanted, had = set(held), set(people.roles_of(connection, account.id))
    withdraw(connection, account, had - wanted, who, now)
    grant(connection, account, wanted - had, who, now)


def set_password(connection: Connection, account: Account, kept: str, who: str, now: float) -> None:
    """Replace the password; every session of the account has ended."""
    _end(connection, account, now, password=kept)
    audit.note(connection, Deed(now, who, "password", "", None, account.name))


def disable(connection: Connection, account: Account, who: str, now: float) -> None:
    """End every session and let nobody log in; done again, it changes nothing. The roles are kept."""
    if account.disabled_at is None:
        _end(connection, account, now, disabled_at=now)
        audit.note(connection, Deed(now, who, "person_disable", "", None, account.name))


def enable(connection: Connection, account: Account, who: str, now: float) -> None:
    """Let them log in again, with the roles there are; done again, it changes nothing."""
    if account.disabled_at is not None:
        connection.execute(PERSON.update().where(PERSON.c.id == account.id).values(disabled_at=None))
        audit.note(connection, Deed(now, who, "person_enable", "", None, account.name))


def account_of(connection: Connection, person: int) -> Account:
    """The account of this number; raises :class:`PersonError`."""
    found = people.get(connection, person)
    if found is None:
        raise PersonError(Refused.UNKNOWN, name=person)
    return found


def account_named(connection: Connection, typed: str) -> Account:
    """The account of this name; raises :class:`PersonError`."""
    found = people.find(connection, folded(typed))
    if found is None:
        raise PersonError(Refused.UNKNOWN, name=shown(typed))
    return found


def shown(typed: str) -> str:
    """What somebody typed, short and without what a terminal or a log would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in typed[:80])


def _end(connection: Connection, account: Account, now: float, **values: object) -> None:
    # Never earlier than before, though a clock was set back: sessions are held against it.
    changed_at = max(now, account.changed_at)
    connection.execute(PERSON.update().where(PERSON.c.id == account.id).values(changed_at=changed_at, **values))
    sessions.end_all_of(connection, account.id)


def _place(held: Held) -> str:
    return "" if held.commune == EVERYWHERE else held.commune


def _said(held: Held) -> str:
    return f"{held.role} everywhere" if held.commune == EVERYWHERE else held.role
