"""Server-sent events (WHATWG HTML, section 9.2) from the append-only change table.

An event's id is its row's number, so a browser that comes back is told what it missed, over a restart as well.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from sansang_collector import access, overview
from sansang_collector.access import require
from sansang_collector.news import News
from sansang_collector.rights import Communes, Right
from sansang_collector.running import Collector
from sansang_collector.view import ChangeView

from . import shell
from .schemas import refusal
from .who import SeesCentre

HEARTBEAT_S = 15.0
LIFE_S = 900.0
"""A stream ends after this, and the browser opens another."""

_BATCH = 500
_HIGHEST = 9_007_199_254_740_991
_NUMBER = re.compile(r"[0-9]{1,16}")

router = APIRouter(prefix="/api/v1", dependencies=[Depends(require(Right.SEE_CENTRE))], tags=["stream"])


@router.get(
    "/stream",
    summary="Changes as they happen (text/event-stream)",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "One event per change, data as JSON."}}
    | refusal(401, "No valid token or session.")
    | refusal(403, "The credential lacks the right."),
)
async def stream(
    request: Request,
    who: SeesCentre,
    after: Annotated[
        int | None, Query(ge=0, le=_HIGHEST, description="Begin after this change; without it, with the next.")
    ] = None,
    last_event_id: Annotated[str | None, Header(description="What a browser sends when it comes back.")] = None,
) -> StreamingResponse:
    """Begin after ``Last-Event-ID``, else after ``after``, else now."""
    collector = shell.collector_of(request)
    newest = await run_in_threadpool(_newest, collector)
    asked = int(last_event_id) if last_event_id and _NUMBER.fullmatch(last_event_id) else after
    begin = newest if asked is None else min(asked, newest)
    told = events(partial(_after, request, who.communes(Right.SEE_CENTRE)), collector.news, begin)
    return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _newest(collector: Collector) -> int:
    with collector.store.read() as connection:
        return overview.newest_change(connection)


class Read(NamedTuple):
    """What was found beyond a change, and how far was looked."""

    changes: list[ChangeView]
    until: int


def _after(request: Request, of: Communes, after: int) -> Read | None:
    who = access.reader(request)
    if who is None or who.communes(Right.SEE_CENTRE) != of:
        return None
    collector = shell.collector_of(request)
    with collector.store.read() as connection:
        newest = overview.newest_change(connection)
        found = overview.changes_after(connection, after, _BATCH, of)
    return Read(found, found[-1].id if len(found) == _BATCH else max(newest, after))


async def events(
    read: Callable[[int], Read | None], news: News, after: int, heartbeat_s: float = HEARTBEAT_S
) -> AsyncIterator[bytes]:
    """Everything after change ``after``; a comment where for a while there was nothing.

    It ends when the collector stops, and where ``read`` says that no more is to be told. When the comment comes tells
    nothing of changes that are not told: only what was said here counts.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + LIFE_S
    beat = loop.time()
    while not news.closed and loop.time() < ends:
        found = await run_in_threadpool(read, after)
        if found is None:
            return
        after = found.until
        if found.changes or loop.time() >= beat:
            yield b"".join(event(change) for change in found.changes) or b": nothing new\n\n"
            beat = loop.time() + heartbeat_s
        if len(found.changes) < _BATCH:
            await news.wait(after, max(0.0, beat - loop.time()))


def event(change: ChangeView) -> bytes:
    """One change as an event; JSON has no line breaks, so it is one ``data`` line."""
    return b"id: %d\nevent: change\ndata: %s\n\n" % (change.id, msgspec.json.encode(change))
