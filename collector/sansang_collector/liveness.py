"""Notices when an agent goes silent: a clock event, not a report, so something has to look.

The flag in the ledger is set by compare-and-swap, so that each silence is told once, over restarts too.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from . import changes
from .agents import AGENT
from .changes import Change
from .contact import CONTACT
from .news import News
from .store import Store
from .store.dialect import Direct

_LOG = logging.getLogger(__name__)

SILENT_SECONDS = 45.0
"""Three reports' time (DESIGN: one every 15 s)."""
LOOK_SECONDS = 5.0


class Present(NamedTuple):
    """The moment something is said of, and since when this collector has been able to hear anyone (Unix seconds)."""

    at: float
    listening_since: float

    @property
    def heard_everyone(self) -> bool:
        """Whether everyone has had the time to speak: while the collector was down nobody could be in contact."""
        return self.at - self.listening_since > SILENT_SECONDS

    @property
    def contact_since(self) -> float:
        """Whoever was last in contact before this is silent."""
        return self.at - SILENT_SECONDS

    @property
    def contact_until(self) -> float:
        """A contact after this is of a clock that has been set back since, and says nothing of the present."""
        return self.at + SILENT_SECONDS


def is_silent(last_contact: float, known_silent: bool, present: Present) -> bool:
    """Whether an agent is not in contact: known for it since before a restart, or not heard for three reports' time."""
    recent = present.contact_since <= last_contact <= present.contact_until
    return known_silent or (present.heard_everyone and not recent)


def mark_silent(connection: Connection, present: Present) -> int:
    """Flag agents that have gone silent, one change each; returns the number of the newest change."""
    if not present.heard_everyone:
        return changes.newest(connection)
    gone = connection.execute(
        select(CONTACT.c.agent, AGENT.c.commune)
        .join(AGENT, AGENT.c.id == CONTACT.c.agent)
        .where(CONTACT.c.silent.is_(False), ~CONTACT.c.at.between(present.contact_since, present.contact_until))
    ).all()
    if gone:
        _SILENCE.run(connection, [(agent,) for agent, _ in gone])
    changes.note_all(connection, [Change(present.at, "contact", commune, agent) for agent, commune in gone])
    return changes.newest(connection)


_SILENCE = Direct("UPDATE contact SET silent = TRUE WHERE agent = ?")


async def watch_silence(store: Store, news: News, present: Callable[[], Present]) -> None:
    """Look every five seconds until cancelled."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await news.tell(await store.write(lambda connection: mark_silent(connection, present())))
        except OperationalError:
            _LOG.exception("cannot write which agents are silent; trying again")
