"""Planned work and announced power cuts by API: listed, made, cancelled, ended early. All is audited."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import Response

from sansang_collector.access import Principal, require
from sansang_collector.incidents import maintenance_rows
from sansang_collector.incidents.maintenance import Plan
from sansang_collector.incidents.maintenance_view import MaintenanceView
from sansang_collector.incidents.maintenance_words import PlanError, Refused
from sansang_collector.rights import Right

from . import maintenance_doing, shell
from .api import Limit, Offset, answer
from .maintenance_doing import Change
from .schemas import body_of, listed, one, refusal
from .sent import message_of
from .who import SeesCentre

MAX_BODY_BYTES = 262_144
PLACE = "/api/v1/maintenance"

Plans = Annotated[Principal, Depends(require(Right.PLAN))]
PlanId = Annotated[int, Path(ge=1, le=2**31 - 1)]

_DEED = one(MaintenanceView) | refusal(404, "There is none.") | refusal(409, "It stands otherwise by now.")

router = APIRouter(
    prefix=PLACE,
    tags=["maintenance"],
    responses=refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for these communes.")
    | refusal(422, "A parameter or body that cannot be."),
    default_response_class=Response,
)


@router.get("", summary="Planned work and power cuts", responses=listed(MaintenanceView))
def all_plans(request: Request, who: SeesCentre, limit: Limit = 200, offset: Offset = 0) -> Response:
    """Those of communes that the credential opens, the latest to begin first."""
    collector = shell.collector_of(request)
    theirs = who.communes(Right.SEE_CENTRE)
    with collector.store.read() as connection:
        total, found = maintenance_rows.newest(connection, theirs, limit, offset)
    items = maintenance_doing.views(request, who, found)
    return answer({"total": total, "limit": limit, "offset": offset, "items": items})


@router.post(
    "", summary="Announce one", status_code=201, openapi_extra=body_of(Plan),
    responses=one(MaintenanceView, 201) | refusal(413, "A body that is too long."),
)  # fmt: skip
async def make(request: Request, who: Plans) -> Response:
    """Parts, whole communes, or both; needs the right for every commune it is about, those below its parts too."""
    plan = await message_of(request, Plan, MAX_BODY_BYTES)
    made = await _done(request, who, lambda: maintenance_doing.add(request, who, plan))
    made.status_code = 201
    return made


@router.post("/{number}/cancel", summary="It does not take place", responses=_DEED)
async def cancel(request: Request, who: Plans, number: PlanId) -> Response:
    """Only before it has begun."""
    return await _done(request, who, lambda: maintenance_doing.change(request, who, number, maintenance_rows.cancel))


@router.post("/{number}/end", summary="It is over early", responses=_DEED)
async def end(request: Request, who: Plans, number: PlanId) -> Response:
    """Only while it is under way."""
    return await _done(request, who, lambda: maintenance_doing.change(request, who, number, maintenance_rows.end))


async def _done(request: Request, who: Principal, deed: Change) -> Response:
    try:
        found = await deed()
    except PlanError as error:
        detail = f"{error.field}: {error}" if error.field else str(error)
        raise HTTPException(_status(error), detail) from None
    return answer(maintenance_doing.views(request, who, [found])[0])


def _status(error: PlanError) -> int:
    if error.refused is Refused.NONE:
        return 404
    return 409 if error.refused in (Refused.OVER, Refused.BEGUN, Refused.NOT_BEGUN) else 422
