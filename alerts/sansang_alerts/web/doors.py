"""The doors that others come in by: Alertmanager's webhook, gateways and bots, and the link by which one acknowledges.

A router that the collector mounts too; each door asks for a secret of its own before it reads anything.
"""

import asyncio
import hmac
import time
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy.exc import OperationalError
from starlette.responses import JSONResponse, Response

from sansang_alerts import sms_callbacks, taking_in
from sansang_alerts.alertmanager import PayloadError, read
from sansang_alerts.channels.zalo_updates import SECRET_HEADER
from sansang_alerts.conversing import Conversations, UnknownChannelError
from sansang_alerts.desk import Desk
from sansang_alerts.ledger import Ledger
from sansang_alerts.links import Links
from sansang_alerts.sms_callbacks import Call, ForgedError, GarbledError

from . import acknowledging, bodies, shell

MOST_PAYLOAD = 16_777_216
"""10,000 alerts of 1,600 bytes each."""
BUSY_S = 10


class Doors:
    """What the doors open to. ``token`` is the webhook's; empty: it is shut."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        nudge: Callable[[], None],
        links: Links,
        *,
        token: str,
        conversations: Conversations,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.ledger, self.desk, self.nudge, self.links, self.clock = ledger, desk, nudge, links, clock
        self.token = token
        self.conversations = conversations
        self.taking = asyncio.Lock()
        """One payload at a time is read and taken in."""


Find = Callable[[Request], Doors | None]


def router(find: Find) -> APIRouter:
    """All of them; ``find`` gives what stands behind the doors of a request's application, or nothing where nobody is
    told, and then there are none."""
    made = APIRouter(include_in_schema=False)

    def doors(request: Request) -> Doors:
        found = find(request)
        if found is None:
            raise HTTPException(404)
        return found

    @made.post("/api/v1/alertmanager")
    async def alertmanager(request: Request) -> Response:
        return await _alertmanager(request, doors(request))

    @made.api_route("/a/{code}", methods=["GET", "HEAD"])
    async def shown(request: Request, code: str, t: str = "") -> Response:
        return await asyncio.to_thread(acknowledging.shown, request, doors(request), code, t)

    @made.post("/a/{code}")
    async def acknowledged(request: Request, code: str, t: str = "") -> Response:
        return await acknowledging.acknowledged(request, doors(request), code, t)

    @made.get(shell.STYLE_PATH)
    def style() -> Response:
        return shell.style()

    _add_callbacks(made, doors)
    return made


def _add_callbacks(made: APIRouter, doors: Callable[[Request], Doors]) -> None:
    @made.post("/api/v1/channels/{channel}/zalo")
    async def zalo(request: Request, channel: str) -> Response:
        conversations = doors(request).conversations
        with _Refusing():
            body = await bodies.read(request, sms_callbacks.MOST_BYTES)
            await conversations.pushed(channel, request.headers.get(SECRET_HEADER, ""), body)
        return JSONResponse({"ok": True})

    # gateways that can do no better call by GET
    @made.api_route("/api/v1/channels/{channel}/delivery", methods=["GET", "POST"])
    async def delivery(request: Request, channel: str) -> Response:
        conversations = doors(request).conversations
        with _Refusing():
            is_known = await conversations.delivered(channel, await _call(request))
        if not is_known:
            raise HTTPException(404, "no message of this channel waits for such a report")
        return JSONResponse({"ok": True})

    @made.api_route("/api/v1/channels/{channel}/reply", methods=["GET", "POST"])
    async def reply(request: Request, channel: str) -> Response:
        conversations = doors(request).conversations
        with _Refusing():
            await conversations.replied(channel, await _call(request))
        return JSONResponse({"ok": True})


async def _alertmanager(request: Request, doors: Doors) -> Response:
    brought = request.headers.get("authorization", "")
    wanted = f"Bearer {doors.token}"
    if not doors.token or not hmac.compare_digest(brought.encode("utf-8", "replace"), wanted.encode()):
        how = "bring the webhook's token (http_config: authorization)"
        raise HTTPException(401, how, {"WWW-Authenticate": "Bearer"})
    with _Refusing():
        async with doors.taking:
            payload = read(await bodies.read(request, MOST_PAYLOAD))
            taken = await taking_in.take(doors.ledger, doors.desk, payload, doors.clock())
    doors.nudge()
    return JSONResponse(taken._asdict())


async def _call(request: Request) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(request.url.query, headers, await bodies.read(request, sms_callbacks.MOST_BYTES))


class _Refusing:
    """Says in HTTP why something was not taken; nobody learns whether a channel exists that they have no secret of."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case UnknownChannelError() | ForgedError():
                raise HTTPException(403, "bring the channel's secret") from None
            case GarbledError() | PayloadError():
                raise HTTPException(400, str(error)) from None
            case OperationalError():
                busy = "the ledger does not answer; send it again"
                raise HTTPException(503, busy, {"Retry-After": str(BUSY_S)}) from None
