"""From six characters that somebody reads out to what they are of: a report, an incident or a situation.

What a message, a page or a PC shows as its code is typed into one box, whatever it is of.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from sansang_collector.access import Principal
from sansang_collector.incidents import listing, situation_listing

from . import incident_doing, language, shell
from .api import find_report
from .codes import normal
from .who import SeesCentre

router = APIRouter(include_in_schema=False)


@router.get("/find")
def find(request: Request, who: SeesCentre, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """To a report's machine at that moment, to the incident or situation; a plain answer where it is not known."""
    wanted = normal(code)
    address = _of_report(request, who, wanted) or _of_incident(request, who, wanted)
    if not address:
        missing = shell.page(request, "no_such_code.html", code=code.strip())
        missing.status_code = 404
        return missing
    response = RedirectResponse(address, 303)
    language.remember(request, response)
    return response


def _of_report(request: Request, who: Principal, wanted: str) -> str:
    place = find_report(request, who, wanted)
    return f"/agents/{place.agent}?{urlencode({'at': place.at, 'code': wanted})}" if place else ""


def _of_incident(request: Request, who: Principal, wanted: str) -> str:
    """Of a situation that is over, the first incident that was part of it."""
    if not wanted:
        return ""
    seeing = incident_doing.seeing(request, who)
    with shell.collector_of(request).store.read() as connection:
        number = listing.by_code(connection, wanted, seeing.communes)
        if number is not None:
            return f"/incidents/{number}"
        together = situation_listing.by_code(connection, wanted, seeing)
    if together is None:
        return ""
    is_over = together.resolved_at is not None
    return f"/incidents/{together.incidents[0]}" if is_over else f"/incidents#situation-{together.id}"
