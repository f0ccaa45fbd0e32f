"""What pages and the API do to accounts: passwords are judged and made into what is kept here, outside the ledger."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from sqlalchemy import Connection

from sansang_collector import access, passwords, people, person_changes
from sansang_collector.access import NotAllowedError, Principal
from sansang_collector.people import Account
from sansang_collector.person_words import PersonError, Refused
from sansang_collector.rights import Held, Right, communes_for

from . import shell

T = TypeVar("T")


def communes_of(request: Request) -> frozenset[str] | None:
    """The communes for which a role can be held: the inventory's; None where there is no inventory."""
    inventory = shell.inventory_of(request)
    return frozenset(one.code for one in inventory.communes) if inventory else None


async def kept(request: Request, password: str, name: str) -> str:
    """What is kept of a new password; raises PersonError, BusyError."""
    weak = passwords.weakness(password, name)
    if weak:
        raise PersonError(weak)
    return await shell.collector_of(request).login.passwords.make(password)


async def add(request: Request, who: Principal, typed: str, held: tuple[Held, ...], password: str) -> int:
    """Make an account; its number. Raises PersonError, BusyError."""
    name = person_changes.named(typed)
    roles = person_changes.checked(held, communes_of(request))
    of_password = await kept(request, password, name)
    return await write(request, who, lambda it, by, now: person_changes.add(it, name, of_password, roles, by, now))


async def write(request: Request, who: Principal, deed: Callable[[Connection, str, float], T]) -> T:
    """All of it or nothing, by whoever it is for the audit, now; raises PersonError, NotAllowedError."""
    collector = shell.collector_of(request)
    now = collector.now()

    def do(connection: Connection) -> T:
        # Asked again where deeds come one after the other: two who take it from each other would leave nobody.
        if who.person is not None and communes_for(Right.PEOPLE, people.held_by(connection, who.person)).is_empty:
            raise NotAllowedError(403, access.NOT_YOURS)
        return deed(connection, access.named(connection, who), now)

    return await collector.store.write(do)


def of_another(connection: Connection, who: Principal, person: int) -> Account:
    """The account of this number, where ``who`` is somebody else; raises PersonError.

    So an administrator always stays, and a session left open cannot be made into an account taken over.
    """
    account = person_changes.account_of(connection, person)
    if account.id == who.person:
        raise PersonError(Refused.OWN)
    return account


def find(request: Request, person: int) -> people.Person | None:
    """The account of this number with its roles."""
    with shell.collector_of(request).store.read() as connection:
        account = people.get(connection, person)
        return people.Person(account, people.roles_of(connection, person)) if account else None
