"""Incidents by API: a list, one with its story, what people do with them, and situations. All deeds are audited."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from starlette.responses import Response

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.access import Principal, require
from sansang_collector.incidents import deeds, listing, situation_listing
from sansang_collector.incidents.deed_words import IncidentError, Refused
from sansang_collector.incidents.incident_view import (
    AssignAsked,
    EventView,
    IncidentView,
    MergeAsked,
    NoteAsked,
    ResolveAsked,
    SituationView,
    SplitAsked,
)
from sansang_collector.incidents.listing import Listed, Question, Standing
from sansang_collector.rights import Right

from . import incident_doing, shell
from .api import Commune, Limit, Offset, When, answer
from .incident_doing import Change
from .schemas import body_of, listed, one, refusal
from .sent import message_of
from .who import SeesCentre

MAX_BODY_BYTES = 65_536
PLACE = "/api/v1/incidents"

Handles = Annotated[Principal, Depends(require(Right.HANDLE))]
IncidentId = Annotated[int, Path(ge=1, le=2**31 - 1)]

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for these communes.")
    | refusal(422, "A parameter or body that cannot be.")
)
_MISSING = refusal(404, "There is none.")
_DEED = one(IncidentView) | _MISSING | refusal(409, "It stands otherwise by now.")
_BODY = refusal(413, "A body that is too long.")

router = APIRouter(prefix="/api/v1", tags=["incidents"], responses=_REFUSALS, default_response_class=Response)


def asked(
    state: Standing = Standing.NOW,
    commune: Commune = None,
    owner: Owner | None = None,
    severity: Severity | None = None,
    since: When = None,
) -> Question:
    """Which incidents an address asks for."""
    return Question(state, commune, owner, severity, since)


@router.get("/incidents", summary="Incidents", responses=listed(IncidentView))
def all_incidents(
    request: Request,
    who: SeesCentre,
    question: Annotated[Question, Depends(asked)],
    limit: Limit = 200,
    offset: Offset = 0,
) -> Response:
    """Critical first, then the newest first; ``since`` leaves out what was over before.

    Of an incident that also hits communes which the credential does not open, what is of the others is left out
    (``partial``).
    """
    seen = incident_doing.seeing(request, who)
    if question.commune is not None:
        who.must(Right.SEE_CENTRE, question.commune)
    with shell.collector_of(request).store.read() as connection:
        total, found = listing.page(connection, question, seen.communes, limit, offset)
        items = listing.views(connection, found, seen)
    return answer({"total": total, "limit": limit, "offset": offset, "items": items})


@router.get("/incidents/{number}", summary="One incident", responses=one(IncidentView) | _MISSING)
def incident(request: Request, who: SeesCentre, number: IncidentId) -> Response:
    """What is known of it now."""
    with shell.collector_of(request).store.read() as connection:
        incident_doing.must_see(connection, who, number)
        found = listing.find(connection, number)
        if found is None:
            raise HTTPException(404, f"there is no incident {number}")
        (view,) = listing.views(connection, [found], incident_doing.seeing(request, who))
    return answer(view)


@router.get("/incidents/{number}/story", summary="What happened to it", responses=listed(EventView) | _MISSING)
def story(request: Request, who: SeesCentre, number: IncidentId, limit: Limit = 200, offset: Offset = 0) -> Response:
    """Every step and deed, the first one first; a story is never rewritten."""
    with shell.collector_of(request).store.read() as connection:
        incident_doing.must_see(connection, who, number)
        if listing.find(connection, number) is None:
            raise HTTPException(404, f"there is no incident {number}")
        events = listing.story(connection, number, who.communes(Right.SEE_CENTRE), who.name)
    items = events[offset : offset + limit]
    return answer({"total": len(events), "limit": limit, "offset": offset, "items": items})


@router.post("/incidents/{number}/acknowledge", summary="Say that somebody is on it", responses=_DEED)
async def acknowledge(request: Request, who: Handles, number: IncidentId) -> Response:
    """The first one stays named; the story has all. Needs the right for one of its communes."""
    return await _do(request, who, [number], lambda it, by: deeds.acknowledge(it, number, by))


@router.post(
    "/incidents/{number}/assign", summary="Say who is to see to it", responses=_DEED | _BODY,
    openapi_extra=body_of(AssignAsked),
)  # fmt: skip
async def assign(request: Request, who: Handles, number: IncidentId) -> Response:
    """``to`` is a name as people know it; empty: nobody any more. Needs the right for one of its communes."""
    asked = await message_of(request, AssignAsked, MAX_BODY_BYTES)
    return await _do(request, who, [number], lambda it, by: deeds.assign(it, number, asked.to, by))


@router.post(
    "/incidents/{number}/note", summary="Write something into its story", responses=_DEED | _BODY,
    openapi_extra=body_of(NoteAsked),
)  # fmt: skip
async def note(request: Request, who: Handles, number: IncidentId) -> Response:
    """One line; of an incident that is over too. Needs the right for one of its communes."""
    asked = await message_of(request, NoteAsked, MAX_BODY_BYTES)
    return await _do(request, who, [number], lambda it, by: deeds.note(it, number, asked.text, by))


@router.post(
    "/incidents/{number}/resolve", summary="Say that it is over", responses=_DEED | _BODY,
    openapi_extra=body_of(ResolveAsked),
)  # fmt: skip
async def resolve(request: Request, who: Handles, number: IncidentId) -> Response:
    """By somebody's word, not by what is measured. Needs the right for all its communes."""
    asked = await message_of(request, ResolveAsked, MAX_BODY_BYTES)
    return await _do(request, who, [number], lambda it, by: deeds.resolve(it, number, asked.why, by), whole=True)


@router.post(
    "/incidents/{number}/merge", summary="Say that it is one with another", responses=_DEED | _BODY,
    openapi_extra=body_of(MergeAsked),
)  # fmt: skip
async def merge(request: Request, who: Handles, number: IncidentId) -> Response:
    """Nobody is told of it alone, and the other one is not over before it. Needs the right for all communes of both."""
    into = (await message_of(request, MergeAsked, MAX_BODY_BYTES)).into
    return await _do(request, who, [number, into], lambda it, by: deeds.merge(it, number, into, by), whole=True)


@router.post("/incidents/{number}/unmerge", summary="Take a merge back", responses=_DEED)
async def unmerge(request: Request, who: Handles, number: IncidentId) -> Response:
    """It is told by itself again. Needs the right for all communes of both."""
    numbers = incident_doing.with_its_survivor(request, number)
    return await _do(request, who, numbers, lambda it, by: deeds.unmerge(it, number, by), whole=True)


@router.post(
    "/incidents/{number}/split", summary="Make some of its communes an incident of their own", status_code=201,
    responses=one(IncidentView, 201) | _MISSING | refusal(409, "It stands otherwise by now.") | _BODY,
    openapi_extra=body_of(SplitAsked),
)  # fmt: skip
async def split(request: Request, who: Handles, number: IncidentId) -> Response:
    """The answer is the new one. Needs the right for all its communes."""
    asked = await message_of(request, SplitAsked, MAX_BODY_BYTES)
    made = await _do(request, who, [number], lambda it, by: deeds.split(it, number, asked.communes, by), whole=True)
    made.status_code = 201
    return made


@router.get("/situations", summary="Many incidents of one event", responses=listed(SituationView))
def situations(
    request: Request, who: SeesCentre, since: When = None, limit: Limit = 200, offset: Offset = 0
) -> Response:
    """Those under way; with ``since`` also those that were not over before it."""
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        seen = incident_doing.seeing(request, who)
        found = situation_listing.listed(connection, seen, collector.now() if since is None else since)
    items = found[offset : offset + limit]
    return answer({"total": len(found), "limit": limit, "offset": offset, "items": items})


async def _do(request: Request, who: Principal, numbers: list[int], change: Change, whole: bool = False) -> Response:
    try:
        done: Listed = await incident_doing.do(request, who, numbers, change, whole)
    except IncidentError as error:
        raise HTTPException(_status(error), str(error)) from None
    with shell.collector_of(request).store.read() as connection:
        (view,) = listing.views(connection, [done], incident_doing.seeing(request, who))
    return answer(view)


def _status(error: IncidentError) -> int:
    if error.refused is Refused.NONE:
        return 404
    return 422 if error.refused.is_mistake else 409
