"""Asking one machine to look now, by the API; and what was asked and found."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import Response

from sansang_collector import access, asking, requests
from sansang_collector.access import Principal, require
from sansang_collector.asking import Wish
from sansang_collector.asking_words import AskError, Refused
from sansang_collector.request_view import RequestView, request_view
from sansang_collector.requests import Asked
from sansang_collector.rights import Right

from . import shell
from .api import Commune, Limit, Offset, answer
from .schemas import body_of, listed, one, refusal
from .sent import message_of
from .who import SeesFleet, among_theirs

PLACE = "/api/v1/requests"
MAX_BODY_BYTES = 16_384

router = APIRouter(
    prefix=PLACE,
    tags=["requests"],
    responses=refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune.")
    | refusal(422, "A wish or a parameter that cannot be."),
    default_response_class=Response,
)

RequestId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.post(
    "",
    summary="Ask one machine to look now",
    status_code=201,
    responses=one(RequestView, 201)
    | refusal(409, "Not to be asked just now: the machine is silent or busy, or another one asks the same service.")
    | refusal(413, "A body that is too long."),
    openapi_extra=body_of(Wish),
)
async def ask(request: Request, who: Annotated[Principal, Depends(require(Right.ASK))]) -> Response:
    """``commune``, ``kind``, ``target``; may have ``agent``, ``query``, ``count`` (at most 5, 5 s apart), ``why``.

    The machine hears it with the answer to its next report, runs it within its own policy, and answers at once.
    """
    # Read only once it is known who asks: FastAPI would take a body of any length from anybody first.
    wanted = await message_of(request, Wish, MAX_BODY_BYTES)
    who.must(Right.ASK, wanted.commune)
    collector = shell.collector_of(request)
    now = collector.now()
    try:
        asked = await collector.store.write(lambda it: asking.ask(it, wanted, access.named(it, who), now))
    except AskError as error:
        raise HTTPException(422 if error.refused.is_mistake else 409, str(told(error, who))) from error
    made = answer(request_view(asked, now))
    made.status_code = 201
    made.headers["Location"] = f"{PLACE}/{asked.request.id}"
    return made


def told(error: AskError, who: Principal) -> AskError:
    """Without the machine of another commune that asks the same service, and for whom, where they are not to see it."""
    elsewhere = error.refused is Refused.BUSY and not who.may(Right.SEE_FLEET, error.facts["commune"])
    return AskError(Refused.BUSY_ELSEWHERE, **error.facts) if elsewhere else error


@router.get("", summary="What was asked", responses=listed(RequestView))
def all_requests(
    request: Request, who: SeesFleet, commune: Commune = None, limit: Limit = 200, offset: Offset = 0
) -> Response:
    """Requests, newest first."""
    collector = shell.collector_of(request)
    asked_for = among_theirs(who, Right.SEE_FLEET, commune)
    with collector.store.read() as connection:
        total, found = requests.newest(connection, asked_for, limit, offset)
    items = [request_view(asked, collector.now()) for asked in found]
    return answer({"total": total, "limit": limit, "offset": offset, "items": items})


@router.get(
    "/{name}",
    summary="One request and its answer",
    responses=one(RequestView) | refusal(404, "There is none."),
)
def one_request(request: Request, who: SeesFleet, name: RequestId) -> Response:
    """What was asked, by whom and why, and what was found."""
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        found: Asked | None = requests.find(connection, name)
    who.must(Right.SEE_FLEET, found.commune if found else None)
    if found is None:
        raise HTTPException(404, f"there is no request {name}")
    return answer(request_view(found, collector.now()))
