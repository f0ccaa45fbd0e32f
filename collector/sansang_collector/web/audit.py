"""/audit: who did what, as a page, as a spreadsheet and by API. Only reads; audit.py of the collector writes."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from sansang_collector import audit_query, audit_words
from sansang_collector.access import Principal, require
from sansang_collector.audit_query import DeedView, Question
from sansang_collector.rights import Right

from . import audit_csv, shell
from .api import Commune, Limit, Offset, When, answer
from .schemas import listed, refusal

PAGE_SIZE = 100
SPANS = {"1": 1, "7": 7, "30": 30, "365": 365}
"""Days back that the page offers."""

Reader = Annotated[Principal, Depends(require(Right.SEE_AUDIT))]
Who = Annotated[str, Query(max_length=100, description="Part of a name, in any case.")]
What = Annotated[str, Query(max_length=64, description="A kind of deed, for example ``enrol``.")]
Days = Annotated[str, Query(pattern=f"^({'|'.join(SPANS)})?$", description="Only these days back from now.")]

router = APIRouter()


@router.get(
    "/api/v1/audit",
    summary="Who did what",
    tags=["audit"],
    responses=listed(DeedView)
    | refusal(401, "No valid token or session.")
    | refusal(403, "The credential lacks the right.")
    | refusal(422, "A parameter that cannot be."),
)
def rows(  # noqa: PLR0913, PLR0917  # an address has no order; FastAPI hands them in by name
    request: Request,
    reader: Reader,
    since: When = None,
    until: When = None,
    who: Who = "",
    what: What = "",
    commune: Commune = None,
    limit: Limit = 200,
    offset: Offset = 0,
) -> Response:
    """The audit, newest first; nothing in it is ever changed or deleted."""
    question = Question(since, until, who, what, commune or "")
    with shell.collector_of(request).store.read() as connection:
        total = audit_query.count(connection, question, reader.communes(Right.SEE_AUDIT))
        items = audit_query.page(connection, question, limit, offset, reader.communes(Right.SEE_AUDIT))
    return answer({"total": total, "limit": limit, "offset": offset, "items": items})


@router.get("/audit", include_in_schema=False)
def page(  # noqa: PLR0917  # an address has no order; FastAPI hands them in by name
    request: Request,
    reader: Reader,
    days: Days = "",
    who: Who = "",
    what: What = "",
    commune: Commune = None,
    offset: Offset = 0,
) -> Response:
    """A hundred deeds at a time."""
    question = _question(request, days, who, what, commune)
    with shell.collector_of(request).store.read() as connection:
        total = audit_query.count(connection, question, reader.communes(Right.SEE_AUDIT))
        offset = shell.within(offset, PAGE_SIZE, total)
        found = audit_query.page(connection, question, PAGE_SIZE, offset, reader.communes(Right.SEE_AUDIT))
        kinds = audit_query.kinds(connection, reader.communes(Right.SEE_AUDIT))
    _ = shell.phrases(request).translations.gettext
    asked = {"days": days, "who": who, "what": what, "commune": commune or ""}
    return shell.page(
        request,
        "audit.html",
        rows=found,
        total=total,
        offset=offset,
        page_size=PAGE_SIZE,
        kinds=kinds,
        spans=SPANS,
        asked=asked,
        query=urlencode({name: value for name, value in asked.items() if value}),
        deed=lambda word: audit_words.deed(word, _),
        moment=audit_csv.moment,
    )


@router.get("/audit.csv", include_in_schema=False)
def spreadsheet(
    request: Request,
    reader: Reader,
    days: Days = "",
    who: Who = "",
    what: What = "",
    commune: Commune = None,
) -> Response:
    """All deeds that fit, not only those of one page; sent as they are read."""
    question = _question(request, days, who, what, commune)
    found = audit_query.everything(shell.collector_of(request).store, question, reader.communes(Right.SEE_AUDIT))
    headers = {"Content-Disposition": 'attachment; filename="sansang-audit.csv"'}
    pieces = audit_csv.pieces(found, shell.phrases(request))
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)


def _question(request: Request, days: str, who: str, what: str, commune: str | None) -> Question:
    since = shell.collector_of(request).now() - SPANS[days] * 86400 if days else None
    return Question(since, None, who, what, commune or "")
