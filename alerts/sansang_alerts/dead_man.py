"""Tells that the collector is silent while it is, and to whom that was told that it is over: without any database.

By the same rules and words as the desk: the steps of the team that takes faults of our own system, and its reminders.
Nobody can acknowledge it, so every step is taken.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from . import deciding
from .backoff import wait_s
from .channels import Channel
from .deadman_file import Plan
from .deadman_record import Book, Line
from .escalating import Decision
from .fault import Happening, Report
from .notice import Answer, Kind, Message, Outcome
from .texts import Extra, Words, introduced, render, silence
from .texts.phrases import Phrases
from .wording import Way, way_of

MOST_UNSURE = 3
"""After so many attempts that may have arrived it is not sent again."""
GIVE_UP_S = 3600.0
"""The end is tried for so long."""
_LOG = logging.getLogger(__name__)


class DeadMan:
    """Of one silence, whose record ``book`` is."""

    def __init__(
        self,
        plan: Plan,
        channels: Mapping[str, Channel],
        book: Book,
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        roster = plan.roster
        # the agent has seen to it that the collector stays: its end is told at once
        self._roster = roster._replace(settings=replace(roster.settings, recovery_after_minutes=0))
        self._simulated = plan.simulated
        self._channels = channels
        self._book = book
        self._clock = clock
        self._wait = wait

    async def tell(self) -> None:
        """Tell whoever is to know, one step after the other, until cancelled."""
        while True:
            now = self._clock()
            self._decide(now)
            await self._send()
            if not self._is_stuck():
                await self._wait(max(self._next() - self._clock(), 0.1))

    async def tell_end(self, ended_at: float) -> bool:
        """Tell those who may have heard of the silence; False: somebody's channel did not take it in an hour."""
        now = self._clock()
        self._end(ended_at, now)
        while (due := self._next()) < now + GIVE_UP_S:
            await self._wait(max(due - self._clock(), 0.0))
            await self._send()
        return not any(line.is_open for line in self._book.record.lines)

    def _decide(self, now: float) -> None:
        record = self._book.record
        fault = silence(record.since, now)
        standing = record.standing
        if standing is None:
            opened = Report(fault, Happening.OPENED, now)
            decision = deciding.reported(None, opened, self._roster, now, announced=False)
        else:
            known = replace(standing, fault=fault)
            find = deciding.unreached if self._is_stuck() else deciding.clock
            decision = find(known, self._roster, now)
        self._take(decision, Kind.SILENT, now)

    def _is_stuck(self) -> bool:
        """Whether nothing that was decided can arrive, and somebody else can be asked."""
        record = self._book.record
        if record.standing is None or any(line.is_open or line.may_have_arrived for line in record.lines):
            return False
        return record.standing.steps < len(self._roster.team(record.standing.team, record.standing.fault).steps)

    def _end(self, ended_at: float, now: float) -> None:
        record = self._book.record
        if record.standing is None or record.ended_at is not None:
            return
        heard = {(line.to.channel, line.to.address) for line in record.lines if line.may_have_arrived}
        for line in record.lines:
            _close(line, "over before it could be sent")
        fault = silence(record.since, now, ended_at)
        over = Report(fault, Happening.RECOVERED, now)
        decision = deciding.reported(record.standing, over, self._roster, now, announced=False)
        told = tuple(one for one in decision.notices if (one.to.channel, one.to.address) in heard)
        record.ended_at = ended_at
        self._take(Decision(decision.standing, told), Kind.RECOVERED, now)

    def _take(self, decision: Decision, kind: Kind, now: float) -> None:
        """Write down what is to be sent before any of it is."""
        record = self._book.record
        record.standing = decision.standing
        for notice in decision.notices:
            to = notice.to
            way = way_of(self._roster.settings, to.channel, to.person)
            if way is None or to.channel not in self._channels:
                continue
            for line in record.lines:
                if (line.to.channel, line.to.address) == (to.channel, to.address):
                    _close(line, "a newer message took its place")
            words = self._words(kind, decision, way, now)
            message_id = f"{kind.value}-{secrets.token_hex(8)}"
            subject, body = words
            record.lines.append(
                Line(kind=kind, to=to, subject=subject, body=body, message_id=message_id, made_at=now, due_at=now)
            )
        self._book.keep()

    def _words(self, kind: Kind, decision: Decision, way: Way, now: float) -> Words:
        standing, settings = decision.standing, self._roster.settings
        team = self._roster.team(standing.team, standing.fault).name
        extra = Extra(now=now, team=team, public_url=settings.public_url, simulated=self._simulated)
        return render(kind, standing.fault, way.medium, way.language, extra)

    def _next(self) -> float:
        """When there is something to do; infinite: never again."""
        record = self._book.record
        times = [line.due_at for line in record.lines if line.is_open]
        if record.ended_at is None and record.standing is not None:
            step = deciding.due(record.standing, self._roster)
            times += [step] if step is not None else []
        return min(times, default=float("inf"))

    async def _send(self) -> None:
        now = self._clock()
        due = [line for line in self._book.record.lines if line.is_open and line.due_at <= now]
        await asyncio.gather(*map(self._attempt, due))

    async def _attempt(self, line: Line) -> None:
        channel, way = self._channels.get(line.to.channel), self._way(line)
        if channel is None or way is None:
            _close(line, "the channel is gone")
            return
        is_repeat, phrases = line.may_have_arrived, Phrases(way.language, self._clock())
        words = Words(line.subject, line.body)
        words = introduced(words, way.medium, phrases, line.made_at or phrases.now, repeat=is_repeat)
        while len(line.answers) < line.attempts:  # whoever tried before was killed meanwhile
            line.answers.append(Outcome.UNKNOWN)
        line.attempts += 1
        self._book.keep()
        answer = await channel.send(Message(line.to.address, words.subject, words.body, line.message_id, is_repeat))
        self._note(line, answer)

    def _way(self, line: Line) -> Way | None:
        return way_of(self._roster.settings, line.to.channel, line.to.person)

    def _note(self, line: Line, answer: Answer) -> None:
        line.answers.append(answer.outcome)
        line.said = answer.said
        line.due_at = self._clock() + wait_s(line.attempts, random.random(), answer.after_s)  # noqa: S311
        settled = answer.outcome in (Outcome.SENT, Outcome.REFUSED) or line.unsure >= MOST_UNSURE
        line.is_open = line.is_open and not settled
        self._book.keep()
        said = f": {answer.said}" if answer.said else ""
        _LOG.info("%s to %s by %s: %s%s", line.kind, line.to.person, line.to.channel, answer.outcome, said)


def _close(line: Line, why: str) -> None:
    if line.is_open:
        line.is_open, line.said = False, why
