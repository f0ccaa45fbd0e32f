"""Gathers results and says when a report is due: by the period, at once on a change, at the end.

Pure: time and randomness are handed in, and nothing is written here.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from .contract.outcome import Outcome
from .contract.report import Goodbye, Host, Report, RequestAnswer, Result, Why
from .runner import Slots

CHANGE_DELAY = 2.0
CHANGE_GAP = 5.0
MOST_ANSWERS = 5
"""Answers to requests in one report."""
ANSWER_GAP = 1.0
"""Between two reports that answer requests: an answer to one may bring the next, and must not make a storm."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every report of this process says of itself."""

    boot: str
    start: str
    version: str
    config: str
    assigned: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The newest result of a check; ``mono`` of its run, and of the first run with this outcome."""

    result: Result
    mono: float
    since: float


class Answered(NamedTuple):
    """What a request of the centre's found: its id, and each result with the monotonic time its run began."""

    id: str
    results: tuple[tuple[Result, float], ...]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A report before the spool gives it a stream and a number; ``results`` with the mono of their runs."""

    frame: Frame
    why: Why
    mono: float
    wall: float
    results: tuple[tuple[Result, float], ...] = ()
    answers: tuple[Answered, ...] = ()
    host: Host | None = None
    goodbye: Goodbye | None = None

    def make(self, stream: str, seq: int) -> Report:
        """The whole report."""
        return Report(
            stream=stream,
            seq=seq,
            boot=self.frame.boot,
            mono=self.mono,
            wall=self.wall,
            why=self.why,
            start=self.frame.start,
            version=self.frame.version,
            config=self.frame.config,
            assigned=self.frame.assigned,
            host=self.host,
            results=self._dated(self.results),
            answers=tuple(RequestAnswer(id=each.id, results=self._dated(each.results)) for each in self.answers),
            goodbye=self.goodbye,
        )

    def _dated(self, results: tuple[tuple[Result, float], ...]) -> tuple[Result, ...]:
        return tuple(msgspec.structs.replace(result, at=round((began - self.mono) * 1000)) for result, began in results)


class Reporter:
    """What has been seen since the last report. ``random`` gives 0 ≤ x < 1."""

    def __init__(self, frame: Frame, slots: Slots, random: Callable[[], float]) -> None:
        self._frame = frame
        self._slots = slots
        self._random = random
        self._pending: list[tuple[Result, float]] = []
        self._answers: list[Answered] = []
        self._change_due: float | None = None
        self._last_change = float("-inf")
        self._last_answer = float("-inf")
        self.latest: dict[str, Seen] = {}

    def add(self, result: Result, mono: float, now: float) -> bool:
        """Take at ``now`` a result whose run began at ``mono``; True when its outcome is not what it was."""
        self._pending.append((result, mono))
        before = self.latest.get(result.check)
        same = before is not None and before.result.outcome is result.outcome
        since = before.since if before is not None and same else mono
        self.latest[result.check] = Seen(result=result, mono=mono, since=since)
        # A first answer that is good is no news; a first answer that is bad is.
        changed = not same and not (before is None and result.outcome is Outcome.OK)
        if changed and self._change_due is None:
            soon = now + self._random() * CHANGE_DELAY
            self._change_due = max(soon, self._last_change + CHANGE_GAP)
        return changed

    def answer(self, answered: Answered) -> None:
        """Take what a request found: a report is due at once, or soon after the last that had one."""
        self._answers.append(answered)

    def due(self) -> float:
        """The monotonic time of the next report."""
        answers = self._last_answer + ANSWER_GAP if self._answers else None
        return min(at for at in (self._slots.due, self._change_due, answers) if at is not None)

    def take(self, mono: float, wall: float, host: Host | None) -> Draft:
        """The report that is due now; what it holds will not be in another."""
        why = Why.REQUEST if self._answers else Why.PERIODIC if self._change_due is None else Why.CHANGE
        return self._draft(why, mono, wall, host, None)

    def goodbye(self, mono: float, wall: float, goodbye: Goodbye) -> Draft:
        """The last report of this process."""
        return self._draft(Why.GOODBYE, mono, wall, None, goodbye)

    def _draft(self, why: Why, mono: float, wall: float, host: Host | None, goodbye: Goodbye | None) -> Draft:
        results, self._pending = tuple(self._pending), []
        answers, self._answers = tuple(self._answers[:MOST_ANSWERS]), self._answers[MOST_ANSWERS:]
        if answers:
            self._last_answer = mono
        if self._change_due is not None:
            self._last_change, self._change_due = mono, None
        if mono >= self._slots.due:
            self._slots.advance(mono)
        return Draft(
            frame=self._frame,
            why=why,
            mono=mono,
            wall=wall,
            results=results,
            answers=answers,
            host=host,
            goodbye=goodbye,
        )
