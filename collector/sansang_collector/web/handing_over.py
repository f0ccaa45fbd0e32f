"""The page for whoever comes on call next: what is open and what ended, what reached nobody, who has the coming week.

What it shows is read from the alerts' rows as the desk's page of ``sansang-alerts serve`` reads it.
"""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from sansang_alerts.alert_rows import Kept
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.texts.plain import plain
from sansang_alerts.vietnam import DAY_S
from sansang_alerts.web import views
from sansang_alerts.web.views import View
from sansang_collector.rights import Communes, Right

from . import language, shell
from .who import SeesFleet

router = APIRouter(include_in_schema=False)

AHEAD_S = 7 * DAY_S


@router.get("/oncall/handover")
def show(request: Request, who: SeesFleet) -> Response:
    """Whoever sees some communes only reads of what hits no others."""
    phrases = Phrases(language.language_of(request), shell.collector_of(request).now())
    seen = _view(request, phrases, who.communes(Right.SEE_CENTRE))
    return shell.page(request, "handover.html", seen=seen, told=phrases, plain=plain)


def _view(request: Request, phrases: Phrases, theirs: Communes) -> View | None:
    collector = shell.collector_of(request)
    if collector.alerts is None:
        return None
    shows = None if theirs.everywhere else partial(_is_of, theirs)
    with collector.store.read() as connection:
        return views.view(connection, collector.alerts.settings, phrases, AHEAD_S, shows)


def _is_of(theirs: Communes, alert: Kept) -> bool:
    hit = alert.standing.fault.communes
    return bool(hit) and all(theirs.has(one.code) for one in hit)
