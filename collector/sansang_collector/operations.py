"""What whoever runs the collector asks of it: is it alive, is it ready, read the settings again; and the way in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from . import audit, cookies, links
from .access import NotAllowedError, Principal, named, require
from .audit import Deed
from .problem import problem
from .rights import Right
from .running import Collector

router = APIRouter(include_in_schema=False)


@router.api_route("/-/healthy", methods=["GET", "HEAD"])
async def healthy() -> Response:
    """200 as long as the process answers."""
    return PlainTextResponse("healthy\n")


@router.api_route("/-/ready", methods=["GET", "HEAD"])
async def ready(request: Request) -> Response:
    """200 while reports can be taken, else 503."""
    if request.app.state.collector.ready:
        return PlainTextResponse("ready\n")
    return problem(503, "Not ready", "the report log cannot be written")


@router.post("/-/reload")
def reload(request: Request, who: Annotated[Principal, Depends(require(Right.OPERATE))]) -> Response:
    """Read the settings file again; 204, or 422 with every mistake in it (and nothing changed)."""
    with request.app.state.collector.store.read() as connection:
        name = named(connection, who)
    mistakes = request.app.state.reload(name)
    if mistakes:
        return problem(422, "The settings were not changed", mistakes)
    return Response(status_code=204)


@router.get("/login/{secret}")
async def login(request: Request, secret: str) -> Response:
    """Spend a one-time link: a session cookie, then on to the first page."""
    collector = request.app.state.collector
    session = await collector.store.write(lambda connection: _open(connection, secret, collector.now()))
    headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    if session is None:
        raise NotAllowedError(410, "this link is spent or too old; make a new one")
    answer = RedirectResponse("/", 303, headers)
    acts = await run_in_threadpool(_scope, collector, session) == "admin"
    cookies.give(request, answer, session, acts=acts)
    return answer


def _open(connection: Connection, secret: str, now: float) -> str | None:
    session = links.use_link(connection, secret, now)
    if session is not None:
        found = links.find_session(connection, session, now)
        audit.note(connection, Deed(now, "one-time link", "login", "", None, found.scope if found else ""))
    return session


def _scope(collector: Collector, session: str) -> str | None:
    with collector.store.read() as connection:
        found = links.find_session(connection, session, collector.now())
    return found.scope if found else None
