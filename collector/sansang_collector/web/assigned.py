"""What a machine is to do: fetched by itself, with its own token, when its hash has changed; shown to who may read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from starlette.responses import Response

from sansang_collector.access import Principal, require_agent
from sansang_collector.rights import Right

from . import shell
from .api import AgentId
from .schemas import Described, refusal
from .who import SeesFleet, must_see

router = APIRouter(
    prefix="/api/v1",
    responses=refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune."),
    default_response_class=Response,
    tags=["agents"],
)
_MISSING = refusal(404, "The centre has nothing for this machine.")
_SAME: Described = {304: {"description": "What If-None-Match names is still right."}}
IfNoneMatch = Annotated[str, Header(max_length=1000)]


@router.get("/agent/config", summary="What the asking agent is to do", responses=_MISSING | _SAME)
async def own(
    request: Request, who: Annotated[Principal, Depends(require_agent)], if_none_match: IfNoneMatch = ""
) -> Response:
    """The assignment of the agent whose token asks: profile, contacts; its hash is the ETag."""
    return _answer(request, who.agent or 0, if_none_match)


@router.get(
    "/agents/{agent}/config",
    summary="What an agent is to do",
    responses=_MISSING | _SAME,
)
def of(request: Request, who: SeesFleet, agent: AgentId, if_none_match: IfNoneMatch = "") -> Response:
    """The assignment the centre has for this agent; ``assigned`` of its reports says which one it follows."""
    with shell.collector_of(request).store.read() as connection:
        must_see(connection, who, agent, Right.SEE_FLEET)
    return _answer(request, agent, if_none_match)


def _answer(request: Request, agent: int, known: str) -> Response:
    found = shell.collector_of(request).assignments.body_of(agent)
    if found is None:
        raise HTTPException(404, "the centre has no assignment for this agent; it follows its own configuration")
    tag = f'"{found.hash}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type="application/json", headers=headers)
