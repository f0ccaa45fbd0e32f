"""Everything that ``serve`` runs, put together: ledger, desk, channels, sender, the conversations with people, keeping.

Opened with the server's event loop and closed with it; the collector puts the same parts together by itself.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL

from . import claim, forgetting, keys, opening
from .channels import building
from .conversing import Conversations
from .delivery import Delivery
from .desk import Desk
from .links import Links
from .opening import Opened
from .settings import AlertSettings

_LOG = logging.getLogger(__name__)
AGAIN_S = 5.0


class Secrets(NamedTuple):
    """What serve has made for itself at its first start."""

    links: str
    webhook: str
    """Alertmanager brings it."""
    page: str
    """Opens the on-call page, its JSON and the metrics."""


def secrets_of(settings: AlertSettings) -> Secrets:
    """From the data folder; raises SecretError and OSError."""
    folder = Path(settings.data_dir)
    names = ("link.key", "alertmanager.token", "page.token")
    return Secrets(*(keys.kept(folder / name) for name in names))


class AtWork(NamedTuple):
    """The running whole."""

    settings: AlertSettings
    ledger: Opened
    desk: Desk
    delivery: Delivery
    conversations: Conversations
    links: Links
    secrets: Secrets
    clock: Callable[[], float]


@asynccontextmanager
async def at_work(
    settings: AlertSettings, place: Path | URL, secrets: Secrets, clock: Callable[[], float] = time.time
) -> AsyncIterator[AtWork]:
    """Working as long as the block lasts; raises BuildError, SecretError, NewerTablesError, OperationalError."""
    ledger = opening.Opened(place)
    links = Links(secrets.links, settings.public_url)
    desk = Desk(settings, link=links.link)
    channels = building.build(settings.channels)
    delivery = Delivery(ledger, desk, channels, clock, place=claim.name_of(Path(settings.data_dir)))
    conversations = Conversations(settings, ledger, desk, channels, clock, delivery.nudge)
    runs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "people are not told just now": delivery.run,
        "nobody is listened to just now": conversations.run,
        "what is long over stays just now": partial(forgetting.follow, ledger, settings, clock),
    }
    tasks = [asyncio.create_task(_kept_up(run, trouble)) for trouble, run in runs.items()]
    try:
        yield AtWork(settings, ledger, desk, delivery, conversations, links, secrets, clock)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await channels.close()
        ledger.close()


async def _kept_up(run: Callable[[], Coroutine[Any, Any, None]], trouble: str) -> None:
    """Again and again: a defect must not let people wait for messages that nobody sends."""
    while True:
        try:
            await run()
        except Exception:  # noqa: BLE001  # whatever it was is in the log, and the next message may well go out
            _LOG.exception("%s; trying again", trouble)
        await asyncio.sleep(AGAIN_S)
