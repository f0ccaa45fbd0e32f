"""The JSON API that changes the fleet: an agent with its token, and its end. Needs the scope admin; all is audited."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_collector import agents, audit, tokens
from sansang_collector.access import Principal, require
from sansang_collector.audit import Deed
from sansang_collector.new_agent import MadeAgent, NewAgent

from . import shell
from .api import AgentId, answer
from .schemas import body_of, one, refusal

MAX_BODY_BYTES = 4096

Admin = Annotated[Principal, Depends(require("admin"))]

_REFUSALS = refusal(401, "No valid token.") | refusal(403, "The credential lacks the scope admin.")

router = APIRouter(prefix="/api/v1", tags=["agents"], responses=_REFUSALS, default_response_class=Response)


@router.post(
    "/agents",
    summary="Make an agent with a token",
    status_code=201,
    responses=one(MadeAgent, 201) | refusal(413, "A body that is too long.") | refusal(422, "A body that cannot be."),
    openapi_extra=body_of(NewAgent),
)
async def make(request: Request, who: Admin) -> Response:
    """A machine with this name in this commune, made if it is new and in use again if it was retired, and a token."""
    collector = shell.collector_of(request)
    wanted = await _read(request)

    def enrol(connection: Connection) -> MadeAgent:
        now = collector.now()
        agent = agents.register(connection, wanted.commune, wanted.name, now, wanted.role)
        label = f"{wanted.commune}/{wanted.name}"
        made_agent = MadeAgent(agent, tokens.issue(connection, "agent", label, now, agent)[1])
        by = tokens.label_of(connection, who.token)
        audit.note(connection, Deed(now, by, "enrol", wanted.commune, agent, f"{wanted.name} {wanted.role}"))
        return made_agent

    response = answer(await collector.store.write(enrol))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@router.delete(
    "/agents/{agent}",
    summary="Retire an agent and revoke its tokens",
    status_code=204,
    responses=refusal(404, "There is none."),
)
async def remove(request: Request, agent: AgentId, who: Admin) -> Response:
    """Its tokens end at once and it counts as retired; what it reported stays."""
    collector = shell.collector_of(request)

    def end(connection: Connection) -> bool:
        now = collector.now()
        commune = agents.retire(connection, agent, now)
        if commune is None:
            return False
        revoked = tokens.revoke_all_of(connection, agent, now)
        by = tokens.label_of(connection, who.token)
        audit.note(connection, Deed(now, by, "remove", commune, agent, f"{revoked} tokens revoked"))
        return True

    if not await collector.store.write(end):
        raise HTTPException(404, f"there is no agent {agent}")
    return Response(status_code=204)


async def _read(request: Request) -> NewAgent:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body, type=NewAgent)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise HTTPException(422, str(error)) from error
