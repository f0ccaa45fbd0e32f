"""Tells when a machine's state changes by the clock alone, which no report does: something has to look.

What was told is kept in the ledger and changed by compare-and-swap: each silence is told once, over restarts too.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from . import changes
from .agents import AGENT
from .changes import Change
from .contact import CONTACT, MACHINE
from .liveness import Known, Present, State, state_of
from .news import News
from .rounds import Rounds
from .store import Store

LOOK_SECONDS = 5.0
LOOKS_PER_REVIEW = 12
"""Once a minute those that are away are looked at as well: a goodbye runs out, a centre opens."""


class Away(NamedTuple):
    """A machine that is not in contact: since when, what was told of it, and what it is now."""

    agent: int
    commune: str
    contact: float
    told: str
    state: State


def mark_silent(connection: Connection, present: Present) -> int:
    """Flag agents that have gone silent, one change each; returns the number of the newest change."""
    if present.heard_everyone:
        in_contact = CONTACT.c.at.between(present.contact_since, present.contact_until)
        gone = list(_read(connection, _AWAY.where(CONTACT.c.silent.is_(False), ~in_contact), present))
        _tell(connection, gone, present.at)
    return changes.newest(connection)


def review(connection: Connection, present: Present) -> list[Away]:
    """Who has long been away and is not any more what was told of it. Only reads."""
    return [
        away for away in _read(connection, _AWAY.where(CONTACT.c.silent.is_(True)), present) if away.state != away.told
    ]


def tell(connection: Connection, found: Iterable[Away], at: float) -> int:
    """Write what :func:`review` found, one change each, as far as it still is so; the number of the newest change."""
    still = [away for away in found if _is_still(connection, away)]
    _tell(connection, still, at)
    return changes.newest(connection)


def _read(connection: Connection, query: Select[tuple[object, ...]], present: Present) -> Iterator[Away]:
    for row in connection.execute(query):
        barred = row.quarantined_at, row.revoked_at
        known = Known(row.commune, row.role, None, row.at, True, row.goodbye, row.back, *barred)
        yield Away(row.agent, row.commune, row.at, row.state, state_of(known, present).state)


def _is_still(connection: Connection, away: Away) -> bool:
    where = {"agent": away.agent, "contact": away.contact, "told": away.told}
    return connection.execute(_STILL, where).scalar() is not None


def _tell(connection: Connection, found: list[Away], at: float) -> None:
    if found:
        connection.execute(_TOLD, [{"of": away.agent, "now": away.state} for away in found])
    changes.note_all(connection, [Change(at, "contact", away.commune, away.agent) for away in found])


class SilenceWatch:
    """One collector's."""

    def __init__(self, store: Store, news: News, present: Callable[[], Present]) -> None:
        self._store = store
        self._news = news
        self._present = present
        self._looks = 0
        self.rounds = Rounds(LOOK_SECONDS, lambda: present().at, self.look, "which agents are silent")
        """When it looks."""

    async def look(self) -> None:
        """Tell who has gone silent, and once a minute who is not any more what was told of them."""
        self._looks += 1
        await self._news.tell(await self._store.write(lambda connection: mark_silent(connection, self._present())))
        if self._looks % LOOKS_PER_REVIEW == 0:
            await self._review(self._present())

    async def _review(self, present: Present) -> None:
        """Look at those that are away without holding up whoever writes."""
        found = await asyncio.to_thread(_found, self._store, present)
        if found:
            await self._news.tell(await self._store.write(lambda connection: tell(connection, found, present.at)))


def _found(store: Store, present: Present) -> list[Away]:
    with store.read() as connection:
        return review(connection, present)


_AWAY = (
    select(
        CONTACT.c.agent,
        AGENT.c.commune,
        AGENT.c.role,
        CONTACT.c.at,
        CONTACT.c.state,
        MACHINE.c.goodbye,
        MACHINE.c.back,
        AGENT.c.quarantined_at,
        AGENT.c.revoked_at,
    )
    .join(AGENT, AGENT.c.id == CONTACT.c.agent)
    .outerjoin(MACHINE, MACHINE.c.agent == CONTACT.c.agent)
    .where(AGENT.c.retired_at.is_(None))
)
_STILL = select(CONTACT.c.agent).where(
    CONTACT.c.agent == bindparam("agent"),
    CONTACT.c.silent.is_(True),
    CONTACT.c.at == bindparam("contact"),
    CONTACT.c.state == bindparam("told"),
)
_TOLD = CONTACT.update().where(CONTACT.c.agent == bindparam("of")).values(silent=True, state=bindparam("now"))
