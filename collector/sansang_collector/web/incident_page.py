"""What the page of one incident shows: its explanation, whom it hits, its story. Decides nothing."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy import Connection

from sansang_alerts import runbooks
from sansang_collector.access import Principal
from sansang_collector.diagnosis.incident import Phase
from sansang_collector.incidents import listing, story_details
from sansang_collector.incidents.around import around
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.incident_view import EventView
from sansang_collector.incidents.listing import Listed
from sansang_collector.incidents.naming import Naming
from sansang_collector.incidents.speech import Speech

from . import alerts, incident_doing, incident_lines, shell
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
    detail: str
    """What it says beside, in words too."""
    other: int | None
    """The number of the incident it speaks of."""


def context(request: Request, connection: Connection, who: Principal, found: Listed) -> dict[str, Any]:
    """Everything the template needs beside what may be done."""
    collector = shell.collector_of(request)
    say = shell.phrases(request)
    seeing = incident_doing.seeing(request, who)
    partial = listing.is_partial(found, seeing.communes)
    (line,) = incident_lines.of(request, connection, [found], seeing)
    told = explain(line.incident, seeing.naming, say, collector.now(), around(connection, found.kept, line.incident))
    speech = Speech(say, collector.now())
    events = listing.story(connection, found.incident.id, seeing.communes, who.name)
    members = listing.merged_into(connection, found.incident.id, seeing.communes)
    return {
        "line": line,
        "told": told,
        "runbook": runbooks.path_of(line.incident.owner, told.causes[0].component),
        "kept": found.kept,
        "partial": partial,
        "hits": _hits(request, line),
        "events": [_event(one, seeing.naming, speech, say.translations.gettext) for one in reversed(events)],
        "members": incident_lines.of(request, connection, members, seeing),
        "messages": alerts.messages(request, connection, found.incident.id),
        "is_over": found.incident.phase in (Phase.RESOLVED, Phase.DROPPED),
    }


def _hits(request: Request, line: incident_lines.Line) -> list[Hit]:
    inventory = shell.inventory_of(request)
    counters = {one.code: one.counters for one in inventory.communes} if inventory else {}
    return [Hit(code, name, counters.get(code)) for code, name in line.communes]


def _event(one: EventView, naming: Naming, speech: Speech, _: Callable[[str], str]) -> Event:
    return Event(one, happened(one.happened, _), story_details.said(one, naming, speech), _other(one))


def _other(event: EventView) -> int | None:
    return int(event.detail) if event.other_code else None
