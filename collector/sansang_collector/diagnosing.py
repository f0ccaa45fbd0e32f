"""Finds out what broke while the collector runs: follows the log, looks every few seconds, keeps incidents.

All thinking is done in a thread, so that neither the event loop nor whoever sends reports waits for it. Looks are due
by the collector's clock, whatever that is.
"""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from sqlalchemy import Connection

from . import changes
from .board import Board
from .consumers import BATCH_SECONDS
from .diagnosis.condition import Condition
from .diagnosis.engine import Engine
from .diagnosis.evidence import Evidence
from .diagnosis.graph import Graph
from .diagnosis.hearing import Hearing
from .following import Following, Kept
from .habituation import Due, Habituation
from .incidents import recording
from .incidents.recording import Written
from .inventory.in_force import InForce
from .liveness import Present
from .log import ReportLog
from .looking import Found, Looking, Maker
from .news import News
from .serving import Serving
from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_S = 5.0
SOONEST_S = 1.0
"""A fresh failure is looked at at once, but no sooner than this after the last look."""
KEEP_S = 60.0
"""How often the evidence is put away …"""
KEEP_BYTES_PER_S = 200_000
"""… as long as that writes no more than this."""
SERVING_S = 15.0
"""How old may be what is known of who can serve."""
BEHIND_S = 2.0
"""While the log's writer needs longer than this for what waits, who is silent cannot be told."""
PAUSED_S = 30.0
"""A clock that goes on by so much between two turns means that nobody listened meanwhile."""


class Diagnosis:
    """One collector's; made for an open store and log, :meth:`follow` runs it."""

    def __init__(
        self,
        store: Store,
        log: ReportLog,
        news: News,
        inventory: InForce,
        board: Board,
        present: Callable[[], Present],
        *,
        batch_s: float = BATCH_SECONDS,
        make: Maker = Engine,
    ) -> None:
        self.condition = Condition()
        self.wake = asyncio.Event()
        """Set when the log has grown."""
        self._store = store
        self._log = log
        self._news = news
        self._inventory = inventory
        self._board = board
        self._present = present
        self._batch_s = batch_s
        self.habituation = Habituation(lambda: present().usual)
        """What was learned of machines and communes."""
        self._following = Following(store, log, self._now, self.habituation)
        self._looking = Looking(make, self.habituation, self._serving)
        self._one_at_a_time = threading.Lock()
        self._looked_at = -math.inf
        self._looked_through: Evidence | None = None
        self._turned_at = self._kept_at = self._now()
        self._keep_again_s = KEEP_S
        self._fresh = False
        self._served: tuple[float, Mapping[str, Serving]] = (-math.inf, {})

    async def follow(self) -> None:
        """Follow the log and look until cancelled; then put the evidence away."""
        await self._begin()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._batch_s):
                        await self.wake.wait()
                self.wake.clear()
                await self._turn()
                await asyncio.sleep(self._batch_s)
        finally:
            await self._put_away()
            await self._keep_learned(all_of_it=True)

    async def settled(self) -> None:
        """Wait until the log has been taken in and no look is due; for clocks that stand still meanwhile."""
        while self._following.position < self._log.position or self._is_due(self._now()):
            self.wake.set()
            await asyncio.sleep(0.01)

    @property
    def graph(self) -> Graph | None:
        """What it works with now; None without an inventory. From any thread."""
        return self._following.graph

    def touched(self) -> None:
        """Somebody did something about an incident: the next look, which sees it, comes at once. From any thread."""
        self._fresh = True

    def _now(self) -> float:
        return self._present().at

    def _is_due(self, now: float) -> bool:
        since = now - self._looked_at
        return since >= LOOK_S or since < 0 or (self._fresh and since >= SOONEST_S)

    async def _begin(self) -> None:
        try:
            await asyncio.to_thread(self._take_back)
        except Exception as error:  # noqa: BLE001  # what was put away must not keep the collector from going on
            self._failed(error)

    async def _turn(self) -> None:
        try:
            found = None if self._is_idle() else await asyncio.to_thread(self._think)
            if found is not None and (found.steps or found.situations):
                written, newest = await self._store.write(partial(self._record, found))
                self._looking.wrote(written)
                await self._news.tell(newest)
            if not 0 <= self._now() - self._kept_at < self._keep_again_s:
                await self._put_away()
            if found is not None:  # it is looks that something is learned of
                await self._keep_learned()
        except Exception as error:  # noqa: BLE001  # the collector goes on without, and the next look is another one
            self._failed(error)

    async def _keep_learned(self, *, all_of_it: bool = False) -> None:
        due = await asyncio.to_thread(self._learned_now, all_of_it)
        if not due.is_nothing:
            await self._store.write(due.write)

    def _learned_now(self, all_of_it: bool) -> Due:
        with self._one_at_a_time:
            return self.habituation.due(self._now(), all_of_it=all_of_it)

    def _failed(self, error: Exception) -> None:
        problem = f"{type(error).__name__}: {error}"
        if problem != self.condition.problem:
            _LOG.error("what broke cannot be found out; trying again", exc_info=error)
        self.condition = self.condition._replace(problem=problem, failed=self.condition.failed + 1)

    def _is_idle(self) -> bool:
        """Whether nothing came, no look is due and the clock went on as it should: then no thread is taken."""
        now = self._now()
        if self._following.position < self._log.position or self._is_due(now) or self._has_paused(now):
            return False
        self._turned_at = now
        return True

    def _has_paused(self, now: float) -> bool:
        return not 0 <= now - self._turned_at < PAUSED_S

    def _take_back(self) -> None:
        with self._one_at_a_time:
            self._following.begin(self._inventory.version)

    def _think(self) -> Found | None:
        """Take in what has come, and look if that is due."""
        with self._one_at_a_time:
            now = self._now()
            self._listen_after_a_pause(now)
            if self._following.catch_up():
                self._fresh = True
            if not self._is_due(now) or self._log.queue_seconds > BEHIND_S:
                return None
            self._looked_at, self._fresh = now, False
            return self._look(now)

    def _listen_after_a_pause(self, now: float) -> None:
        if self._has_paused(now):
            _LOG.info("the clock went on by %.0f s at once; listening before anything is said", now - self._turned_at)
            self._following.pause(now)
        self._turned_at = now

    def _look(self, now: float) -> Found | None:
        following, version = self._following, self._inventory.version
        following.renew(version)
        evidence = following.evidence
        if evidence is None or version is None:
            self.condition = Condition(failed=self.condition.failed)
            return None
        if self._looked_through is not evidence:  # another graph, or the clock went back: what was remembered is void
            self._looking.know(evidence.graph, version)
            self._looked_through = evidence
        # Where the inventory has left nobody, nobody is listened for: what is under way of its parts is to be ended.
        hearing = following.ears.judge(evidence, now) if evidence.graph.agents else Hearing.WELL
        if hearing is not Hearing.WELL:
            self._tell_hearing(hearing, following.ears.cut_off_since)
            return None
        if self.condition.hearing is not Hearing.WELL:
            self.habituation.was_deaf(now)
        began = time.perf_counter()
        with self._store.read() as connection:
            found = self._looking.look(connection, evidence, now)
        took = time.perf_counter() - began
        self.condition = self.condition._replace(looked_at=now, seconds=took, problem="")
        if found.cut_off:
            self._tell_hearing(Hearing.CUT_OFF, self.condition.cut_off_since or now)
        else:
            self._tell_hearing(Hearing.WELL, None)
        return found

    def _tell_hearing(self, hearing: Hearing, cut_off_since: float | None) -> None:
        before = self.condition.hearing
        if hearing is Hearing.CUT_OFF and before is not Hearing.CUT_OFF:
            _LOG.warning("nobody is heard any more: this collector is cut off, and nothing is said of what it watches")
        if before is Hearing.CUT_OFF and hearing is not Hearing.CUT_OFF:
            _LOG.warning("machines are heard again")
        self.condition = self.condition._replace(hearing=hearing, cut_off_since=cut_off_since, inactive=False)

    def _record(self, found: Found, connection: Connection) -> tuple[list[Written], int]:
        return self._looking.write(connection, found), changes.newest(connection)

    async def _put_away(self) -> None:
        """Evidence and its position, and what is known of incidents beyond their rows, in one transaction."""
        self._kept_at = self._now()
        kept = await asyncio.to_thread(self._packed)
        if kept is None:
            return
        self._keep_again_s = max(KEEP_S, len(kept.body) / KEEP_BYTES_PER_S)
        incidents, before = self._looking.unwritten()

        def keep(connection: Connection) -> list[Written]:
            kept.write(connection)
            return recording.rewrite(connection, incidents, before)

        self._looking.wrote(await self._store.write(keep))

    def _packed(self) -> Kept | None:
        with self._one_at_a_time:
            return self._following.put_away()

    def _serving(self, connection: Connection, now: float) -> Mapping[str, Serving]:
        """Who can serve, as it was moments ago."""
        if not 0 <= now - self._served[0] < SERVING_S:
            self._served = now, self._board.province(connection, self._present()).serving
        return self._served[1]
