"""Machines that wait to be let in, by API: who they are, and what is decided about them."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from sansang_collector import waiting
from sansang_collector.guests import Decided, Decision, GuestView

from . import hosting, shell
from .api import Limit, Offset, answer
from .schemas import body_of, listed, one, refusal
from .sent import message_of
from .who import Enrols

MAX_BODY_BYTES = 16_384

router = APIRouter(
    prefix="/api/v1/enrol",
    tags=["enrolment"],
    responses=refusal(401, "No valid token or session.")
    | refusal(403, "The credential lacks the right.")
    | refusal(422, "What cannot be, or nobody waits with such a number."),
    default_response_class=Response,
)


@router.get(
    "/waiting",
    summary="Machines that wait to be let in",
    responses=listed(GuestView),
)
def guests(request: Request, _who: Enrols, limit: Limit = 200, offset: Offset = 0) -> Response:
    """Whoever asked to be let in without a code, the first first."""
    with shell.collector_of(request).store.read() as connection:
        found = waiting.standing(connection)
    items = [GuestView(**guest._asdict()) for guest in found[offset : offset + limit]]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


@router.post(
    "/decide",
    summary="Let machines in, or refuse them",
    responses=one(Decided) | refusal(413, "A body that is too long."),
    openapi_extra=body_of(Decision),
)
async def decide(request: Request, who: Enrols) -> Response:
    """All of them or, with a 422, none. An approved machine gets its token when it asks next."""
    decided = await message_of(request, Decision, MAX_BODY_BYTES)
    if decided.decision == "refuse":
        if decided.commune or decided.name:
            raise HTTPException(422, "a machine that is refused has no commune and no name")
        await hosting.refuse(request, who, decided.ids)
        return answer(Decided(ids=decided.ids))
    made = await hosting.approve(request, who, decided.ids, (decided.commune, decided.name))
    return answer(Decided(ids=decided.ids, agents=made))
