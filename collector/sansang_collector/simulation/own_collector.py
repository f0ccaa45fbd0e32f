"""A collector of the simulation's own, in this process, on the simulation's one clock: real files, real HTTP.

Its folder is the simulation's alone, so that simulated time never mixes with a real ledger's.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

from sqlalchemy import select

from sansang_collector import links, tokens
from sansang_collector.app import Application, create_app
from sansang_collector.consumers import BATCH_SECONDS, CURSOR
from sansang_collector.server import CollectorServer
from sansang_collector.settings import CollectorSettings
from sansang_collector.store import Store

LOOK_S = 0.01
"""Between two looks whether the consumers have come to the end of the log."""
SHORTEST_BATCH_S = 0.05
"""Consumers gather at least this long, in real time: a transaction for every single report would take longer."""
LINK_S = 600.0


class Access(NamedTuple):
    """Secrets of a new collector."""

    admin: str
    admin_token: int
    """Its number, to revoke it."""
    link: str


class OwnCollector(NamedTuple):
    """Running."""

    url: str
    application: Application

    async def settled(self) -> None:
        """Wait until everything that has been taken has had its effect."""
        collector = self.application.collector
        position = collector.log.position
        names = {consumer.name for consumer in collector.consumers}
        while position and not names <= _done(collector.store, position):  # noqa: ASYNC110  # cursors tell nobody
            await asyncio.sleep(LOOK_S)
        await collector.diagnosis.settled()
        await collector.revising.rounds.settled()
        await collector.closer_look.rounds.settled()
        if collector.alerts is not None:
            await collector.alerts.settled()


def _done(store: Store, position: int) -> set[str]:
    """The consumers that have applied the log up to ``position``."""
    with store.read() as connection:
        return set(connection.scalars(select(CURSOR.c.consumer).where(CURSOR.c.position >= position)))


class _Server(CollectorServer):
    """Signals are the simulation's to obey."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def prepare(settings: CollectorSettings, now: float, speed: float) -> Access:
    """Make the files with an administrator's token and a one-time link good for ten minutes of a person's time."""
    store = Store(settings.folder)
    try:
        number, admin = store.write_sync(lambda it: tokens.issue(it, "admin", "simulation", now))
        late = now + LINK_S * (min(speed, 10_000.0) - 1)
        return Access(admin, number, store.write_sync(lambda it: links.issue_link(it, late)))
    finally:
        store.close()


@asynccontextmanager
async def running(settings: CollectorSettings, now: Callable[[], float], speed: float) -> AsyncIterator[OwnCollector]:
    """Serve until the block ends; raises OSError where the address is taken."""
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    with socket.create_server((settings.listen_host, settings.listen_port), family=family, backlog=2048) as listener:
        host, port = listener.getsockname()[:2]
        application = create_app(settings, now, batch_s=max(SHORTEST_BATCH_S, min(BATCH_SECONDS, 5 / speed)))
        ready = asyncio.Event()
        server = _Server(application, ready.set)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await ready.wait()
            shown = f"[{host}]" if ":" in host else host
            yield OwnCollector(f"http://{shown}:{port}", application)
        finally:
            server.should_exit = True
            await serving
