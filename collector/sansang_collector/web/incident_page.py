"""What the page of one incident shows: its explanation, whom it hits, its story. Decides nothing."""

from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy import Connection

from sansang_collector.access import Principal
from sansang_collector.diagnosis.incident import Happening, Phase
from sansang_collector.incidents import listing, maintenance_rows
from sansang_collector.incidents.case import Around, Plan, Wider
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.incident_view import EventView
from sansang_collector.incidents.listing import Listed
from sansang_collector.incidents.maintenance import Kind
from sansang_collector.rights import Right

from . import incident_doing, incident_lines, shell
from .story_words import happened


class Hit(NamedTuple):
    """A commune that it hits."""

    code: str
    name: str
    counters: int | None
    """As the inventory has them."""


class Event(NamedTuple):
    """One row of its story in words."""

    view: EventView
    word: str
    other: int | None
    """The incident it speaks of."""


def context(request: Request, connection: Connection, who: Principal, found: Listed) -> dict[str, Any]:
    """Everything the template needs beside what may be done."""
    collector = shell.collector_of(request)
    say = shell.phrases(request)
    seeing = incident_doing.seeing(request, who)
    partial = listing.is_partial(found, seeing.communes)
    (line,) = incident_lines.of(request, connection, [found], seeing)
    told = explain(line.incident, seeing.naming, say, collector.now(), around(connection, found, partial))
    events = listing.story(connection, found.incident.id, who.name, partial)
    members = listing.merged_into(connection, found.incident.id, seeing.communes)
    return {
        "line": line,
        "told": told,
        "kept": found.kept,
        "partial": partial,
        "hits": _hits(request, line),
        "events": [
            Event(one, happened(one.happened, say.translations.gettext), _other(one)) for one in reversed(events)
        ],
        "members": incident_lines.of(request, connection, members, seeing),
        "is_over": found.incident.phase in (Phase.RESOLVED, Phase.DROPPED),
        "sees_fleet": not who.communes(Right.SEE_FLEET).is_empty,
    }


def around(connection: Connection, found: Listed, partial: bool) -> Around:
    """What people and plans add to it."""
    kept = found.kept
    plan = maintenance_rows.find(connection, kept.maintenance) if kept.maintenance is not None else None
    wider = listing.situation_of(connection, kept.situation) if kept.situation is not None else None
    other = listing.code_of(connection, kept.merged_into) if kept.merged_into is not None else ""
    return Around(
        plan=Plan(plan.title, plan.begins, plan.ends, plan.kind is Kind.POWER_CUT, plan.ended_at) if plan else None,
        situation=Wider(wider.code, wider.kind, 0 if partial else wider.incidents) if wider else None,
        other="" if partial else other,
        acknowledged_by=kept.acknowledged_by or "",
        acknowledged_at=kept.acknowledged_at,
        assigned_to=kept.assigned_to or "",
    )


def _hits(request: Request, line: incident_lines.Line) -> list[Hit]:
    inventory = shell.inventory_of(request)
    counters = {one.code: one.counters for one in inventory.communes} if inventory else {}
    return [Hit(code, name, counters.get(code)) for code, name in line.communes]


def _other(event: EventView) -> int | None:
    speaks = event.happened in (Happening.MERGED, Happening.SPLIT) and event.detail.isdigit()
    return int(event.detail) if speaks else None
