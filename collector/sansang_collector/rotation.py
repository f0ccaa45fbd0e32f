"""Which tokens are to be renewed, what is handed out of the new one, and when the old one ends. Pure.

Times are handed in, in Unix seconds; renewal.py does in the ledger what :meth:`Rotation.take_tasks` says. A new token
is handed out with every answer to the old one until it was used once: an answer that is lost locks nobody out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

WINDOW_S = 86_400.0
"""How long the old token holds at most beside the new one, counted from the first answer that had the new one."""
ANSWERS = 3
APART_S = 60.0
"""Whoever had the new token in so many answers this far apart and goes on with the old one does not take it over."""
SHARE_PER_HOUR = 0.05
"""Of all machines, those whose token is renewed because of its age: one day's life is still kept."""
ASKED_SHARE_PER_MINUTE = 0.005
ASKED_PER_MINUTE = 10
"""… and because somebody asked for it, at least: the largest fleet takes a few hours."""
DAY_S = 86_400.0


class Valid(NamedTuple):
    """A valid token that is renewed by itself, as the ledger has it."""

    id: int
    agent: int
    created_at: float
    renew_at: float | None
    replaces: int | None


class Stage(Enum):
    """Where a renewal stands."""

    DUE = "due"
    """To be made when the machine is next heard with the old token."""
    MAKING = "making"
    OFFERED = "offered"
    """In every answer to the old token."""
    OVER = "over"
    """The new one was used: the old one is refused from now on."""
    STUCK = "stuck"
    """The machine does not take over the new one: both are refused from now on."""


class Renewal(msgspec.Struct, kw_only=True):
    """One token, and what is to come after it."""

    old: int
    agent: int
    asked: bool = False
    """Whether somebody asked for it; else it is due by age."""
    stage: Stage = Stage.DUE
    after: tuple[int, ...] = ()
    """Tokens that are to come after it, the newest last: one handed out before a restart may be in use any moment."""
    used: int | None = None
    """Which of them was used."""
    secret: str | None = None
    """Of the newest."""
    offered_at: float | None = None
    """When that was first handed out."""
    answers: int = 0
    """In how many answers, counting only those a minute apart."""
    counted_at: float = 0.0

    def __repr__(self) -> str:
        return f"Renewal(old={self.old}, after={self.after}, stage={self.stage.value})"


class Task(NamedTuple):
    """What is to be done in the ledger: MAKING, OVER or STUCK, as it was when the task was taken."""

    renewal: Renewal
    stage: Stage


class Rotation:
    """What is under way, by token; whoever has nothing under way costs one look into a dictionary."""

    def __init__(self, wake: Callable[[], object] = lambda: None) -> None:
        self._of: dict[int | None, Renewal] = {}
        self._tasks: list[Renewal] = []
        self._wake = wake
        self._pace = _Pace()

    def admits(self, token: int | None, now: float) -> bool:
        """Whether a token the ledger knows as valid still is, now that it is used; notices what its use means."""
        renewal = self._of.get(token)
        return renewal is None or self._used(renewal, token, now)

    def offer(self, token: int | None, now: float) -> str | None:
        """The secret to hand out with the answer to whoever used this token."""
        renewal = self._of.get(token)
        if renewal is None or token != renewal.old or renewal.stage is not Stage.OFFERED:
            return None
        if renewal.offered_at is None:
            renewal.offered_at = now
        if renewal.answers == 0 or now - renewal.counted_at >= APART_S:
            renewal.answers += 1
            renewal.counted_at = now
        return renewal.secret

    def know(self, valid: Iterable[Valid], now: float, days: float) -> None:
        """Take over what the ledger has; ``days`` is how old a token gets."""
        by_id = {one.id: one for one in valid}
        after: defaultdict[int, list[int]] = defaultdict(list)
        for one in by_id.values():
            if one.replaces in by_id:
                after[one.replaces].append(one.id)
        due = {
            one.id: one
            for one in by_id.values()
            if one.renew_at is not None or one.created_at <= now - days * DAY_S or one.id in after
        }
        self._drop(by_id, due)
        for number, one in due.items():
            self._expect(one, after[number])
        self._pace.let_more_begin(len(by_id), now)

    def take_tasks(self) -> list[Task]:
        """What is to be done in the ledger now."""
        found, self._tasks = self._tasks, []
        return [Task(renewal, renewal.stage) for renewal in found]

    def put_back(self, tasks: Iterable[Task]) -> None:
        """They could not be done; they are again when tasks are next taken."""
        self._tasks.extend(task.renewal for task in tasks)

    def made(self, renewal: Renewal, new: int, secret: str) -> None:
        """Another token is in the ledger to come after the old one."""
        renewal.after = (*renewal.after, new)
        self._of[new] = renewal
        if renewal.stage is Stage.MAKING:
            renewal.secret, renewal.stage = secret, Stage.OFFERED
            renewal.offered_at, renewal.answers = None, 0

    def done(self, renewal: Renewal) -> None:
        """What was to be ended has ended, or there is nothing left to be renewed."""
        for token in (renewal.old, *renewal.after):
            if self._of.get(token) is renewal:
                del self._of[token]

    def _drop(self, valid: Mapping[int, Valid], due: Mapping[int, Valid]) -> None:
        """Forget what has been ended by somebody, or is not due any more; hand out nothing that has been ended."""
        for renewal in [one for token, one in self._of.items() if token == one.old]:
            kept = due if renewal.stage is Stage.DUE else valid
            if renewal.old not in kept and renewal.stage in {Stage.DUE, Stage.OFFERED}:
                self.done(renewal)
            elif renewal.stage is Stage.OFFERED and renewal.after[-1] not in valid:
                renewal.stage = Stage.DUE

    def _expect(self, one: Valid, after: Iterable[int]) -> None:
        known = self._of.get(one.id)
        if known is None:
            known = self._of[one.id] = Renewal(old=one.id, agent=one.agent, after=tuple(after))
            self._of |= dict.fromkeys(known.after, known)
        if known.old == one.id:
            known.asked = one.renew_at is not None

    def _used(self, renewal: Renewal, token: int | None, now: float) -> bool:
        if renewal.stage is Stage.STUCK:
            return False
        if token != renewal.old:
            if renewal.stage is not Stage.OVER:
                renewal.used = token
                self._to(renewal, Stage.OVER)
            return token == renewal.used
        if renewal.stage is Stage.OFFERED and renewal.offered_at is not None:
            if now - renewal.offered_at >= WINDOW_S:
                self._to(renewal, Stage.STUCK if renewal.answers >= ANSWERS else Stage.MAKING)
        elif renewal.stage is Stage.DUE and (renewal.after or self._pace.may_begin(renewal.asked)):
            self._to(renewal, Stage.MAKING)
        return renewal.stage not in {Stage.OVER, Stage.STUCK}

    def _to(self, renewal: Renewal, stage: Stage) -> None:
        renewal.stage = stage
        self._tasks.append(renewal)
        self._wake()


class _Pace:
    """How many renewals may begin: few of a fleet at a time, though all were enrolled on one day."""

    def __init__(self) -> None:
        self._by_age = 1.0
        self._asked = float(ASKED_PER_MINUTE)
        self._at: float | None = None

    def let_more_begin(self, machines: int, now: float) -> None:
        """As many as the time since the last time is worth; unused allowance is kept for a few minutes at most."""
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        an_hour, a_minute = machines * SHARE_PER_HOUR, max(ASKED_PER_MINUTE, machines * ASKED_SHARE_PER_MINUTE)
        self._by_age = min(self._by_age + an_hour * passed / 3600, max(1.0, an_hour / 12))
        self._asked = min(self._asked + a_minute * passed / 60, a_minute)
        self._at = now

    def may_begin(self, asked: bool) -> bool:
        """Whether one more may; it is counted then."""
        if asked and self._asked >= 1:
            self._asked -= 1
            return True
        if not asked and self._by_age >= 1:
            self._by_age -= 1
            return True
        return False
