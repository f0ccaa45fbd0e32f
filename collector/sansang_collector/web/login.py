"""/login and /logout: a form with name and password, where it leads, and the way out.

The form needs no session and so no token: it is taken from our own pages only (``Origin``), so that another site cannot
log a browser in under a name that is not its owner's.
"""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_collector import cookies
from sansang_collector.access import require_own_page
from sansang_collector.login import WaitError, WrongError
from sansang_collector.passwords import BusyError

from . import shell
from .own_paths import FIRST, own_path
from .sent import fields_of, form_of, said

router = APIRouter(include_in_schema=False)

MOST_BYTES = 16_384
BUSY_S = 3


@router.get("/login")
def ask(request: Request, next: Annotated[str, Query()] = FIRST) -> Response:  # noqa: A002  # what browsers show
    """The form."""
    return _form(request, next)


@router.post("/login", dependencies=[Depends(require_own_page)])
async def enter(request: Request) -> Response:
    """A new session and on to where they came from; or the form again (401, 429, 503) with what is wrong."""
    form = await fields_of(request, MOST_BYTES)
    name, wanted = said(form, "name"), said(form, "next")
    login = shell.collector_of(request).login
    carried = cookies.acting(request) or cookies.reading(request)
    try:
        secret = await login.enter(name, said(form, "password"), client_of(request), carried)
    except WrongError:
        return _form(request, wanted, 401, name, trouble="wrong")
    except WaitError as error:
        return _form(request, wanted, 429, name, trouble="wait", wait_s=error.seconds)
    except BusyError:
        return _form(request, wanted, 503, name, trouble="busy", wait_s=BUSY_S)
    answer = RedirectResponse(own_path(wanted), 303, {"Cache-Control": "no-store"})
    cookies.give(request, answer, secret, acts=True)
    return answer


@router.post("/logout", dependencies=[Depends(require_own_page)])
async def leave(request: Request) -> Response:
    """End the session, here and at the server."""
    await form_of(request, MOST_BYTES)
    secret = cookies.acting(request) or cookies.reading(request)
    if secret:
        await shell.collector_of(request).login.leave(secret)
    answer = RedirectResponse("/login", 303, {"Cache-Control": "no-store"})
    cookies.take(request, answer)
    return answer


def client_of(request: Request) -> str:
    """The address that tries are counted by."""
    return request.client.host if request.client else ""


def waiting_headers(seconds: float) -> dict[str, str]:
    """When to come again."""
    return {"Retry-After": str(max(math.ceil(seconds), 1))}


def _form(
    request: Request, wanted: str, status: int = 200, name: str = "", trouble: str = "", wait_s: float = 0.0
) -> Response:
    answer = shell.page(
        request, "login.html", next=own_path(wanted), name=name[:64], trouble=trouble, wait_s=math.ceil(wait_s)
    )
    answer.status_code = status
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if wait_s:
        answer.headers.update(waiting_headers(wait_s))
    return answer
