"""What is under way, what ended lately and what could not be told, for the on-call page and the hand-over."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from .alert_rows import Kept
from .notice import State
from .standing import Standing
from .tables import ALERT, NOTIFICATION

MOST = 200


class Unsent(NamedTuple):
    """A message that nobody will get, or that waits for too long."""

    kind: str
    person: str
    channel: str
    made_at: float
    state: str
    said: str


def under_way(connection: Connection) -> list[Kept]:
    """Told, and not over: what nobody has taken on first, then the newest."""
    found = _alerts(connection, ALERT.c.told_at.is_not(None), ALERT.c.over_at.is_(None))
    return sorted(found, key=lambda one: one.standing.acknowledged_at is not None)


def ended(connection: Connection, since: float) -> list[Kept]:
    """Told, and over since then."""
    return _alerts(connection, ALERT.c.told_at.is_not(None), ALERT.c.over_at >= since)


def unsent(connection: Connection, since: float, waiting_since: float) -> Sequence[Unsent]:
    """Failed since ``since``, or waiting since before ``waiting_since``."""
    of = NOTIFICATION.c
    failed = (of.state == State.FAILED.value) & (of.made_at >= since)
    waits = of.state.in_([State.WAITING.value, State.SENDING.value]) & (of.due_at < waiting_since)
    asked = select(of.kind, of.person, of.channel, of.made_at, of.state, of.said).where(failed | waits)
    return [Unsent(*row) for row in connection.execute(asked.order_by(of.id.desc()).limit(MOST))]


def _alerts(connection: Connection, *where: ColumnElement[bool]) -> list[Kept]:
    asked = select(ALERT.c.id, ALERT.c.code, ALERT.c.body).where(*where).order_by(ALERT.c.id.desc()).limit(MOST)
    return [_kept(row) for row in connection.execute(asked)]


def _kept(row: Any) -> Kept:
    return Kept(row.id, row.code, msgspec.json.decode(row.body, type=Standing))
