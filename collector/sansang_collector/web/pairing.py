"""The form of /oncall that makes a code by which somebody's Zalo chat is paired; who made one is kept in the audit."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.web import pairing_form
from sansang_alerts.web.pairing_form import Offered
from sansang_collector import access, audit
from sansang_collector.access import Principal, require_form
from sansang_collector.audit import Deed
from sansang_collector.rights import Right

from . import alerts, language, shell
from .sent import form_of, said

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4_096

Pairs = Annotated[Principal, Depends(require_form(Right.PAIR))]


@router.post("/oncall/pair")
async def pair(request: Request, who: Pairs) -> Response:
    """The page with the digits to be sent to the bot, or with what is wrong (422)."""
    form = await form_of(request, MOST_BYTES)
    collector = shell.collector_of(request)
    if collector.alerts is None:
        raise HTTPException(404)
    settings, asked = collector.alerts.settings, {name: said(form, name) for name in ("person", "channel")}
    phrases = Phrases(language.language_of(request), collector.now())

    def offer(connection: Connection) -> Offered:
        made = pairing_form.offer(connection, settings, asked, phrases)
        if made.is_good:
            whose = f"{made.person}, {made.channel}"
            audit.note(connection, Deed(phrases.now, access.named(connection, who), "pair", "", None, whose))
        return made

    made = await collector.store.write(offer)
    page = alerts.page(request, made)
    page.status_code = 200 if made.is_good else 422
    return page
