"""Doubts of the inventory by API: communes that may be entered under the wrong part, and settling one."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import Response

from sansang_collector import access, topology
from sansang_collector.access import Principal, require
from sansang_collector.incidents import doubts
from sansang_collector.incidents.doubts import DoubtView, NoDoubtError, Settled
from sansang_collector.rights import Right

from . import shell
from .api import Limit, Offset, answer
from .schemas import body_of, listed, refusal
from .sent import message_of
from .who import SeesFleet

MAX_BODY_BYTES = 4_096

router = APIRouter(
    prefix="/api/v1/topology/doubts",
    tags=["topology"],
    responses=refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune.")
    | refusal(422, "A parameter or body that cannot be."),
    default_response_class=Response,
)


@router.get("", summary="Communes that may be entered under the wrong part", responses=listed(DoubtView))
def all_doubts(request: Request, who: SeesFleet, limit: Limit = 200, offset: Offset = 0) -> Response:
    """Those that were on the wrong side of two incidents or more and are entered as they were then."""
    collector = shell.collector_of(request)
    version = collector.inventory.version
    known = topology.build(version.inventory) if version is not None else None
    with collector.store.read() as connection:
        found = doubts.standing(connection, who.communes(Right.SEE_FLEET), known)
    items = found[offset : offset + limit]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


@router.post(
    "/settle",
    summary="Somebody has looked into one",
    status_code=204,
    responses=refusal(404, "There is none.") | refusal(413, "A body that is too long."),
    openapi_extra=body_of(Settled),
)
async def settle(request: Request, who: Annotated[Principal, Depends(require(Right.HANDLE))]) -> Response:
    """The entry is right after all, or has been corrected in the files. Two new incidents bring it back."""
    settled = await message_of(request, Settled, MAX_BODY_BYTES)
    who.must(Right.HANDLE, settled.commune)
    collector = shell.collector_of(request)
    now = collector.now()
    try:
        await collector.store.write(lambda it: doubts.settle(it, settled, access.named(it, who), now))
    except NoDoubtError as error:
        raise HTTPException(404, str(error)) from None
    return Response(status_code=204)
