"""/incidents: what is wrong now and whose it is; and one page for each incident, with what people can do about it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from sansang_agent.contract.severity import Severity
from sansang_collector import overview
from sansang_collector.access import Principal, acting, require_form
from sansang_collector.incidents import deeds, listing, maintenance_rows, situation_listing
from sansang_collector.incidents.deed_words import IncidentError, Refused
from sansang_collector.incidents.deeds import By
from sansang_collector.incidents.listing import Listed, Question, Standing
from sansang_collector.incidents.maintenance import State
from sansang_collector.rights import Right

from . import incident_doing, incident_lines, incident_page, maintenance_doing, shell
from .incident_lines import RECENT_S
from .incidents_api import MAX_BODY_BYTES, IncidentId
from .maintenance_words import MaintenanceWords
from .sent import Form, form_of, said
from .who import SeesCentre

router = APIRouter(include_in_schema=False)

SOON_S = 7 * 86400.0
"""Planned work of so many days ahead stands on the page."""
RESOLVED_SHOWN = 50

Handles = Annotated[Principal, Depends(require_form(Right.HANDLE))]


class Deed(StrEnum):
    """What the forms of an incident's page offer."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    NOTE = "note"
    RESOLVE = "resolve"
    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"


FOR_EVERYBODY = frozenset({Deed.RESOLVE, Deed.MERGE, Deed.UNMERGE, Deed.SPLIT})


@router.get("/incidents")
def list_(request: Request, who: SeesCentre) -> Response:
    """Now: critical first, suspicions apart, situations as one, planned work; and what was over within a day."""
    collector = shell.collector_of(request)
    now = collector.now()
    seeing = incident_doing.seeing(request, who)
    with collector.store.read() as connection:
        change = overview.newest_change(connection)
        found = incident_lines.under_way(request, connection, who)
        over = incident_lines.lines(
            request, connection, who, Question(Standing.RESOLVED, since=now - RECENT_S), RESOLVED_SHOWN
        )[1]
        groups = incident_lines.groups(request, connection, who, found)
        plans = maintenance_rows.standing(connection, now, seeing.communes)
    others = incident_lines.alone(found, groups)
    told = [line for line in others if line.is_told]
    return shell.page(
        request,
        "incidents.html",
        change=change,
        sections=[(severity, [one for one in told if one.incident.severity is severity]) for severity in Severity],
        groups=groups,
        suspects=[line for line in others if not line.is_told],
        over=over,
        plans=maintenance_doing.views(request, who, [one for one in plans if one.begins < now + SOON_S]),
        plan_words=MaintenanceWords(shell.phrases(request), seeing.naming),
        PlanState=State,
    )


@router.get("/incidents/{number}")
def show(request: Request, who: SeesCentre, number: IncidentId) -> Response:
    """One incident: what it is, why that is thought, what to do, and what happened."""
    return _page(request, who, number)


@router.post("/incidents/{number}/deeds")
async def do(request: Request, number: IncidentId, who: Handles) -> Response:
    """Do it and go back to the incident's page; or the page again with what is wrong (409, 422)."""
    form = await form_of(request, MAX_BODY_BYTES)
    try:
        deed = Deed(said(form, "deed"))
    except ValueError:
        raise HTTPException(422, "the form says nothing to do") from None
    into = said(form, "into").strip()
    try:
        other = _number_of(request, who, into) if deed is Deed.MERGE else None
        numbers = [number] if other is None else [number, other]
        if deed is Deed.UNMERGE:
            numbers = incident_doing.with_its_survivor(request, number)
        done = await incident_doing.do(request, who, numbers, _change(deed, number, form, other), deed in FOR_EVERYBODY)
    except IncidentError as error:
        if error.refused is Refused.NONE and "id" in error.facts:
            raise HTTPException(404) from None
        return _page(request, who, number, error)
    return RedirectResponse(f"/incidents/{done.incident.id}", 303)


def place_of(request: Request, who: Principal, code: str) -> str | None:
    """The address of the incident or situation of these six characters, if ``who`` sees some of it."""
    seeing = incident_doing.seeing(request, who)
    with shell.collector_of(request).store.read() as connection:
        number = listing.by_code(connection, code, seeing.communes)
        if number is not None:
            return f"/incidents/{number}"
        together = situation_listing.by_code(connection, code, seeing)
    if together is None:
        return None
    is_over = together.resolved_at is not None
    return f"/incidents/{together.incidents[0]}" if is_over else f"/incidents#situation-{together.id}"


def _number_of(request: Request, who: Principal, typed: str) -> int:
    """The number of the incident that somebody names by its code; raises IncidentError."""
    with shell.collector_of(request).store.read() as connection:
        found = listing.by_code(connection, typed, who.communes(Right.HANDLE))
    if found is None:
        raise IncidentError(Refused.NO_CODE, code=typed[:20])
    return found


def _change(deed: Deed, number: int, form: Form, other: int | None) -> Callable[[Connection, By], Listed]:
    text = said(form, "text")[:2000]
    communes = form.get("commune", [])
    changes: dict[Deed, Callable[[Connection, By], Listed]] = {
        Deed.ACKNOWLEDGE: lambda it, by: deeds.acknowledge(it, number, by),
        Deed.ASSIGN: lambda it, by: deeds.assign(it, number, text[:100], by),
        Deed.NOTE: lambda it, by: deeds.note(it, number, text, by),
        Deed.RESOLVE: lambda it, by: deeds.resolve(it, number, text, by),
        Deed.MERGE: lambda it, by: deeds.merge(it, number, other or number, by),
        Deed.UNMERGE: lambda it, by: deeds.unmerge(it, number, by),
        Deed.SPLIT: lambda it, by: deeds.split(it, number, communes, by),
    }
    return changes[deed]


def _page(request: Request, who: Principal, number: int, trouble: IncidentError | None = None) -> Response:
    collector = shell.collector_of(request)
    say = shell.phrases(request)
    # Whoever sent a form that was refused may see no commune of it any more; then there is nothing to show them.
    with collector.store.read() as connection:
        incident_doing.must_see(connection, who, number)
        change = overview.newest_change(connection)
        found = listing.find(connection, number)
        if found is None:
            raise HTTPException(404)
        context: dict[str, Any] = incident_page.context(request, connection, who, found)
    actor = acting(request)
    answer = shell.page(
        request,
        "incident.html",
        change=change,
        trouble=trouble.said(say.translations.gettext) if trouble else "",
        may_handle=incident_doing.may_handle(actor, found.communes, whole=False),
        may_change=incident_doing.may_handle(actor, found.communes, whole=True),
        **context,
    )
    if trouble is not None:
        answer.status_code = 422 if trouble.refused.is_mistake else 409
    return answer
