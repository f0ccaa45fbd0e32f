"""What a request without a credential, or with one that does not suffice, is told: a program JSON, a browser a page."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from sansang_collector.access import NotAllowedError
from sansang_collector.problem import problem

from . import shell

_TITLES = {401: "Not authenticated", 403: "Not permitted", 410: "Link spent"}


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowedError)
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if error.status == 401 else {})
    if "text/html" not in request.headers.get("accept", ""):
        return problem(error.status, _TITLES[error.status], error.detail, headers=headers)
    response = shell.page(request, "not_allowed.html", status=error.status)
    response.status_code = error.status
    response.headers.update(headers)
    return response


def handle(app: FastAPI) -> None:
    """Answer every :class:`NotAllowedError` this way."""
    app.add_exception_handler(NotAllowedError, _refuse)
