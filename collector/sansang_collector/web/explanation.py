"""An incident or a commune explained, by API: what it is, where, since when, whose, on what grounds, what to do."""

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_collector import overview
from sansang_collector.access import Principal
from sansang_collector.incidents import commune_look, listing
from sansang_collector.incidents.around import around
from sansang_collector.incidents.commune_look import CommuneLook
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.explanation import Explanation
from sansang_collector.incidents.listing import Listed
from sansang_collector.incidents.rows import Kept
from sansang_collector.rights import Right

from . import incident_doing, shell
from .api import answer
from .incidents_api import IncidentId
from .schemas import one, refusal
from .who import SeesCentre

_REFUSALS = (
    refusal(401, "No valid token or session.")
    | refusal(403, "The credential does not open this, or not for these communes.")
    | refusal(404, "There is none.")
    | refusal(422, "A parameter that cannot be.")
)

router = APIRouter(prefix="/api/v1", tags=["incidents"], responses=_REFUSALS, default_response_class=Response)


@router.get("/incidents/{number}/explanation", summary="An incident in words", responses=one(Explanation))
def explanation(request: Request, who: SeesCentre, number: IncidentId) -> Response:
    """Sentences in the language asked for with ``?lang=`` (``vi``, ``en``), and the figures behind them.

    Of an incident that also hits communes which the credential does not open, what is of the others is left out.
    """
    with shell.collector_of(request).store.read() as connection:
        incident_doing.must_see(connection, who, number)
        found = listing.find(connection, number)
        if found is None:
            raise HTTPException(404, f"there is no incident {number}")
        told = _told(request, connection, who, found)
    return answer(told)


@router.get("/communes/{code}/explanation", summary="A commune in words", responses=one(CommuneLook))
def of_commune(request: Request, who: SeesCentre, code: str) -> Response:
    """All that hits it now; where nothing does, what hit it last. Sentences are in the language of ``?lang=``."""
    who.must(Right.SEE_CENTRE, code)
    collector, seeing = shell.collector_of(request), incident_doing.seeing(request, who)
    with collector.store.read() as connection:
        present = collector.present()
        province = collector.board.province(connection, present, code)
        if overview.commune(connection, code, present, province) is None:
            raise HTTPException(404, f"no commune has the code {code!r}")

        def tell(kept: Kept) -> Explanation:
            (found,) = listing.with_communes(connection, [kept])
            return _told(request, connection, who, found)

        name, serving = shell.phrases(request).commune(code), province.serving.get(code)
        return answer(commune_look.look(connection, code, name, seeing.communes, tell, serving))


def _told(request: Request, connection: Connection, who: Principal, found: Listed) -> Explanation:
    """The explanation that ``who`` is given."""
    seeing, now = incident_doing.seeing(request, who), shell.collector_of(request).now()
    (incident,) = listing.for_eyes(connection, [found], seeing)
    beside = around(connection, found.kept, incident)
    return explain(incident, seeing.naming, shell.phrases(request), now, beside)
