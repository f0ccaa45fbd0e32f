"""/fleet: every machine one row, as a page and as a spreadsheet; and what cannot be told apart in which commune.

Ticked machines are handed to fleet_deeds.py, for those who may.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from sansang_agent.contract.assignment import Role
from sansang_collector import contact, fleet, join_places, profiles_seen, topology, waiting
from sansang_collector.access import acting, require
from sansang_collector.fleet import Config, Order
from sansang_collector.gazetteer import Gazetteer
from sansang_collector.incidents import doubt_words, doubts
from sansang_collector.inventory.coverage import Blind, BlindSpot, blind_spots
from sansang_collector.inventory.coverage_words import CoverageWords
from sansang_collector.liveness import State
from sansang_collector.rights import Communes, Right

from . import hosting, shell
from .fleet_csv import csv_of
from .fleet_query import Asked, Found, asked, find
from .fleet_words import FleetWords
from .who import SeesFleet

router = APIRouter(dependencies=[Depends(require(Right.SEE_FLEET))], include_in_schema=False)

Question = Annotated[Asked, Depends(asked)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Done = Annotated[int, Query(ge=0, le=1_000_000)]

VERSIONS_SHOWN = 8
"""Of the version spread; more are counted together."""
_NOT_ASKED_HERE = frozenset({Blind.GATEWAY_PING_UNKNOWN, Blind.GATEWAY_SILENT})
"""What only the newest results tell; a commune's own page says it."""


@router.get("/fleet")
def list_(
    request: Request,
    who: SeesFleet,
    question: Question,
    offset: Offset = 0,
    done: Done = 0,
    decided: Done = 0,
) -> Response:
    """The machines asked for, a hundred at a time, and those that wait to be let in."""
    theirs = who.communes(Right.SEE_FLEET)
    found = find(request, question, theirs)
    context = _context(request, question, found, offset) | _places(question.filter.place, found.places, theirs)
    context |= _guests(request)
    response = shell.page(request, "fleet.html", now=found.at, calm=True, done=done, decided=decided, **context)
    # A form of this page says where it comes from; to other sites still nothing is said.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _context(request: Request, question: Asked, found: Found, offset: int) -> dict[str, Any]:
    counts = found.standing.counts
    offset = shell.within(offset, fleet.PAGE_SIZE, len(found.chosen))
    shown = found.chosen[offset : offset + fleet.PAGE_SIZE]
    return {
        "words": FleetWords(shell.phrases(request)),
        "asked": question,
        "rows": [found.view(row) for row in shown],
        "labels": _labels(request, [row.machine.id for row in shown]),
        "total": len(found.chosen),
        "offset": offset,
        "page_size": fleet.PAGE_SIZE,
        "counts": counts,
        "refusing": len(shell.collector_of(request).board.refusing()),
        "versions": list(counts.versions.items())[:VERSIONS_SHOWN],
        "other_versions": list(counts.versions)[VERSIONS_SHOWN:],
        "columns": _COLUMNS,
        "states": list(State),
        "roles": list(Role),
        "assignable": [role for role in Role if role is not Role.VANTAGE],
        "configs": list(Config),
        "may_change": acting(request).communes(Right.CHANGE_MACHINES),
    }


def _places(asked: str, places: Gazetteer, theirs: Communes) -> dict[str, Any]:
    """The former districts to choose from, and what the place asked for is called."""
    districts = places.districts
    if not theirs.everywhere:
        districts = sorted({places.get(code).district for code in theirs.codes} - {""})
    return {"districts": districts, "place_name": places.get(asked).name if theirs.has(asked) else asked}


def _guests(request: Request) -> dict[str, Any]:
    """Who waits, and where to they may be let in, for whoever may decide."""
    mine = hosting.offered(request)
    if mine.is_empty:
        return {"guests": [], "places": [], "may_enrol": False}
    with shell.collector_of(request).store.read() as connection:
        guests = waiting.standing(connection)
    places = join_places.places(shell.inventory_of(request), mine)
    return {"guests": guests, "places": places, "may_enrol": True}


def _labels(request: Request, agents: Sequence[int]) -> list[str]:
    """What the profiles of the machines shown are marked with, for example as simulated."""
    with shell.collector_of(request).store.read() as connection:
        profiles = profiles_seen.get_all(connection, contact.configs_of(connection, agents))
    return sorted({seen.profile.label for seen in profiles.values()} - {""})


_COLUMNS = (
    Order.COMMUNE,
    Order.NAME,
    Order.ROLE,
    Order.STATE,
    Order.CONTACT,
    Order.VERSION,
    Order.SKEW,
    Order.SPOOL,
    Order.CONFIG,
    Order.DROPPED,
)


@router.get("/fleet.csv")
def spreadsheet(request: Request, who: SeesFleet, question: Question) -> Response:
    """All machines asked for, not only those of one page."""
    found = find(request, question, who.communes(Right.SEE_FLEET))
    body = csv_of((found.view(row) for row in found.chosen), shell.phrases(request), found.at)
    headers = {"Content-Disposition": 'attachment; filename="sansang-fleet.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


class BlindCommune(NamedTuple):
    """A commune and what cannot be told apart there."""

    code: str
    name: str
    spots: list[BlindSpot]


@router.get("/fleet/blind-spots")
def blind(request: Request, who: SeesFleet, offset: Offset = 0, kind: Blind | None = None) -> Response:
    """Per commune what is missing, what that hides, and what would mend it."""
    inventory = shell.inventory_of(request)
    theirs = who.communes(Right.SEE_FLEET)
    spots = [spot for spot in _spots(request) if theirs.has(spot.commune)] if inventory else []
    shown = [spot for spot in spots if kind is None or spot.kind is kind]
    by_commune: dict[str, list[BlindSpot]] = {}
    for spot in shown:
        by_commune.setdefault(spot.commune, []).append(spot)
    offset = shell.within(offset, fleet.PAGE_SIZE, len(by_commune))
    places = shell.collector_of(request).inventory.gazetteer
    communes = [BlindCommune(code, places.get(code).name, found) for code, found in by_commune.items()]
    return shell.page(
        request,
        "blind_spots.html",
        words=CoverageWords(shell.phrases(request).language),
        has_inventory=inventory is not None,
        kinds={each: len({spot.commune for spot in spots if spot.kind is each}) for each in Blind},
        kind=kind,
        doubts=_doubts(request, theirs),
        communes=communes[offset : offset + fleet.PAGE_SIZE],
        total=len(communes),
        all_communes=sum(theirs.has(commune.code) for commune in inventory.communes) if inventory else 0,
        offset=offset,
        page_size=fleet.PAGE_SIZE,
    )


def _doubts(request: Request, theirs: Communes) -> list[str]:
    """What incidents say against how communes are entered, in sentences."""
    inventory, say = shell.inventory_of(request), shell.phrases(request)
    with shell.collector_of(request).store.read() as connection:
        if inventory is None or not doubts.standing(connection, theirs):
            return []
        entered = topology.build(inventory)
        found = doubts.standing(connection, theirs, entered)
    return [doubt_words.sentence(one, say.commune(one.commune), entered, say.translations.gettext) for one in found]


def _spots(request: Request) -> list[BlindSpot]:
    inventory = shell.inventory_of(request)
    assert inventory is not None
    collector = shell.collector_of(request)
    names: dict[str, list[str]] = {}
    for row in collector.roster.standing(collector.store, collector.present()).rows:
        if row.machine.retired_at is None:
            names.setdefault(row.machine.commune, []).append(row.machine.name)
    return [spot for spot in blind_spots(inventory, names, {}) if spot.kind not in _NOT_ASKED_HERE]
