"""Wires ``serve`` together: the Host check in front, then the doors, then the desk's pages."""

import http
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import time

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from sansang_agent.contract.codec import encode
from sansang_agent.contract.report import Problem
from sansang_agent.contract.version import __version__
from sansang_alerts.at_work import Secrets, at_work
from sansang_alerts.settings import AlertSettings

from . import doors, pages, runbooks
from .doors import Doors
from .hosts import OnlyKnownHosts, known_hosts
from .sessions import Sessions


def application(
    settings: AlertSettings, place: Path | URL, secrets: Secrets, clock: Callable[[], float] = time
) -> ASGIApp:
    """All of it; its lifespan opens and closes what works behind it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with at_work(settings, place, secrets, clock) as work:
            app.state.work = work
            app.state.doors = Doors(
                work.ledger,
                work.desk,
                work.delivery.nudge,
                work.links,
                token=secrets.webhook,
                conversations=work.conversations,
                clock=clock,
            )
            yield

    # FastAPI's own pages about the API load scripts from elsewhere, so they stay off
    app = FastAPI(
        title="sansang-alerts", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.sessions = Sessions(secrets.page)
    app.include_router(doors.router(lambda request: request.app.state.doors))
    app.include_router(pages.router)
    app.include_router(runbooks.router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OperationalError, _busy)
    return OnlyKnownHosts(app, known_hosts(settings, socket.gethostname()))


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """RFC 9457."""
    told = Problem(title=http.HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(encode(told), status, headers=headers, media_type="application/problem+json")


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "" if error.detail == http.HTTPStatus(error.status_code).phrase else str(error.detail)
    return _problem(error.status_code, detail, dict(error.headers or {}))


async def _invalid(_request: Request, _error: Exception) -> Response:
    return _problem(404, "")


async def _busy(_request: Request, _error: Exception) -> Response:
    return _problem(503, "the ledger does not answer; try again", {"Retry-After": "10"})
