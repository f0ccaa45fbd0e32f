"""What a request that fails is answered with: a problem document (RFC 9457), or a page for a person's browser.

No answer tells more about the inside than its status does.
"""

import http

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sansang_collector.problem import problem

from . import shell


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    if not _wants_page(request):
        return problem(status, http.HTTPStatus(status).phrase, detail, headers=headers)
    response = shell.page(request, "problem.html", status=status)
    response.status_code = status
    response.headers.update(headers or {})
    return response


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "" if error.detail == http.HTTPStatus(error.status_code).phrase else str(error.detail)
    return _answer(request, error.status_code, detail, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [f"{'.'.join(str(part) for part in entry['loc'])}: {entry['msg']}" for entry in error.errors()]
    return _answer(request, 422, "; ".join(found))


async def _broken(request: Request, _error: Exception) -> Response:
    return _answer(request, 500, "")


def handle(app: FastAPI) -> None:
    """Answer refused, invalid and broken requests this way; what broke is still raised to the server's log."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)
