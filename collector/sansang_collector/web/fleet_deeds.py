"""What an admin does to ticked machines: first a page that says what will happen, then the deed itself.

Only our own pages can send the form (access.require_form); every machine changed gets a row in the audit.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.assignment import Role
from sansang_collector import fleet_changes
from sansang_collector.access import Principal, require_form
from sansang_collector.fleet_changes import Change
from sansang_collector.liveness import State
from sansang_collector.rights import Right
from sansang_collector.view import FleetView

from . import deeds, shell
from .fleet_query import Asked, asked, find
from .fleet_words import FleetWords
from .sent import form_of
from .who import ChangesMachines

router = APIRouter(include_in_schema=False)

MOST_BYTES = 65_536
"""Of a form: a thousand machines' numbers and the list's address are far less."""


class Deed(StrEnum):
    """What the buttons offer."""

    ROLE = "role"
    RETIRE = "retire"
    UNRETIRE = "unretire"
    REVOKE = "revoke"
    RENEW = "renew"


Ticked = Annotated[list[int], Query(max_length=fleet_changes.MOST)]


@router.get("/fleet/confirm")
def confirm(  # an address has no order; FastAPI hands them in by name
    request: Request,
    who: ChangesMachines,
    question: Annotated[Asked, Depends(asked)],
    deed: Deed,
    id: Ticked = [],  # noqa: A002, B006  # the form's name for a ticked row; FastAPI copies it
    to: Role = Role.COUNTER,
) -> Response:
    """What will happen to which machines; nothing has happened yet."""
    found = find(request, question, who.communes(Right.CHANGE_MACHINES))
    ticked = frozenset(id)
    rows = [found.view(row) for row in found.standing.rows if row.machine.id in ticked]
    if len(rows) < len(ticked):
        who.must(Right.CHANGE_MACHINES, None)
    changing = [row for row in rows if _changes(row, deed, to)]
    response = shell.page(
        request,
        "fleet_confirm.html",
        words=FleetWords(shell.phrases(request)),
        deed=deed,
        to=to,
        changing=changing,
        staying=[row for row in rows if row not in changing],
        back=question.query(),
    )
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _changes(row: FleetView, deed: Deed, to: Role) -> bool:
    if deed is Deed.ROLE:
        return row.role != to
    if deed in {Deed.REVOKE, Deed.RENEW}:
        return row.state not in {State.REVOKED, State.QUARANTINED}
    return (row.state == State.RETIRED) is (deed is Deed.UNRETIRE)


@router.post("/fleet/deeds")
async def do(request: Request, who: Annotated[Principal, Depends(require_form(Right.CHANGE_MACHINES))]) -> Response:
    """Do it, and go back to the list; 422 for a form that none of our pages sends."""
    form = await form_of(request, MOST_BYTES)
    ids, change = _asked_for(form)
    theirs = who.communes(Right.CHANGE_MACHINES)
    changed = await deeds.do(request, who, lambda it, by, now: fleet_changes.apply(it, ids, change, by, now, of=theirs))
    back = form.get("back", [""])[0]
    joint = "&" if back.startswith("?") else "?"
    return RedirectResponse(f"/fleet{back if back.startswith('?') else ''}{joint}done={len(changed)}", 303)


def _asked_for(form: dict[str, list[str]]) -> tuple[Sequence[int], Change]:
    try:
        ids = [int(one) for one in form.get("id", [])]
        deed = Deed(form["deed"][0])
        change = Change(Role(form["to"][0])) if deed is Deed.ROLE else _CHANGES[deed]
    except (KeyError, ValueError):
        raise HTTPException(422, "the form names no machines or nothing to do with them") from None
    if not 0 < len(ids) <= fleet_changes.MOST:
        raise HTTPException(422, f"between 1 and {fleet_changes.MOST} machines can be changed at once")
    return ids, change


_CHANGES = {
    Deed.RETIRE: Change(retired=True),
    Deed.UNRETIRE: Change(retired=False),
    Deed.REVOKE: Change(revoked=True),
    Deed.RENEW: Change(renewed=True),
}
