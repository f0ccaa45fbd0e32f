"""What a request without a credential, or with one that does not suffice, is told: a program JSON, a browser a page."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from sansang_collector.access import NotAllowedError
from sansang_collector.problem import problem

from . import shell
from .own_paths import FIRST, own_path
from .sent import STALE

_TITLES = {401: "Not authenticated", 403: "Not permitted", 410: "Link spent"}


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowedError)
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if error.status == 401 else {})
    if "text/html" not in request.headers.get("accept", ""):
        return problem(error.status, _TITLES[error.status], error.detail, headers=headers)
    context = {"next": own_path(_asked_for(request))} if error.status == 401 else {}
    is_stale = error.detail == STALE
    response = shell.page(request, "not_allowed.html", status=error.status, is_stale=is_stale, **context)
    response.status_code = error.status
    response.headers.update(headers)
    return response


def _asked_for(request: Request) -> str:
    """Where a login leads: to the page that was asked for; a form would have to be sent again."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}" if request.method == "GET" else FIRST


def handle(app: FastAPI) -> None:
    """Answer every :class:`NotAllowedError` this way."""
    app.add_exception_handler(NotAllowedError, _refuse)
