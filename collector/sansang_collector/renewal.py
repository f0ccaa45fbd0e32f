"""Does in the ledger what rotation.py and clones.py find while reports are taken, a moment later and many at once.

Ingest asks it twice for every report, each time at the price of a look into a dictionary; nothing waits for the ledger.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from . import agents, audit, changes, shut_out, tokens
from .arrivals import Arrival
from .audit import Deed, What
from .clones import Clones
from .news import News
from .rotation import WINDOW_S, Renewal, Rotation, Stage, Task, Valid
from .store import Store
from .tokens import TOKEN, End

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
MOST_LOOK_SECONDS = 60.0
LOOKING_SHARE = 500
"""How soon it is noticed that a token has come of age, or that somebody wants one renewed: later the more tokens there
are, so that looking takes a five-hundredth of a processor."""
RETRY_SECONDS = 1.0
MOST_KNOCKING = 10_000
"""Shut-out machines whose last try is remembered; beyond that all are forgotten."""
WHO = "collector"
"""In the audit, of what nobody did."""
NOT_TAKEN_OVER = "it did not take over its new token within a day; a join code lets it in again"


class _Clone(NamedTuple):
    agent: int
    evidence: str
    at: float


class _Done(NamedTuple):
    made: list[tuple[Renewal, int, str]]
    over: list[Renewal]
    newest_change: int | None
    """None if there is nothing to tell."""


class TokenKeeper:
    """One collector's; all but the ledger's work is on the event loop."""

    def __init__(
        self,
        store: Store,
        news: News,
        now: Callable[[], float],
        *,
        days: Callable[[], float],
        on_shut_out: Callable[[], None],
    ) -> None:
        self._store = store
        self._news = news
        self._now = now
        self._days = days
        self._on_shut_out = on_shut_out
        self._something = asyncio.Event()
        self._rotation = Rotation(self._something.set)
        self.admits = self._rotation.admits
        self.offer = self._rotation.offer
        self._clones = Clones()
        self._found: list[_Clone] = []
        self._knocks: dict[int, float] = {}

    def watch(self, arrival: Arrival) -> None:
        """Notice from an envelope that is taken whether two machines use one token."""
        evidence = self._clones.notice(arrival.agent, arrival.sent, arrival.reports, arrival.received)
        if evidence is not None:
            self._clones.forget(arrival.agent)
            self._found.append(_Clone(arrival.agent, evidence, arrival.received))
            self._something.set()

    def knocked(self, agent: int) -> None:
        """A machine was refused because its token has ended."""
        if len(self._knocks) >= MOST_KNOCKING and agent not in self._knocks:
            self._knocks.clear()
        self._knocks[agent] = self._now()

    def knocked_at(self, agent: int) -> float | None:
        """When it was last refused so, since the collector runs; may be asked from any thread."""
        return self._knocks.get(agent)

    async def look(self) -> float:
        """Take over which tokens are due; how many CPU seconds that took."""
        valid, reading_s = await asyncio.to_thread(self._read)
        began = time.thread_time()
        self._rotation.know(valid, self._now(), self._days())
        return reading_s + time.thread_time() - began

    async def settle(self) -> None:
        """Do in one transaction what has been found since the last time."""
        self._something.clear()
        tasks, (clones, self._found) = self._rotation.take_tasks(), (self._found, [])
        if not tasks and not clones:
            return
        try:
            done = await self._store.write(lambda connection: _settle(connection, tasks, clones, self._now()))
        except BaseException:
            self._rotation.put_back(tasks)
            self._found += clones
            raise
        for renewal, new, secret in done.made:
            self._rotation.made(renewal, new, secret)
        for renewal in done.over:
            self._rotation.done(renewal)
        for clone in clones:
            _LOG.warning("two machines use the token of agent %d: %s", clone.agent, clone.evidence)
        if done.newest_change is not None:
            self._on_shut_out()
            await self._news.tell(done.newest_change)

    async def follow(self) -> None:
        """Look now and then, and do at once what is found while reports are taken, until cancelled."""
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        while True:
            try:
                await self.settle()
                if loop.time() >= look_at:
                    rest = await self.look() * LOOKING_SHARE
                    look_at = loop.time() + min(max(LOOK_SECONDS, rest), MOST_LOOK_SECONDS)
                async with asyncio.timeout_at(look_at):
                    await self._something.wait()
            except TimeoutError:
                continue
            except OperationalError:
                _LOG.exception("cannot renew or end tokens; trying again")
                await asyncio.sleep(RETRY_SECONDS)

    def _read(self) -> tuple[list[Valid], float]:
        began = time.thread_time()
        with self._store.read() as connection:
            found = [Valid._make(row) for row in connection.execute(_VALID)]
        return found, time.thread_time() - began


def _settle(connection: Connection, tasks: Iterable[Task], clones: Iterable[_Clone], now: float) -> _Done:
    done = _Done([], [], None)
    is_told = False
    for task in tasks:
        if task.stage is Stage.MAKING:
            found = _make(connection, task.renewal, now)
            if found is not None:
                done.made.append((task.renewal, *found))
                continue
        elif task.stage is Stage.OVER:
            _end_old(connection, task.renewal, now)
        elif shut_out.shut_out(connection, task.renewal.agent, End.ROTATED, now):
            _tell(connection, task.renewal.agent, "revoke", NOT_TAKEN_OVER, now)
            is_told = True
        done.over.append(task.renewal)
    for clone in clones:
        if shut_out.quarantine(connection, clone.agent, clone.at):
            _tell(connection, clone.agent, "quarantine", clone.evidence, clone.at)
            is_told = True
    return done._replace(newest_change=changes.newest(connection)) if is_told else done


def _make(connection: Connection, renewal: Renewal, now: float) -> tuple[int, str] | None:
    """A token to come after the old one; None if that has ended. What was to for more than a day is withdrawn."""
    valid = TOKEN.c.revoked_at.is_(None)
    label = connection.scalar(select(TOKEN.c.label).where(TOKEN.c.id == renewal.old, valid))
    if label is None:
        return None
    stale = TOKEN.c.replaces == renewal.old, TOKEN.c.created_at <= now - WINDOW_S, valid
    connection.execute(TOKEN.update().where(*stale).values(revoked_at=now, why=End.UNUSED))
    return tokens.issue(connection, "agent", label, now, renewal.agent, rotates=True, replaces=renewal.old)


def _end_old(connection: Connection, renewal: Renewal, now: float) -> None:
    """The old one and what else was to come after it."""
    others = TOKEN.c.replaces == renewal.old, TOKEN.c.id != renewal.used, TOKEN.c.revoked_at.is_(None)
    tokens.revoke(connection, renewal.old, now, End.ROTATED)
    connection.execute(TOKEN.update().where(*others).values(revoked_at=now, why=End.UNUSED))
    connection.execute(TOKEN.update().where(TOKEN.c.id == renewal.used).values(renew_at=None))


def _tell(connection: Connection, agent: int, what: What, detail: str, at: float) -> None:
    commune = agents.communes_of(connection, [agent])[agent]
    audit.note(connection, Deed(at, WHO, what, commune, agent, detail))
    changes.note(connection, "agent", at, commune, agent)


_VALID = select(TOKEN.c.id, TOKEN.c.agent, TOKEN.c.created_at, TOKEN.c.renew_at, TOKEN.c.replaces).where(
    TOKEN.c.rotates == 1, TOKEN.c.revoked_at.is_(None), TOKEN.c.agent.is_not(None)
)
