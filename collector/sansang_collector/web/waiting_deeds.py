"""What is done about ticked machines that wait to be let in: first a page that says what will happen, then the deed.

Only our own pages can send the form; every machine decided about gets a row in the audit.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.assignment import Role
from sansang_collector import waiting
from sansang_collector.access import Principal, require_form
from sansang_collector.guests import Decide
from sansang_collector.rights import Right

from . import hosting, shell
from .sent import form_of
from .who import Enrols

router = APIRouter(include_in_schema=False)

MOST_BYTES = 16_384

Ticked = Annotated[list[int], Query(max_length=waiting.MOST)]


@router.get("/fleet/waiting/confirm")
def confirm(
    request: Request,
    who: Enrols,
    deed: Decide,
    id: Ticked = [],  # noqa: A002, B006  # the form's name for a ticked row; FastAPI copies it
    commune: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Whom it will concern; nothing has happened yet."""
    if deed == "approve" and id:
        hosting.check(request, who, commune, Role.COUNTER)
    with shell.collector_of(request).store.read() as connection:
        guests = [guest for guest in waiting.standing(connection) if guest.id in id]
    response = shell.page(request, "waiting_confirm.html", deed=deed, guests=guests, commune=commune)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@router.post("/fleet/waiting")
async def do(request: Request, who: Annotated[Principal, Depends(require_form(Right.ENROL))]) -> Response:
    """Do it, and go back to the list; 422 for a form that none of our pages sends, or where somebody was faster."""
    form = await form_of(request, MOST_BYTES)
    try:
        ids = [int(one) for one in form["id"]]
        deed = form["deed"][0]
    except (KeyError, ValueError):
        raise HTTPException(422, "the form names no machines or nothing to do with them") from None
    if deed == "approve":
        await hosting.approve(request, who, ids, (form.get("commune", [""])[0], ""))
    elif deed == "refuse":
        await hosting.refuse(request, who, ids)
    else:
        raise HTTPException(422, "the form says nothing that can be done")
    return RedirectResponse(f"/fleet?decided={len(set(ids))}", 303)
