"""The desk's pages: what is broken and whose it is, who is on call, the hand-over, and the forms by which they change.

For whoever has the page's token; JSON and metrics of the same, too.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sansang_alerts import metrics
from sansang_alerts.at_work import AtWork
from sansang_alerts.exposing import exposed
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.vietnam import DAY_S
from sansang_alerts.wrong_tries import WrongTries

from . import bodies, deeds, origins, shell, views
from .sessions import Sessions

router = APIRouter(include_in_schema=False)
WRONG_TOKENS = WrongTries(10, 900.0)
JSON = "application/json; charset=utf-8"


def work_of(request: Request) -> AtWork:
    """What runs behind this application."""
    found = request.app.state.work
    assert isinstance(found, AtWork)
    return found


def sessions_of(request: Request) -> Sessions:
    """Who may see it."""
    found = request.app.state.sessions
    assert isinstance(found, Sessions)
    return found


@router.api_route("/-/healthy", methods=["GET", "HEAD"])
async def healthy() -> Response:
    """200 as long as the process answers."""
    return PlainTextResponse("healthy\n")


@router.api_route("/-/ready", methods=["GET", "HEAD"])
async def ready(request: Request) -> Response:
    """200 while the ledger answers, else 503."""
    await _read(request, lambda _: None)
    return PlainTextResponse("ready\n")


@router.get("/metrics")
async def figures(request: Request) -> Response:
    """For Prometheus, with the page's token as credentials."""
    work = _known(request)
    ids = [one.id for one in work.settings.channels]
    sender = work.delivery.sender
    found = await _read(request, lambda c: list(metrics.samples(c, ids, sender.counts, sender.charged, work.clock())))
    return PlainTextResponse(exposed(found), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/v1/oncall")
async def oncall(request: Request) -> Response:
    """Every team now."""
    work = _known(request)
    found = await _read(request, lambda c: views.oncall(c, work.settings, work.clock()))
    return Response(msgspec.json.encode({"teams": found}), media_type=JSON, headers={"Cache-Control": "no-store"})


@router.get("/login")
async def login(request: Request) -> Response:
    """Asks for the token."""
    return shell.page("login.html", _phrases(request), trouble="")


@router.post("/login")
async def enter(request: Request) -> Response:
    """Lets a browser in."""
    work, sessions, phrases = work_of(request), sessions_of(request), _phrases(request)
    whose = request.client.host if request.client else ""
    if WRONG_TOKENS.are_too_many(whose, phrases.now):
        return shell.page("login.html", phrases, 429, trouble="wait")
    form = await bodies.form(request)
    if not origins.is_ours(request.headers) or not sessions.is_token(form.get("token", "").strip()):
        WRONG_TOKENS.count(whose, phrases.now)
        return shell.page("login.html", phrases, 403, trouble="wrong")
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    secure = request.url.scheme == "https" or urlsplit(work.settings.public_url).scheme == "https"
    sessions.give(answer, phrases.now, secure=secure and not _is_plain_loopback(request))
    return answer


@router.get("/")
async def desk(request: Request) -> Response:
    """What is under way, and who is on call."""
    return await _page(request, "desk.html") if _is_open(request) else _to_login()


@router.get("/handover")
async def handover(request: Request) -> Response:
    """What whoever comes next has to know: open, ended and untold in this shift, and the coming week."""
    return await _page(request, "handover.html", ahead_s=7 * DAY_S) if _is_open(request) else _to_login()


@router.post("/desk/{deed}")
async def done(request: Request, deed: deeds.Deed) -> Response:
    """One of the forms: it is done, or said why not, on the page it came from."""
    if not _is_open(request):
        return _to_login()
    form = await bodies.form(request)
    if not origins.is_ours(request.headers) or not sessions_of(request).is_form(request, form.get("form", "")):
        return shell.page("refused.html", _phrases(request), 403, why="form")
    work, phrases = work_of(request), _phrases(request)
    said = await work.ledger.write(lambda c: deeds.do(deed, c, work, form, phrases))
    work.delivery.nudge()
    return await _page(request, "desk.html", said=said)


async def _page(request: Request, template: str, said: deeds.Said | None = None, ahead_s: float = DAY_S) -> Response:
    phrases, settings = _phrases(request), work_of(request).settings
    found = await _read(request, lambda c: views.view(c, settings, phrases, ahead_s))
    form = sessions_of(request).form_token(request)
    status = 200 if said is None or said.is_good else 422
    return shell.page(
        template, phrases, status, view=found, said=said, form=form, people=settings.people, teams=settings.teams
    )


async def _read(request: Request, read: Callable[[Connection], Any]) -> Any:
    def within() -> Any:
        with work_of(request).ledger.read() as connection:
            return read(connection)

    return await asyncio.to_thread(within)


def _known(request: Request) -> AtWork:
    work = work_of(request)
    if not sessions_of(request).may_read(request, work.clock()):
        raise HTTPException(401, "bring the page's token", {"WWW-Authenticate": "Bearer"})
    return work


def _is_open(request: Request) -> bool:
    return sessions_of(request).is_open(request, work_of(request).clock())


def _to_login() -> Response:
    return RedirectResponse("/login", 303, {"Cache-Control": "no-store"})


def _phrases(request: Request) -> Phrases:
    return Phrases(shell.language_of(request), work_of(request).clock())


def _is_plain_loopback(request: Request) -> bool:
    """A browser on this machine comes without TLS although others come by a proxy's."""
    return request.url.hostname in ("localhost", "127.0.0.1", "::1")
