"""/maintenance: planned work and announced power cuts, for whoever may see them; and the form that announces one."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_collector.access import Principal, acting, require_form
from sansang_collector.incidents import maintenance_rows
from sansang_collector.incidents.maintenance import Kind, Plan
from sansang_collector.incidents.maintenance_view import MaintenanceView
from sansang_collector.incidents.maintenance_words import PlanError, Refused
from sansang_collector.refusal import Gettext
from sansang_collector.rights import Communes, Right
from sansang_collector.written_times import day_of, moment_of

from . import maintenance_doing, shell
from .maintenance_api import MAX_BODY_BYTES, PlanId
from .maintenance_words import MaintenanceWords
from .sent import form_of, said
from .who import SeesCentre

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 50
_SHARED = ("ring", "access_node", "power_area", "shared_risk", "core", "wan", "ndc", "pdc", "dns", "svc_tcp", "svc_app")
"""Kinds of parts that the form offers; the command takes any."""

Plans = Annotated[Principal, Depends(require_form(Right.PLAN))]


class Deed(StrEnum):
    """What the buttons beside each offer."""

    CANCEL = "cancel"
    END = "end"


class Row(NamedTuple):
    """One of them, and whether whoever looks may change it."""

    view: MaintenanceView
    may_change: bool


class Typed(NamedTuple):
    """What a refused form said, to be shown again."""

    kind: str = Kind.PLANNED_WORK
    title: str = ""
    begins: str = ""
    ends: str = ""
    announced: str = ""
    communes: Sequence[str] = ()
    parts: Sequence[str] = ()


@router.get("/maintenance")
def list_(request: Request, who: SeesCentre, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Response:
    """All of them, the latest to begin first, and the form for one more."""
    return _page(request, who, offset=offset)


@router.post("/maintenance")
async def make(request: Request, who: Plans) -> Response:
    """Announce one and go back to the list; or the form again with what is wrong (422)."""
    form = await form_of(request, MAX_BODY_BYTES)
    typed = Typed(
        said(form, "kind"), said(form, "title")[:200], said(form, "begins")[:40], said(form, "ends")[:40],
        said(form, "announced")[:40], form.get("commune", []), form.get("part", []),
    )  # fmt: skip
    try:
        plan = _plan(typed, shell.collector_of(request).now(), shell.phrases(request).translations.gettext)
        await maintenance_doing.add(request, who, plan)
    except (PlanError, ValueError) as error:
        return _page(request, who, error, typed)
    return RedirectResponse("/maintenance", 303)


@router.post("/maintenance/{number}/deeds")
async def do(request: Request, number: PlanId, who: Plans) -> Response:
    """Cancel it or end it, and go back to the list; or the list with what is wrong (409)."""
    form = await form_of(request, MAX_BODY_BYTES)
    try:
        deed = Deed(said(form, "deed"))
    except ValueError:
        raise HTTPException(422, "the form says nothing to do") from None
    change = maintenance_rows.cancel if deed is Deed.CANCEL else maintenance_rows.end
    try:
        await maintenance_doing.change(request, who, number, change)
    except PlanError as error:
        if error.refused is Refused.NONE:
            raise HTTPException(404) from None
        return _page(request, who, error)
    return RedirectResponse("/maintenance", 303)


def _plan(typed: Typed, now: float, _: Gettext) -> Plan:
    """What the form means; raises ValueError (msgspec's is one)."""
    announced = min(day_of(typed.announced, _), now) if typed.announced else None
    return msgspec.convert(
        {
            "kind": typed.kind,
            "title": typed.title.strip(),
            "begins": moment_of(typed.begins, _=_),
            "ends": moment_of(typed.ends, _=_),
            "announced_at": announced,
            "communes": tuple(typed.communes),
            "parts": tuple(typed.parts),
        },
        Plan,
    )


def _page(
    request: Request, who: Principal, trouble: Exception | None = None, typed: Typed | None = None, offset: int = 0
) -> Response:
    say = shell.phrases(request)
    actor = acting(request)
    with shell.collector_of(request).store.read() as connection:
        seen = who.communes(Right.SEE_CENTRE)
        total, found = maintenance_rows.newest(connection, seen, PAGE_SIZE, offset)
    words = MaintenanceWords(say, shell.collector_of(request).inventory.naming)
    shown = maintenance_doing.views(request, who, found)
    planning = actor.communes(Right.PLAN)
    answer = shell.page(
        request,
        "maintenance.html",
        rows=[Row(view, maintenance_doing.may_change(actor, one)) for view, one in zip(shown, found, strict=True)],
        total=total,
        offset=offset,
        page_size=PAGE_SIZE,
        trouble=_said(trouble, request) if trouble else "",
        typed=typed or Typed(),
        words=words,
        kinds=list(Kind),
        may_plan=not planning.is_empty,
        places=_places(request, planning),
        parts_offered=_parts(request, words) if planning.everywhere else [],
    )
    if trouble is not None:
        is_late = isinstance(trouble, PlanError) and trouble.refused in (Refused.OVER, Refused.BEGUN, Refused.NOT_BEGUN)
        answer.status_code = 409 if is_late else 422
    return answer


def _said(trouble: Exception, request: Request) -> str:
    if isinstance(trouble, PlanError):
        return trouble.said(shell.phrases(request).translations.gettext)
    return str(trouble)


def _places(request: Request, of: Communes) -> list[tuple[str, str]]:
    inventory = shell.inventory_of(request)
    return [(one.code, one.name) for one in inventory.communes if of.has(one.code)] if inventory else []


def _parts(request: Request, words: MaintenanceWords) -> list[tuple[str, str]]:
    """Shared parts by kind and name; of rings not each section."""
    naming = shell.collector_of(request).inventory.naming
    found = [part for part in naming.parts if part.kind in _SHARED]
    return sorted(((part.id, words.part(part.id)) for part in found), key=lambda one: one[1])
