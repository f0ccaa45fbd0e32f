"""Brings messages to their channels: claims what is due, sends it, writes down what was answered.

Whatever happens in between, a message is sent again until a channel takes or refuses it; a repeat says that it is one.
"""

import asyncio
import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from . import alert_rows, claims
from .backoff import wait_s
from .channels import Channel
from .claims import Claim, Holder
from .desk import Desk
from .ledger import Ledger
from .notice import Answer, Kind, Message, Outcome, State
from .texts import Words, introduced
from .texts.phrases import Phrases

_LOG = logging.getLogger(__name__)

LEASE_S = 120.0
"""A channel's own deadlines are shorter by far."""
POLL_S = 1.0
STOP_S = 10.0
"""How long what is under way may take when the sender is to stop."""
_ASKING = (Kind.OPENED, Kind.UPDATED, Kind.ESCALATED, Kind.UNSTABLE)


class Sender:
    """Sends what the desk has decided, beside others on the same ledger. ``place``: a name of where one sender works at
    a time; what an earlier one left there is taken up at once, what others leave when its lease is over."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        channels: Mapping[str, Channel],
        clock: Callable[[], float],
        *,
        lease_s: float = LEASE_S,
        place: str = "",
    ) -> None:
        self.channels = channels
        """May be replaced by newer ones at any time."""
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        """Attempts since the start, by channel and outcome."""
        self._ledger = ledger
        self._desk = desk
        self._clock = clock
        self._place = place
        self._holder = Holder(f"{place}.{secrets.token_hex(8)}", lease_s)
        self._is_new = True
        self._under_way: dict[asyncio.Task[None], Claim] = {}
        self._news = asyncio.Event()

    async def set_back(self) -> None:
        """The clock was set back: what waits for a time that is yet to come again goes on."""
        now = self._clock()
        await self._ledger.write(lambda connection: claims.set_back(connection, self._holder, now))

    def nudge(self) -> None:
        """Something was decided: look at once, not within a second."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is finished first."""
        try:
            while True:
                await self._look()
                await self._wait()
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=STOP_S)

    async def drain(self) -> int:
        """Send what is due now, and what becomes due thereby; how many attempts that were."""
        tried = 0
        while found := await self._look():
            tried += found
            await asyncio.wait(self._under_way)
        return tried

    async def _look(self) -> int:
        try:
            found = await self._claim()
        except OperationalError as error:
            _LOG.warning("messages wait until the ledger answers: %s", error.orig)
            return 0
        for one in found:
            task = asyncio.create_task(self._send(one))
            self._under_way[task] = one
            task.add_done_callback(self._is_done)
        return len(found)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    def _is_done(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("a message was not recorded, and is sent again", exc_info=error)
        self.nudge()

    async def _claim(self) -> list[Claim]:
        now = self._clock()
        if self._is_new:
            if self._place:
                await self._ledger.write(lambda connection: claims.free(connection, self._place, now))
            self._is_new = False
        with self._ledger.read() as connection:
            if not claims.is_anything_due(connection, now, self._ours()):
                return []
        return await self._ledger.write(self._claimed)

    def _claimed(self, connection: Connection) -> list[Claim]:
        now = self._clock()
        return claims.claim(
            connection,
            self._holder,
            now,
            self._ours(),
            self._desk.is_person,
            lambda ids: self._desk.bundle(connection, ids, now),
        )

    def _ours(self) -> dict[int, str]:
        """What is under way, with the channel of each."""
        return {one.id: one.channel for one in tuple(self._under_way.values())}

    async def _send(self, claim: Claim) -> None:
        answer = await self._answer(claim)
        self.counts[claim.channel, answer.outcome] += 1
        while True:
            try:
                await self._ledger.write(lambda connection: self._record(connection, claim, answer))
            except OperationalError as error:
                _LOG.warning("what a channel answered waits until the ledger does: %s", error.orig)
                await asyncio.sleep(POLL_S)
            else:
                return

    async def _answer(self, claim: Claim) -> Answer:
        channel = self.channels.get(claim.channel)
        if channel is None:
            return Answer(Outcome.REFUSED, "there is no such channel any more")
        try:
            async with asyncio.timeout(self._holder.lease_s * 0.8):
                return await channel.send(self._message(claim))
        except TimeoutError:
            return Answer(Outcome.UNKNOWN, "no answer in time")
        except Exception:  # noqa: BLE001  # whatever an adapter raises
            # a fault of the channel's: it counts, or the message would go out anew with every lease
            _LOG.exception("%s broke off while it sent a message", claim.channel)
            return Answer(Outcome.UNKNOWN, "the channel broke off")

    def _message(self, claim: Claim) -> Message:
        words = Words(claim.subject, claim.body)
        way = self._desk.way(claim.channel, claim.person)
        if way is not None:
            phrases = Phrases(way.language, self._clock())
            words = introduced(words, way.medium, phrases, claim.made_at, repeat=claim.repeat)
        return Message(claim.address, words.subject, words.body, claim.message_id, claim.repeat)

    def _record(self, connection: Connection, claim: Claim, answer: Answer) -> None:
        now = self._clock()
        wait = wait_s(claim.attempt, random.random(), answer.after_s)  # noqa: S311  # spreads attempts, guards nothing
        state = claims.record(connection, claim, self._holder, answer, now, wait)
        if state is State.FAILED:
            _LOG.warning("%s did not take a message for good: %s", claim.channel, answer.said)
            for alert in claims.alerts_of(connection, claim):
                self._unreached(connection, alert, now)

    def _unreached(self, connection: Connection, alert: int, now: float) -> None:
        """The next step is taken where nobody of the present team can hear of this occurrence any more."""
        known = alert_rows.of_id(connection, alert)
        if known is None or known.standing.told_at is None:
            return
        if claims.reaches_nobody(connection, alert, _ASKING, known.standing.team, known.standing.told_at):
            self._desk.unreached(connection, alert, now)
