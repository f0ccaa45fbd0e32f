"""Notices when an agent goes silent: a clock event, not a report, so something has to look.

The flag in the ledger is set by compare-and-swap, so that each silence is told once, over restarts too.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from . import changes
from .agents import AGENT
from .news import News
from .state import CONTACT
from .store import Store

_LOG = logging.getLogger(__name__)

SILENT_SECONDS = 45.0
"""Three reports' time (DESIGN: one every 15 s)."""
LOOK_SECONDS = 5.0


def is_silent(last_contact: float | None, now: float) -> bool:
    """Whether an agent has not been in contact for longer than three reports' time."""
    return last_contact is None or now - last_contact > SILENT_SECONDS


def mark_silent(connection: Connection, now: float) -> int:
    """Flag agents that have gone silent, one change each; returns the number of the newest change."""
    gone = connection.execute(
        select(CONTACT.c.agent, AGENT.c.commune)
        .join(AGENT, AGENT.c.id == CONTACT.c.agent)
        .where(CONTACT.c.silent.is_(False), CONTACT.c.at < now - SILENT_SECONDS)
    ).all()
    for agent, commune in gone:
        connection.execute(CONTACT.update().where(CONTACT.c.agent == agent).values(silent=True))
        changes.note(connection, "contact", now, commune, agent)
    return changes.newest(connection)


async def watch_silence(store: Store, news: News, now: Callable[[], float]) -> None:
    """Look every five seconds until cancelled."""
    # While the collector was down nobody could be in contact: first everyone gets the time to come back.
    await asyncio.sleep(SILENT_SECONDS)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await news.tell(await store.write(lambda connection: mark_silent(connection, now())))
        except OperationalError:
            _LOG.exception("cannot write which agents are silent; trying again")
