"""The page behind a message's link: it shows the alert and a button, and only the button acknowledges.

Whatever merely looks (previews, prefetching, scanners of mail) changes nothing, however often it does.
"""

import asyncio
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.exc import OperationalError
from starlette.responses import RedirectResponse, Response

from sansang_alerts import alert_rows
from sansang_alerts.alert_rows import Kept
from sansang_alerts.desk import Desk, UnknownCodeError
from sansang_alerts.ledger import Ledger
from sansang_alerts.links import Held, Links
from sansang_alerts.reach import person_of
from sansang_alerts.settings import Person
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.texts.plain import address

from . import bodies, origins, shell


class Behind(Protocol):
    """What the page needs."""

    ledger: Ledger
    desk: Desk
    links: Links

    def clock(self) -> float:
        """Unix seconds."""
        ...

    def nudge(self) -> None:
        """Something is to be sent."""
        ...


class _Link(NamedTuple):
    held: Held
    person: Person
    token: str


def shown(request: Request, behind: Behind, code: str, token: str) -> Response:
    """The alert, and what can be done about it."""
    link = _read(behind, code, token)
    phrases = _phrases(request, behind, link)
    if link is None:
        return _refused(phrases, "unknown", 403)
    try:
        with behind.ledger.read() as connection:
            alert = alert_rows.of_code(connection, code)
    except OperationalError:
        return _refused(phrases, "busy", 503)
    if alert is None:
        return _refused(phrases, "gone", 404)
    return _page(behind, alert, link, phrases)


async def acknowledged(request: Request, behind: Behind, code: str, token: str) -> Response:
    """Somebody pressed the button: theirs, if nobody was before them; the page says whose it is."""
    link = _read(behind, code, token)
    phrases = _phrases(request, behind, link)
    if link is None:
        return _refused(phrases, "unknown", 403)
    form = await bodies.form(request)
    if not origins.is_ours(request.headers) or not behind.links.is_form(link.held, form.get("form", "")):
        return _refused(phrases, "form", 403)
    if link.held.is_old(phrases.now):
        return await asyncio.to_thread(shown, request, behind, code, token)
    try:
        await behind.ledger.write(
            lambda c: behind.desk.acknowledge(c, link.held.code, link.person.id, phrases.now, "link")
        )
    except UnknownCodeError:
        return _refused(phrases, "gone", 404)
    except OperationalError:
        return _refused(phrases, "busy", 503)
    behind.nudge()
    query = {"t": token} | ({"lang": request.query_params["lang"]} if "lang" in request.query_params else {})
    return RedirectResponse(f"/a/{link.held.code}?{urlencode(query)}", 303, headers={"Cache-Control": "no-store"})


def _read(behind: Behind, code: str, token: str) -> _Link | None:
    held = behind.links.read(code, token)
    person = held and person_of(behind.desk.settings.people, held.person)
    return _Link(held, person, token) if held and person else None


def _phrases(request: Request, behind: Behind, link: _Link | None) -> Phrases:
    otherwise = link.person.language if link else "vi"
    return Phrases(shell.language_of(request, otherwise), behind.clock())


def _refused(phrases: Phrases, why: str, status: int) -> Response:
    return shell.page("refused.html", phrases, status, why=why)


def _page(behind: Behind, alert: Kept, link: _Link, phrases: Phrases) -> Response:
    settings, standing = behind.desk.settings, alert.standing
    taker = person_of(settings.people, standing.acknowledged_by)
    fault = standing.fault
    is_over = standing.over_at is not None or standing.ended_at is not None
    return shell.page(
        "alert.html",
        phrases,
        code=alert.code,
        fault=fault,
        said=phrases.said(fault),
        person=link.person,
        taker=taker.name if taker else standing.acknowledged_by,
        is_mine=standing.acknowledged_by == link.person.id,
        acknowledged_at=standing.acknowledged_at,
        over_at=standing.over_at or standing.ended_at,
        is_over=is_over,
        is_old=link.held.is_old(phrases.now),
        form=behind.links.form(link.held),
        action=f"/a/{link.held.code}?{urlencode({'t': link.token, 'lang': phrases.language})}",
        page=address(fault.page, settings.public_url),
        runbook=address(fault.runbook, settings.public_url),
    )
