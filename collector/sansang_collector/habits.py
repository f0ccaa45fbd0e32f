"""When a commune's machines are usually off, learned from their contacts by weekday and quarter of an hour.

Every quarter of an hour the running collector notes which share of each commune's machines was in contact: one write.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import Column, Connection, Float, LargeBinary, Table, Text, func, select, text

from .agents import AGENT
from .contact import CONTACT, MACHINE
from .expected import ALWAYS_ON, slot_of
from .habit_slots import NO_HABIT, SLOT_MINUTES, observed
from .inventory.calendars import DAY_S, day_and_minute
from .liveness import Known, Present, State, state_of
from .rounds import Rounds
from .store import LEDGER, Store

HABIT = Table(
    "habit",
    LEDGER,
    Column("commune", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("learned_at", Float, nullable=False),
)
LOOK_SECONDS = 5.0
GONE_DAYS = 4
"""A machine that has been away for longer than a long weekend is broken or put away, and teaches nothing."""


class Learned(NamedTuple):
    """The habits of all communes that have one, and when something was last added (Unix seconds; 0: never)."""

    habits: Mapping[str, bytes]
    at: float


def read(connection: Connection) -> Learned:
    """What has been learned so far."""
    habits = dict(connection.execute(select(HABIT.c.commune, HABIT.c.body)).tuples().all())
    return Learned(habits, connection.scalar(select(func.max(HABIT.c.learned_at))) or 0.0)


def seen_now(connection: Connection, present: Present) -> dict[str, float]:
    """By commune, which share of the machines people work at is in contact now. Only reads.

    A machine that fell silent while it should be on says nothing of people's habits, and neither does a holiday.
    """
    on: defaultdict[str, int] = defaultdict(int)
    of: defaultdict[str, int] = defaultdict(int)
    for row in connection.execute(_WORKED_AT, {"since": present.at - GONE_DAYS * DAY_S}):
        known = Known(row.commune, row.role, None, row.at, known_silent=row.silent, goodbye=row.goodbye, back=row.back)
        found = state_of(known, present)
        broke = found.state is State.SILENT and found.since == row.at
        if not broke and not _is_holiday(row.commune, present):
            of[row.commune] += 1
            on[row.commune] += found.state is State.ONLINE
    return {commune: on[commune] / count for commune, count in of.items()}


def add(connection: Connection, habits: Mapping[str, bytes], seen: Mapping[str, float], at: float) -> Learned:
    """Write what was seen in one quarter of an hour; what has then been learned."""
    slot = slot_of(at)
    more = {commune: observed(habits.get(commune, NO_HABIT), slot, share) for commune, share in seen.items()}
    if more:
        rows = [{"commune": commune, "body": body, "learned_at": at} for commune, body in more.items()]
        connection.execute(_PUT, rows)
    return Learned({**habits, **more}, at)


class HabitWatch:
    """One collector's; tells ``learned`` what is known at its first look, and then after every quarter of an hour."""

    def __init__(self, store: Store, present: Callable[[], Present], learned: Callable[[Learned], None]) -> None:
        self._store = store
        self._present = present
        self._learned = learned
        self._known: Learned | None = None
        self.rounds = Rounds(LOOK_SECONDS, lambda: present().at, self.look, "when machines are usually off")
        """When it looks."""

    async def look(self) -> None:
        """Read what is known, or learn a quarter of an hour more where one has begun."""
        now = self._present()
        if self._known is None:
            self._known = await asyncio.to_thread(_read, self._store)
        elif not now.heard_everyone or _quarter(now.at) == _quarter(self._known.at):
            return
        else:
            self._known = await self._learn(self._known, now)
        self._learned(self._known)

    async def _learn(self, known: Learned, now: Present) -> Learned:
        seen = await asyncio.to_thread(_seen, self._store, now)
        return await self._store.write(lambda connection: add(connection, known.habits, seen, now.at))


def _read(store: Store) -> Learned:
    with store.read() as connection:
        return read(connection)


def _seen(store: Store, now: Present) -> dict[str, float]:
    with store.read() as connection:
        return seen_now(connection, now)


def _is_holiday(commune: str, present: Present) -> bool:
    calendar = present.usual.calendars.get(commune)
    return calendar is not None and day_and_minute(present.at)[0] in calendar.holidays


def _quarter(at: float) -> int:
    return int(at // (SLOT_MINUTES * 60))


_WORKED_AT = (
    select(AGENT.c.commune, AGENT.c.role, CONTACT.c.at, CONTACT.c.silent, MACHINE.c.goodbye, MACHINE.c.back)
    .join(CONTACT, CONTACT.c.agent == AGENT.c.id)
    .outerjoin(MACHINE, MACHINE.c.agent == AGENT.c.id)
    .where(AGENT.c.retired_at.is_(None), AGENT.c.role.not_in(sorted(ALWAYS_ON)), CONTACT.c.at >= text(":since"))
)
_PUT = text("""
    INSERT INTO habit (commune, body, learned_at) VALUES (:commune, :body, :learned_at)
    ON CONFLICT (commune) DO UPDATE SET body = excluded.body, learned_at = excluded.learned_at""")
