"""Tells the collector: newest reports first, the backlog behind them at the pace the collector asks for.

Whatever happens, a report leaves the spool only when the collector has named it.
"""

import asyncio
import gzip
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from .answers import NotTaken, Taken, Trouble, judge
from .centre import Centre
from .clock import Clock, sleep_or
from .contract.check import Profile
from .contract.codec import encode
from .contract.report import VERSION, Answer, Envelope, Sent, SpoolState
from .disk import Disk
from .hindrance import NEED_A_PERSON, Hindrance
from .link import CONFIG_PATH, LinkError, is_token
from .pace import Backoff, Turns
from .spool import Row, Spool
from .wire_http import Response

BATCH = 100
"""Reports in one envelope while all is well."""
PROBE = 10
"""… and after trouble, until an envelope has got through."""
BATCH_BYTES = 1_000_000
UNAUTHORISED_S = 60.0
"""A token that is not accepted will not be accepted a second later either; waits are one to two of these."""
NEEDS_A_PERSON_S = 300.0
"""… and of these where somebody must come first."""

FETCH_LIMIT_S = 8.0
"""A fetch may take so long: reports wait behind it, and a line may let small answers through and no large ones."""
OK, NOT_MODIFIED = 200, 304

SURE_S = 1.0
"""An answer that leaves the clocks less sure than this does not undo what is known, unless it must."""

_log = logging.getLogger(__name__)


class Way(Protocol):
    """How bytes get to the collector; see link.py."""

    async def post(self, make: Callable[[], bytes]) -> Response:
        """Send the envelope that ``make`` gives when a connection stands; raises sansang_agent.link.LinkError."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...

    async def get(self, path: str, known: str) -> Response:
        """What lies at ``path`` unless it is ``known`` by its hash; raises sansang_agent.link.LinkError."""
        ...


class Uplink:
    """One agent's way of telling one collector. ``config``: hash of the profile in use."""

    def __init__(
        self,
        way: Way,
        disk: Disk,
        clock: Clock,
        random: Callable[[], float],
        boot: str,
        config: str,
        *,
        centre: Centre | None = None,
    ) -> None:
        self._way = way
        self._disk = disk
        self._clock = clock
        self._random = random
        self._boot = boot
        self._wanted = {config}
        self._turns = Turns()
        self._backoff = Backoff(random)
        self._batch = PROBE
        self._woken = asyncio.Event()
        self._urgent = False
        self._newest = 0
        self._healing = False
        self._centre = centre or Centre()
        self._announced: str | None = None
        """The hash of what the collector has for this machine."""
        self.contact = self._centre.contact
        self.on_answer: Callable[[Answer], None] = lambda _: None
        """Told every answer of the collector's; must neither raise nor wait."""
        self.keep_token: Callable[[str], None] | None = None
        """Keeps a token that the collector gives instead of the one in use, on the disk's thread; raises OSError. None:
        the one in use is not ours to change."""

    def wake(self, *, urgent: bool) -> None:
        """A report has been written; ``urgent``: it need not wait for the next live turn."""
        self._urgent = self._urgent or urgent
        self._woken.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._clock.sleep(await self.step())

    async def step(self) -> float:
        """Wait for reports, send one envelope; returns how long to wait because of trouble, 0 when all is well."""
        try:
            wait = await self._send(await self._next())
            await self._fetch()
            return wait
        except sqlite3.Error as exc:
            return self._failed(f"the spool cannot be used: {exc}")

    async def _fetch(self) -> None:
        """Fetch what the centre has assigned, right after an answer: these are spread over a report's time already."""
        now = self._clock.mono()
        if not self._centre.wants(self._announced) or not self._centre.fetches.may_begin(now, self._random()):
            return
        try:
            async with asyncio.timeout(FETCH_LIMIT_S):
                answer = await self._way.get(CONFIG_PATH, self._centre.assigned.hash)
        except (LinkError, TimeoutError) as exc:
            said = str(exc) or f"no whole answer within {FETCH_LIMIT_S:g} s"
            _log.warning("what the centre has assigned could not be fetched: %s", said)
            return
        if answer.status == OK:
            self._centre.offer(answer.body)
        elif answer.status != NOT_MODIFIED:
            _log.warning("what the centre has assigned could not be fetched: it answered %d", answer.status)

    async def flush(self, limit: float) -> None:
        """Send the newest reports once more, for at most ``limit`` seconds, and close the connection."""
        try:
            async with asyncio.timeout(limit):
                rows = await self._disk.do(lambda spool: spool.take(self._batch, BATCH_BYTES))
                if rows:
                    await self._send(rows)
        except (TimeoutError, sqlite3.Error) as exc:
            _log.warning("the last reports stay in the spool: %s", str(exc) or "no answer in time")
        finally:
            await self._way.close()

    async def _next(self) -> list[Row]:
        """The reports whose turn it is: live ones before the backlog; waits until there are some."""
        while True:
            self._woken.clear()
            fresh = await self._take(after=self._newest)
            old = await self._take(upto=self._newest) if self._newest else []
            now = self._clock.mono()
            # Urgency is of a report; where it went before we heard of the urgency, the next one must not inherit it.
            self._urgent = self._urgent and bool(fresh)
            if fresh and (self._urgent or now >= self._turns.live):
                self._urgent = False
                self._newest = fresh[0].id
                self._turns.sent(now, live=True)
                return fresh
            if old and now >= self._turns.backlog:
                self._turns.sent(now, live=False)
                return old
            due = [self._turns.live] if fresh else []
            due += [self._turns.backlog] if old else []
            await self._wait(min(due) - now if due else None)

    async def _take(self, **between: int) -> list[Row]:
        return await self._disk.do(lambda spool: spool.take(self._batch, BATCH_BYTES, **between))

    async def _wait(self, seconds: float | None) -> None:
        if seconds is None:
            await self._woken.wait()
        else:
            await sleep_or(self._clock, seconds, self._woken)

    async def _send(self, rows: Sequence[Row]) -> float:
        state, profiles = await self._disk.do(lambda spool: self._about(spool, rows))
        reports = tuple(msgspec.Raw(row.body) for row in rows)
        stamps: list[Sent] = []

        def envelope() -> bytes:
            # not earlier: connecting may take half a minute, or a night where the machine sleeps meanwhile
            stamps.append(Sent(boot=self._boot, mono=self._clock.mono(), wall=self._clock.wall()))
            made = Envelope(v=VERSION, sent=stamps[-1], spool=state, profiles=profiles, reports=reports)
            return gzip.compress(encode(made), 6, mtime=0)

        try:
            response = await self._way.post(envelope)
        except LinkError as exc:
            return self._failed(str(exc), exc.hindrance)
        judgement = judge(response, rows)
        if isinstance(judgement, NotTaken):
            return await self._not_taken(judgement, rows)
        return await self._taken(judgement, stamps[-1], state, rows)

    def _about(self, spool: Spool, rows: Sequence[Row]) -> tuple[SpoolState, dict[str, Profile]]:
        """The spool's state and the profiles the collector wants; dropped numbers only beside their own stream."""
        state = spool.state()
        if any(row.stream != spool.stream for row in rows):
            state = msgspec.structs.replace(state, dropped=())
        found = {name: spool.profile(name) for name in self._wanted}
        return state, {name: profile for name, profile in found.items() if profile is not None}

    async def _taken(self, taken: Taken, sent: Sent, state: SpoolState, rows: Sequence[Row]) -> float:
        self._answered(taken, sent)
        await self._renew(taken.answer.token)
        stream = rows[0].stream
        await self._disk.do(lambda spool: _keep_books(spool, taken, stream, state))
        for row, why in taken.refused:
            _log.error("the collector refused report %s/%d and it lies aside: %s", row.stream, row.seq, why)
        if taken.conflicts:
            _log.warning("the collector knows %d reports with other content: a new stream begins", len(taken.conflicts))
        # A collector that answers conflict to a stream just begun would have us begin streams for ever.
        loops = bool(taken.conflicts) and self._healing
        self._healing = bool(taken.conflicts)
        if loops or not (taken.stored or taken.refused or taken.conflicts):
            return self._failed("the collector answered, but took none of the reports")
        self._backoff.succeed()
        self._batch = min(BATCH, self._batch * 2)
        self.contact.error = self.contact.hindrance = None
        return 0.0

    async def _renew(self, token: str | None) -> None:
        """Use another token from the next request on: whoever sends reads it from its file each time."""
        keep = self.keep_token
        if not token or keep is None:
            return
        try:
            if not is_token(token):
                raise ValueError("it is no token")
            await self._disk.do(lambda _spool: keep(token))
        except (OSError, ValueError) as exc:
            if self.contact.token_error is None:
                _log.error("a token of the centre's cannot be kept, the one before stays in use: %s", exc)
            self.contact.token_error = str(exc)
        else:
            self.contact.token_error = None
            _log.info("the centre has renewed this machine's token")

    def _answered(self, taken: Taken, sent: Sent) -> None:
        mono, wall = self._clock.mono(), self._clock.wall()
        # Half the round trip is the answer's way back; a wall clock set meanwhile would only spoil it.
        unsure = (mono - sent.mono) / 2
        skew, known = taken.answer.now - (sent.wall + unsure), self.contact.skew_s
        if known is None or unsure <= SURE_S or abs(skew - known) > unsure:
            self.contact.skew_s = skew
        self.contact.hear_clock(taken.answer.now - (sent.mono + unsure), unsure)
        self._announced = taken.answer.config
        self.contact.mono, self.contact.wall = mono, wall
        self._wanted = set(taken.answer.profiles_wanted)
        self._turns.told(taken.answer.pace)
        self.on_answer(taken.answer)

    async def _not_taken(self, answer: NotTaken, rows: Sequence[Row]) -> float:
        wait = self._failed(answer.said, answer.hindrance)
        if answer.trouble is Trouble.UNAUTHORISED:
            least = NEEDS_A_PERSON_S if answer.hindrance in NEED_A_PERSON else UNAUTHORISED_S
            return least * (1 + self._random())
        if answer.trouble is Trouble.BUSY and answer.retry_after is not None:
            return answer.retry_after * (1 + self._random() / 4)
        if answer.trouble is Trouble.SMALLER:
            return await self._smaller(answer, rows, wait)
        return wait

    async def _smaller(self, answer: NotTaken, rows: Sequence[Row], wait: float) -> float:
        """Halve the envelope until the report at fault is alone; only a collector's own word puts it aside."""
        self._batch = max(1, len(rows) // 2)
        refused = list(answer.refused)
        if not refused and len(rows) == 1 and answer.is_collector:
            refused = [(rows[0], answer.said)]
        for row, why in refused:
            _log.error("the collector refused report %s/%d and it lies aside: %s", row.stream, row.seq, why)
            await self._disk.do(lambda spool, row=row, why=why: spool.set_aside(row, why))  # type: ignore[misc]
        return 0.0 if refused else wait

    def _failed(self, said: str, hindrance: Hindrance | None = None) -> float:
        if self.contact.error != said:
            _log.warning("%s", said)
        self.contact.error, self.contact.hindrance = said, hindrance
        self._batch = min(self._batch, PROBE)
        return self._backoff.fail(self._clock.mono())


def _keep_books(spool: Spool, taken: Taken, stream: str, state: SpoolState) -> None:
    """Bring the spool to what the collector said."""
    spool.settle(taken.stored)
    for row, why in taken.refused:
        spool.set_aside(row, why)
    if state.dropped:
        spool.told_dropped(stream, state.dropped)
    if taken.conflicts:
        spool.new_stream(taken.conflicts)
