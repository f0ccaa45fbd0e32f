"""/account: who one is here, what one may do where, and a new password of one's own."""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from sansang_collector import cookies, passwords
from sansang_collector.access import NotAllowedError, Principal, require_acting_person, require_credential
from sansang_collector.login import WaitError, WrongError
from sansang_collector.passwords import BusyError
from sansang_collector.person_words import PersonError, Refused

from . import shell
from .login import BUSY_S, MOST_BYTES, client_of, waiting_headers
from .person_phrases import PersonPhrases
from .sent import Form, form_of, said

router = APIRouter(include_in_schema=False)


@router.get("/account")
def show(request: Request, who: Annotated[Principal, Depends(require_credential)], done: bool = False) -> Response:
    """One's own account; 403 for a token or a one-time link's session, which have none."""
    if who.person is None:
        raise NotAllowedError(403, "this credential belongs to no account")
    return _page(request, who, done=done)


@router.post("/account/password")
async def change(request: Request, who: Annotated[Principal, Depends(require_acting_person)]) -> Response:
    """Replace one's own password, which the present one proves; every other session has ended."""
    form = await form_of(request, MOST_BYTES)
    login = shell.collector_of(request).login
    try:
        _check(form, who.name)
        present, new = said(form, "password"), said(form, "new")
        secret = await login.change_own_password(who.name, present, new, client_of(request))
    except PersonError as error:
        return _page(request, who, 422, trouble=error)
    except WrongError:
        return _page(request, who, 422, trouble=PersonError(Refused.WRONG))
    except WaitError as error:
        return _page(request, who, 429, wait_s=error.seconds)
    except BusyError:
        return _page(request, who, 503, trouble=PersonError(Refused.BUSY), wait_s=BUSY_S)
    answer = RedirectResponse("/account?done=1", 303, {"Cache-Control": "no-store"})
    cookies.give(request, answer, secret, acts=True)
    return answer


def _check(form: Form, name: str) -> None:
    new = said(form, "new")
    if new != said(form, "again"):
        raise PersonError(Refused.DIFFER)
    weak = passwords.weakness(new, name)
    if weak:
        raise PersonError(weak)


def _page(
    request: Request,
    who: Principal,
    status: int = 200,
    trouble: PersonError | None = None,
    wait_s: float = 0.0,
    *,
    done: bool = False,
) -> Response:
    say = shell.phrases(request)
    gettext = say.translations.gettext
    answer = shell.page(
        request,
        "account.html",
        roles=PersonPhrases(say).roles(who.held),
        trouble=trouble.said(gettext) if trouble else "",
        wait_s=math.ceil(wait_s),
        shortest=passwords.SHORTEST,
        done=done,
    )
    answer.status_code = status
    if wait_s:
        answer.headers.update(waiting_headers(wait_s))
    return answer
