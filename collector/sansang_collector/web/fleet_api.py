"""The fleet by API: one row per machine, as the page shows it. What changes machines is in agent_admin.py."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from sansang_collector.rights import Right
from sansang_collector.view import FleetView

from .api import Limit, Offset, answer
from .fleet_query import Asked, asked, find
from .schemas import listed, refusal
from .who import SeesFleet

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune.")
    | refusal(422, "A parameter that cannot be.")
)

router = APIRouter(prefix="/api/v1", tags=["agents"], responses=_REFUSALS, default_response_class=Response)


@router.get("/fleet", summary="Every machine in one row", responses=listed(FleetView))
def rows(
    request: Request,
    who: SeesFleet,
    question: Annotated[Asked, Depends(asked)],
    limit: Limit = 200,
    offset: Offset = 0,
) -> Response:
    """How machines stand, without their results; retired ones only with ``state=retired``."""
    found = find(request, question, who.communes(Right.SEE_FLEET))
    items = [found.view(row) for row in found.chosen[offset : offset + limit]]
    return answer({"total": len(found.chosen), "limit": limit, "offset": offset, "items": items})
