"""An incident explained, by API: what it is, where, since when, whose, on what grounds, and what to do next."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from sansang_collector.access import Principal
from sansang_collector.incidents import listing
from sansang_collector.incidents.around import around
from sansang_collector.incidents.explain import explain
from sansang_collector.incidents.explanation import Explanation

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
    found = explained(request, who, number)
    if found is None:
        raise HTTPException(404, f"there is no incident {number}")
    return answer(found)


def explained(request: Request, who: Principal, number: int) -> Explanation | None:
    """The explanation that ``who`` is given, for a page too; raises NotAllowedError where they see none of it."""
    collector = shell.collector_of(request)
    seeing = incident_doing.seeing(request, who)
    with collector.store.read() as connection:
        incident_doing.must_see(connection, who, number)
        found = listing.find(connection, number)
        if found is None:
            return None
        (incident,) = listing.for_eyes(connection, [found], seeing)
        beside = around(connection, found.kept, incident)
    return explain(incident, seeing.naming, shell.phrases(request), collector.now(), beside)
