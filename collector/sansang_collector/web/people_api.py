"""Accounts by API: listed, made and changed by whoever has the right to, everywhere. All is audited."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_collector import passwords, people, person_changes
from sansang_collector.access import Principal, require
from sansang_collector.passwords import BusyError
from sansang_collector.person_view import MadePerson, NewPerson, PersonChange, PersonView, held, person_view
from sansang_collector.person_words import PersonError, Refused
from sansang_collector.rights import Right

from . import person_deeds, shell
from .api import Limit, Offset, answer
from .login import BUSY_S, waiting_headers
from .schemas import body_of, listed, one, refusal
from .sent import message_of

MAX_BODY_BYTES = 1_048_576
"""Of somebody with a role in every commune of the country."""

Who = Annotated[Principal, Depends(require(Right.PEOPLE))]
PersonId = Annotated[int, Path(ge=1, le=9_007_199_254_740_991)]

_REFUSALS = refusal(401, "No valid token or session.") | refusal(403, "The credential lacks the right.")
_WRONG = (
    refusal(413, "A body that is too long.")
    | refusal(422, "A body that cannot be.")
    | refusal(503, "Too many passwords are being made just now.")
)

router = APIRouter(prefix="/api/v1/people", tags=["people"], responses=_REFUSALS, default_response_class=Response)


@router.get("", summary="Accounts", responses=listed(PersonView) | refusal(422, "A parameter that cannot be."))
def all_people(request: Request, _who: Who, limit: Limit = 200, offset: Offset = 0) -> Response:
    """All accounts by name, disabled ones too; never a password or what is kept of it."""
    with shell.collector_of(request).store.read() as connection:
        found = people.everybody(connection)
    items = [person_view(person) for person in found[offset : offset + limit]]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


@router.post(
    "", summary="Make an account", status_code=201, responses=one(MadePerson, 201) | _WRONG,
    openapi_extra=body_of(NewPerson),
)  # fmt: skip
async def make(request: Request, who: Who) -> Response:
    """Names are Vietnamese or English letters, digits, ``. _ -``; capitals count as small letters."""
    wanted = await message_of(request, NewPerson, MAX_BODY_BYTES)
    made = None if wanted.password is not None else passwords.random_password()
    try:
        number = await person_deeds.add(request, who, wanted.name, held(wanted.roles), wanted.password or made or "")
    except (PersonError, BusyError) as error:
        raise _refused(error) from None
    response = answer(MadePerson(number, made))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@router.patch(
    "/{person}", summary="Change an account", status_code=204,
    responses=_WRONG | refusal(404, "There is none."), openapi_extra=body_of(PersonChange),
)  # fmt: skip
async def change(request: Request, person: PersonId, who: Who) -> Response:
    """All of what is said or, with a 422, nothing. A new password, and disabling, end every session."""
    asked = await message_of(request, PersonChange, MAX_BODY_BYTES)
    found = person_deeds.find(request, person)
    if found is None:
        raise HTTPException(404, f"there is no account {person}")
    if asked.roles is None and asked.disabled is None and asked.password is None:
        raise HTTPException(422, "say 'roles', 'disabled', 'password' or several of them")
    try:
        wanted = held(asked.roles or ())
        roles = person_changes.checked(wanted, person_deeds.communes_of(request)) if wanted else ()
        kept = (
            await person_deeds.kept(request, asked.password, found.account.name) if asked.password is not None else ""
        )

        def do(connection: Connection, by: str, now: float) -> None:
            account = person_deeds.of_another(connection, who, person)
            if asked.roles is not None:
                person_changes.set_roles(connection, account, roles, by, now)
            if kept:
                person_changes.set_password(connection, account, kept, by, now)
            if asked.disabled is not None:
                ended = person_changes.disable if asked.disabled else person_changes.enable
                ended(connection, account, by, now)

        await person_deeds.write(request, who, do)
    except (PersonError, BusyError) as error:
        raise _refused(error) from None
    return Response(status_code=204)


def _refused(error: PersonError | BusyError) -> HTTPException:
    if isinstance(error, BusyError):
        return HTTPException(503, str(PersonError(Refused.BUSY)), waiting_headers(BUSY_S))
    return HTTPException(422, str(error))
