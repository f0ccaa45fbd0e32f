"""The JSON API that changes the fleet: an agent with its token, its role, its end. All is audited."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from sansang_collector import fleet_changes
from sansang_collector.fleet_changes import Change
from sansang_collector.new_agent import AgentsChange, ChangedAgents, MadeAgent, NewAgent
from sansang_collector.rights import Right

from . import deeds
from .api import AgentId, answer
from .schemas import body_of, one, refusal
from .sent import message_of
from .who import ChangesMachines

MAX_BODY_BYTES = 65_536

_REFUSALS = refusal(401, "No valid token.") | refusal(
    403, "The credential does not open this, or not for this commune."
)
_WRONG = refusal(413, "A body that is too long.") | refusal(422, "A body that cannot be.")

router = APIRouter(prefix="/api/v1", tags=["agents"], responses=_REFUSALS, default_response_class=Response)


@router.post(
    "/agents",
    summary="Make an agent with a token",
    status_code=201,
    responses=one(MadeAgent, 201) | _WRONG,
    openapi_extra=body_of(NewAgent),
)
async def make(request: Request, who: ChangesMachines) -> Response:
    """A machine with this name in this commune, made if it is new and in use again if it was retired, and a token."""
    wanted = await message_of(request, NewAgent, MAX_BODY_BYTES)
    who.must(Right.CHANGE_MACHINES, wanted.commune)
    place = wanted.commune, wanted.name
    made = await deeds.do(request, who, lambda it, by, now: fleet_changes.enrol(it, place, wanted.role, by, now))
    response = answer(MadeAgent(made.agent, made.secret))
    response.status_code = 201
    response.headers["Cache-Control"] = "no-store"
    return response


@router.patch(
    "/agents",
    summary="Assign a role, retire, take back into use, revoke, renew tokens",
    responses=one(ChangedAgents) | _WRONG,
    openapi_extra=body_of(AgentsChange),
)
async def change(request: Request, who: ChangesMachines) -> Response:
    """All of them or, with a 422, none. Reports of a retired machine are still taken, of a revoked one they are not."""
    asked = await message_of(request, AgentsChange, MAX_BODY_BYTES)
    wanted = Change(asked.role, asked.retired, asked.revoked, asked.renewed)
    if wanted == Change():
        raise HTTPException(422, "say one or more of 'role', 'retired', 'revoked' and 'renewed'")
    theirs = who.communes(Right.CHANGE_MACHINES)
    changed = await deeds.do(
        request, who, lambda it, by, now: fleet_changes.apply(it, asked.ids, wanted, by, now, of=theirs)
    )
    return answer(ChangedAgents(tuple(one.id for one in changed)))


@router.delete(
    "/agents/{agent}",
    summary="Retire an agent and revoke its tokens",
    status_code=204,
    responses=refusal(404, "There is none."),
)
async def remove(request: Request, agent: AgentId, who: ChangesMachines) -> Response:
    """Its tokens end at once and it counts as retired; what it reported stays."""
    theirs = who.communes(Right.CHANGE_MACHINES)
    await deeds.do(request, who, lambda it, by, now: fleet_changes.remove(it, agent, by, now, of=theirs), unknown=404)
    return Response(status_code=204)
