"""The fleet by API: one row per machine, and the same changes that the page offers."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from sansang_agent.contract.assignment import Role
from sansang_collector import access, fleet_changes
from sansang_collector.access import Principal, require
from sansang_collector.fleet_changes import MOST, Change, RefusedError
from sansang_collector.view import FleetView

from . import shell
from .api import Limit, Offset, answer
from .fleet_deeds import MOST_BYTES
from .fleet_query import Asked, asked, find
from .schemas import Described, listed, refusal

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential lacks the scope.")
    | refusal(422, "A parameter or a body that cannot be.")
)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["ids"],
                    "additionalProperties": False,
                    "properties": {
                        "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": MOST},
                        "role": {"type": "string", "enum": [str(role) for role in Role]},
                        "retired": {"type": "boolean"},
                    },
                }
            }
        },
    }
}
_CHANGED: Described = {
    200: {
        "description": "Those that are not as they were.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"changed": {"type": "array", "items": {"type": "integer"}}},
                    "required": ["changed"],
                }
            }
        },
    }
}

router = APIRouter(prefix="/api/v1", tags=["agents"], responses=_REFUSALS, default_response_class=Response)


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of which machines."""

    ids: Annotated[tuple[int, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    role: Role | None = None
    retired: bool | None = None


@router.get(
    "/fleet", summary="Every machine in one row", responses=listed(FleetView), dependencies=[Depends(require("read"))]
)
def rows(
    request: Request, question: Annotated[Asked, Depends(asked)], limit: Limit = 200, offset: Offset = 0
) -> Response:
    """How machines stand, without their results; retired ones only with ``state=retired``."""
    found = find(request, question)
    items = [found.view(row) for row in found.chosen[offset : offset + limit]]
    return answer({"total": len(found.chosen), "limit": limit, "offset": offset, "items": items})


@router.patch("/agents", summary="Assign a role, retire, take back into use", responses=_CHANGED, openapi_extra=_BODY)
async def change(request: Request, who: Annotated[Principal, Depends(require("admin"))]) -> Response:
    """All of them or, with a 422, none. Reports of a retired machine are still taken and kept."""
    asking = await _asking(request)
    collector = shell.collector_of(request)
    now = collector.now()
    wanted = Change(asking.role, asking.retired)
    try:
        changed = await collector.store.write(
            lambda connection: fleet_changes.apply(connection, asking.ids, wanted, access.named(connection, who), now)
        )
    except RefusedError as error:
        raise HTTPException(422, str(error)) from None
    collector.roster.forget_standing()
    return answer({"changed": [one.id for one in changed]})


async def _asking(request: Request) -> Asking:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        asking = msgspec.json.decode(body, type=Asking)
    except msgspec.DecodeError as error:
        raise HTTPException(422, str(error)) from None
    if asking.role is None and asking.retired is None:
        raise HTTPException(422, "say 'role', 'retired' or both")
    return asking
