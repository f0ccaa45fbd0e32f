"""/people: accounts, for whoever has the right to: a list, one page each, and what takes something away asks first."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from sansang_collector import passwords, people, person_changes
from sansang_collector.access import Principal, require, require_form
from sansang_collector.passwords import BusyError
from sansang_collector.people import Account, Person
from sansang_collector.person_words import ROLES, PersonError, Refused
from sansang_collector.rights import EVERYWHERE, Held, Right

from . import person_deeds, shell
from .person_phrases import PersonPhrases, RoleHeld
from .sent import Form, form_of, said

router = APIRouter(include_in_schema=False)

MOST_BYTES = 262_144
"""Of a form: every commune of the country ticked is far less."""

Reads = Annotated[Principal, Depends(require(Right.PEOPLE))]
Acts = Annotated[Principal, Depends(require_form(Right.PEOPLE))]
PersonId = Annotated[int, Path(ge=1, le=9_007_199_254_740_991)]


class Deed(StrEnum):
    """What the buttons of a person's page offer."""

    GRANT = "grant"
    WITHDRAW = "withdraw"
    PASSWORD = "password"  # noqa: S105  # a deed, no secret
    DISABLE = "disable"
    ENABLE = "enable"


class Row(NamedTuple):
    """An account in the list."""

    account: Account
    roles: list[RoleHeld]


@router.get("/people")
def list_(request: Request, _who: Reads) -> Response:
    """All accounts, and the form for one more."""
    return _list(request)


@router.post("/people")
async def add(request: Request, who: Acts) -> Response:
    """Make an account and show its start password, this once; or the list again with what is wrong (422)."""
    form = await form_of(request, MOST_BYTES)
    password = passwords.random_password()
    try:
        number = await person_deeds.add(request, who, said(form, "name"), _places(form), password)
    except (PersonError, BusyError) as error:
        return _list(request, error, form)
    return _told(request, number, password)


@router.get("/people/{person}")
def show(request: Request, person: PersonId, _who: Reads) -> Response:
    """One account, and what can be done to it."""
    return _person(request, person)


@router.get("/people/{person}/confirm")
def confirm(request: Request, person: PersonId, who: Reads, deed: Deed, role: str = "", commune: str = "") -> Response:
    """What will happen; nothing has happened yet."""
    found = _found(request, person)
    phrases = PersonPhrases(shell.phrases(request))
    return shell.page(
        request,
        "person_confirm.html",
        account=found.account,
        is_own=person == who.person,
        deed=deed,
        role=role[:32],
        commune=commune[:8],
        taken=phrases.roles([Held(role[:32], commune[:8])]),
    )


@router.post("/people/{person}/deeds")
async def do(request: Request, person: PersonId, who: Acts) -> Response:
    """Do it and go back to the account's page; a new password is shown, this once."""
    form = await form_of(request, MOST_BYTES)
    found = _found(request, person)
    try:
        deed = Deed(said(form, "deed"))
    except ValueError:
        raise HTTPException(422, "the form says nothing to do") from None
    password = passwords.random_password() if deed is Deed.PASSWORD else ""
    try:
        kept = await person_deeds.kept(request, password, found.account.name) if password else ""
        await person_deeds.write(request, who, _deed(request, who, person, deed, _places(form), kept))
    except (PersonError, BusyError) as error:
        return _person(request, person, error)
    return _told(request, person, password) if password else RedirectResponse(f"/people/{person}", 303)


def _deed(
    request: Request, who: Principal, person: int, deed: Deed, held: tuple[Held, ...], kept: str
) -> Callable[[Connection, str, float], None]:
    communes = person_deeds.communes_of(request)

    def do(connection: Connection, by: str, now: float) -> None:
        if deed is Deed.GRANT:
            account = person_changes.account_of(connection, person)
            person_changes.grant(connection, account, person_changes.checked(held, communes), by, now)
            return
        account = person_deeds.of_another(connection, who, person)
        if deed is Deed.WITHDRAW:
            person_changes.withdraw(connection, account, held, by, now)
        elif deed is Deed.PASSWORD:
            person_changes.set_password(connection, account, kept, by, now)
        elif deed is Deed.DISABLE:
            person_changes.disable(connection, account, by, now)
        else:
            person_changes.enable(connection, account, by, now)

    return do


def _places(form: Form) -> tuple[Held, ...]:
    """What the form asks for: one role, everywhere or for communes named one by one or several in a field."""
    role = said(form, "role")
    if said(form, "where") == "everywhere":
        return (Held(role, EVERYWHERE),)
    typed = " ".join(form.get("commune", [])).replace(",", " ").replace(";", " ")
    return tuple(Held(role, code) for code in typed.split())


def _found(request: Request, person: int) -> Person:
    found = person_deeds.find(request, person)
    if found is None:
        raise HTTPException(404)
    return found


def _list(request: Request, trouble: Exception | None = None, form: Form | None = None) -> Response:
    with shell.collector_of(request).store.read() as connection:
        found = people.everybody(connection)
    phrases = PersonPhrases(shell.phrases(request))
    rows = [Row(one.account, phrases.roles(one.held)) for one in found]
    return _page(request, "people.html", trouble, rows=rows, typed=said(form or {}, "name")[:64])


def _person(request: Request, person: int, trouble: Exception | None = None) -> Response:
    found = _found(request, person)
    phrases = PersonPhrases(shell.phrases(request))
    return _page(request, "person.html", trouble, account=found.account, held=phrases.roles(found.held))


def _told(request: Request, person: int, password: str) -> Response:
    return _page(request, "person_password.html", None, account=_found(request, person).account, password=password)


def _page(request: Request, template: str, trouble: Exception | None, **context: object) -> Response:
    say = shell.phrases(request)
    inventory = shell.inventory_of(request)
    busy = isinstance(trouble, BusyError)
    error = PersonError(Refused.BUSY) if busy else trouble
    answer = shell.page(
        request,
        template,
        trouble=error.said(say.translations.gettext) if isinstance(error, PersonError) else "",
        offered=[(role, PersonPhrases(say).role(role)) for role in ROLES],
        places=[(one.code, one.name) for one in inventory.communes] if inventory else [],
        **context,
    )
    answer.status_code = 503 if busy else 422 if trouble else 200
    return answer
