"""The JSON API that reads: communes, agents, results, intervals, report codes.

Times are Unix seconds. Lists are ``{"total", "limit", "offset", "items"}``; errors are problem documents (RFC 9457).
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from starlette.responses import Response

from sansang_agent.contract.rung import Rung
from sansang_collector import overview
from sansang_collector.access import Principal, require
from sansang_collector.rights import Right
from sansang_collector.view import AgentView, CheckView, CommuneView, IntervalView, ReportView

from . import shell
from .codes import normal
from .schemas import listed, one, over_time, refusal
from .who import SeesCentre, among_theirs, commune_of, must_see

MAX_WINDOW_S = 31 * 86400
"""Intervals are asked for a month at a time."""

_DEFAULT_WINDOW_S = 6 * 3600

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for this commune.")
    | refusal(422, "A parameter that cannot be.")
)
_MISSING = refusal(404, "There is none.")

router = APIRouter(
    prefix="/api/v1",
    dependencies=[Depends(require(Right.SEE_CENTRE))],
    responses=_REFUSALS,
    default_response_class=Response,
)

Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Commune = Annotated[str | None, Query(max_length=16, description="Only this commune's.")]
CheckId = Annotated[str, Query(max_length=128, description="The check's id.")]
AgentId = Annotated[int, Path(ge=1, le=9_007_199_254_740_991)]
When = Annotated[float | None, Query(ge=0, le=32_503_680_000, description="Unix seconds.")]


def answer(value: object) -> Response:
    """``value`` as JSON."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def _listed(items: Sequence[object], limit: int, offset: int) -> Response:
    shown = items[offset : offset + limit]
    return answer({"total": len(items), "limit": limit, "offset": offset, "items": shown})


@router.get("/communes", summary="Communes and their ladders", tags=["communes"], responses=listed(CommuneView))
def communes(request: Request, who: SeesCentre, limit: Limit = 200, offset: Offset = 0) -> Response:
    """All communes of the inventory or with agents, by code: each rung's light over all agents, and ``serving``.

    Those that the credential opens; so it is with every list.
    """
    collector = shell.collector_of(request)
    present = collector.present()
    theirs = who.communes(Right.SEE_CENTRE)
    with collector.store.read() as connection:
        province = collector.board.province(connection, present, theirs.only)
        return _listed(overview.communes(connection, present, province, theirs), limit, offset)


@router.get("/communes/{code}", summary="One commune", tags=["communes"], responses=one(CommuneView) | _MISSING)
def commune(request: Request, who: SeesCentre, code: str) -> Response:
    """One commune's ladder, how many of its agents are silent, and whether it can serve."""
    who.must(Right.SEE_CENTRE, code)
    collector = shell.collector_of(request)
    present = collector.present()
    with collector.store.read() as connection:
        province = collector.board.province(connection, present, code)
        found = overview.commune(connection, code, present, province)
    if found is None:
        raise HTTPException(404, f"no commune has the code {code!r}")
    return answer(found)


@router.get(
    "/communes/{code}/intervals",
    summary="A rung over time",
    tags=["communes"],
    responses=over_time({"commune": "string", "rung": "string"}) | _MISSING,
)
def rung_intervals(
    request: Request,
    who: SeesCentre,
    code: str,
    rung: Rung,
    first: Annotated[When, Query(alias="from")] = None,
    last: Annotated[When, Query(alias="to")] = None,
) -> Response:
    """The stretches of one outcome of one rung of a commune; without ``from`` and ``to`` the last six hours."""
    who.must(Right.SEE_CENTRE, code)
    collector = shell.collector_of(request)
    first, last = window(first, last, collector.now())
    with collector.store.read() as connection:
        present = collector.present()
        province = collector.board.province(connection, present, code)
        if overview.commune(connection, code, present, province) is None:
            raise HTTPException(404, f"no commune has the code {code!r}")
        found = overview.rung_intervals(connection, code, rung, first, last)
    return _over_time({"commune": code, "rung": rung}, first, last, found)


@router.get("/agents", summary="Agents and their ladders", tags=["agents"], responses=listed(AgentView))
def agents(
    request: Request, who: SeesCentre, commune: Commune = None, limit: Limit = 200, offset: Offset = 0
) -> Response:
    """All agents, or one commune's: contact, spool, clock, version, ladder."""
    collector = shell.collector_of(request)
    asked = among_theirs(who, Right.SEE_CENTRE, commune)
    with collector.store.read() as connection:
        places = collector.inventory.places
        return _listed(overview.agents(connection, collector.present(), asked, places), limit, offset)


@router.get("/agents/{agent}", summary="One agent", tags=["agents"], responses=one(AgentView) | _MISSING)
def agent(request: Request, who: SeesCentre, agent: AgentId) -> Response:
    """One agent with the newest result of each of its checks."""
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        must_see(connection, who, agent)
        found = overview.agent(connection, agent, collector.present(), collector.inventory.places)
    if found is None:
        raise HTTPException(404, f"there is no agent {agent}")
    return answer(found)


@router.get(
    "/agents/{agent}/results",
    summary="An agent's newest results",
    tags=["agents"],
    responses=listed(CheckView) | _MISSING,
)
def results(request: Request, who: SeesCentre, agent: AgentId, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The newest result of each check, nearest rung first, those of no known rung last.

    ``live`` is false where it is not the present any more.
    """
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        must_see(connection, who, agent)
        found = overview.agent(connection, agent, collector.present(), collector.inventory.places)
    if found is None:
        raise HTTPException(404, f"there is no agent {agent}")
    return _listed(found.checks, limit, offset)


@router.get(
    "/agents/{agent}/intervals",
    summary="A check over time",
    tags=["agents"],
    responses=over_time({"agent": "integer", "check": "string"}) | _MISSING,
)
def check_intervals(
    request: Request,
    who: SeesCentre,
    agent: AgentId,
    check: CheckId,
    first: Annotated[When, Query(alias="from")] = None,
    last: Annotated[When, Query(alias="to")] = None,
) -> Response:
    """The stretches of one outcome of one check; without ``from`` and ``to`` the last six hours."""
    collector = shell.collector_of(request)
    first, last = window(first, last, collector.now())
    with collector.store.read() as connection:
        must_see(connection, who, agent)
        if overview.agent(connection, agent, collector.present()) is None:
            raise HTTPException(404, f"there is no agent {agent}")
        found = overview.check_intervals(connection, agent, check, first, last)
    return _over_time({"agent": agent, "check": check}, first, last, found)


@router.get(
    "/reports/{code}",
    summary="Whose report a six-character code is",
    tags=["agents"],
    responses=one(ReportView) | _MISSING,
)
def report(request: Request, who: SeesCentre, code: str) -> Response:
    """The agent and the moment behind the code (Mã) that a clerk reads out, in any case, with or without dashes."""
    wanted = normal(code)
    place = find_report(request, who, wanted)
    if place is None:
        raise HTTPException(404, f"no report with the code {wanted or code!r} has arrived")
    return answer(place)


def find_report(request: Request, who: Principal, code: str) -> ReportView | None:
    """The report with this code, which may be empty; one of a commune that ``who`` does not see has not arrived."""
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        place = overview.report_by_code(collector.log, connection, code) if code else None
        if place is None or not who.may(Right.SEE_CENTRE, commune_of(connection, place.agent)):
            return None
    return place


def window(first: float | None, last: float | None, now: float, longest_s: float = MAX_WINDOW_S) -> tuple[float, float]:
    """The window asked for, at most ``longest_s`` long; raises a 422 where it has no length or too much."""
    last = now if last is None else last
    first = last - _DEFAULT_WINDOW_S if first is None else first
    if not 0 < last - first <= longest_s:
        raise HTTPException(422, f"'from' must be before 'to', by at most {longest_s} s")
    return first, last


def _over_time(of: dict[str, Any], first: float, last: float, found: Sequence[IntervalView]) -> Response:
    return answer(of | {"from": first, "to": last, "items": found})
