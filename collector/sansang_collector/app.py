"""Wires the collector together: ingest in front, then the Host check, then FastAPI with everything else."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from sansang_agent.contract.settings import SettingsError
from sansang_agent.contract.version import __version__

from . import audit, exposition, operations, web
from .access import Principal, require_credential
from .audit import Deed
from .consumers import BATCH_SECONDS
from .entrance import Entrance
from .hosts import OnlyKnownHosts, known_hosts
from .ingest import PATH, Ingest
from .inventory.calendars import calendars
from .inventory.in_force import InForce
from .running import Collector
from .settings import CollectorSettings
from .tls.live import ServerTls, keep_renewed
from .web.phrases import Phrases

_LOG = logging.getLogger(__name__)

Loader = Callable[[], CollectorSettings]
"""Reads the settings again; raises SettingsError."""


class Application:
    """The whole collector as one ASGI callable; its lifespan opens and closes the files."""

    def __init__(
        self,
        settings: CollectorSettings,
        now: Callable[[], float],
        load: Loader,
        batch_s: float = BATCH_SECONDS,
        tls: ServerTls | None = None,
    ) -> None:
        self._settings = settings
        self.tls = tls
        """What connections are to begin with; None for plain HTTP."""
        self.entrance = Entrance(settings)
        self._now = now
        self._load = load
        self._batch_s = batch_s
        self.fastapi = self._routes()
        self._hosts = OnlyKnownHosts(self.fastapi, known_hosts(settings, socket.gethostname()))
        self.ingest = Ingest(lambda: self.collector)

    @property
    def collector(self) -> Collector:
        """The running collector; there is one between the lifespan's start and end."""
        collector = self.fastapi.state.collector
        assert isinstance(collector, Collector)
        return collector

    @property
    def inventory(self) -> InForce:
        """The inventory in force; there is one as long as there is a collector."""
        return self.collector.inventory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's lifespan messages.

        Reports come by whatever name: a page elsewhere that rebound its name to us has no token to send with them.
        """
        if scope["type"] != "http":
            await self._hosts(scope, receive, send)
        elif scope["path"] == PATH:
            await self.ingest(scope, receive, send)
        else:
            await self._hosts(self.entrance.seen(scope), receive, send)

    async def close_streams(self) -> None:
        """End the event streams, so that a stopping server has nothing to wait for."""
        await self.collector.news.close()

    def reload(self, who: str) -> str:
        """Take over what may change while running; or the mistakes, and then all settings stay.

        That is hosts, public_url, proxies, ceilings of connections, retention, who is told of incidents, the inventory
        and the certificate.
        ``who`` had it read again, for the audit.
        """
        try:
            settings = self._load()
        except SettingsError as error:
            return str(error)
        mistakes = self._other_road(settings) or self._renew(settings)
        mistakes = mistakes or self.inventory.reload(settings.inventory_dir, who)
        if mistakes:
            return mistakes
        deed = Deed(self._now(), who, "reload", "", None)
        self.collector.store.write_sync(lambda connection: audit.note(connection, deed))
        self.collector.take_over(settings)
        self._know_calendars()
        self._hosts.known = known_hosts(settings, socket.gethostname())
        self.entrance.take_over(settings)
        return ""

    def _other_road(self, settings: CollectorSettings) -> str:
        """People are told by one road, and whoever was told of a fault hears of its end by the same."""
        if self._settings.delivery != settings.delivery:
            return f"'delivery' is {self._settings.delivery!r} until the collector is started anew"
        if (self._settings.tells, self._settings.alertmanagers) != (settings.tells, settings.alertmanagers):
            return "'alerts' and 'alertmanagers' count once the collector is started anew"
        return ""

    def _renew(self, settings: CollectorSettings) -> str:
        if settings.tls_kind != self._settings.tls_kind:
            return f"'tls' is {self._settings.tls_kind!r} until the collector is started anew"
        if self.tls is None:
            return ""
        mistake = self.tls.renew(settings, self._now())
        self.collector.tls_identity = self.tls.identity
        return mistake

    def _know_calendars(self) -> None:
        version = self.inventory.version
        self.collector.know_calendars(calendars(version.inventory) if version else {})

    def _routes(self) -> FastAPI:
        # FastAPI's own pages about the API load scripts from elsewhere, so they stay off.
        app = FastAPI(
            title="sansang",
            version=__version__,
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
        )
        app.state.reload = self.reload
        for router in (operations.router, exposition.router, _description):
            app.include_router(router)
        web.include(app)
        return app

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        collector = Collector(self._settings, self._now, self._batch_s, Phrases)
        app.state.collector = collector
        app.state.exposition = exposition.Exposition(collector)
        mistakes = await asyncio.to_thread(self.inventory.reload, self._settings.inventory_dir)
        if mistakes:
            _LOG.warning("inventory not changed:\n%s", mistakes)
        self._know_calendars()
        if self.tls is not None:
            collector.tls_identity = self.tls.identity
        await collector.start()
        renewing = asyncio.create_task(keep_renewed(lambda: asyncio.to_thread(self._renew, collector.settings)))
        try:
            yield
        finally:
            renewing.cancel()
            await collector.stop()


def create_app(
    settings: CollectorSettings,
    now: Callable[[], float] = time.time,
    load: Loader | None = None,
    batch_s: float = BATCH_SECONDS,
    tls: ServerTls | None = None,
) -> Application:
    """The application; ``load`` reads the settings again for a reload (without it they stay), ``tls`` is served with.

    ``batch_s``: how many real seconds consumers gather; a clock that runs faster than real time needs fewer.
    """
    return Application(settings, now, load or (lambda: settings), batch_s, tls)


_description = APIRouter(include_in_schema=False)


@_description.get("/api/v1/openapi.json")
def _openapi(request: Request, _who: Annotated[Principal, Depends(require_credential)]) -> JSONResponse:
    return JSONResponse(request.app.openapi())
