"""When the daily digest is due, by what stands in the ledger, and what it says of the alerts themselves.

Whether one was told is read from its messages' rows, so that neither a restart nor a second program repeats it.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, func, select

from sansang_agent.contract.severity import Severity

from .fault import Fault
from .notice import Kind
from .settings import AlertSettings
from .standing import Standing
from .tables import ALERT, NOTIFICATION
from .texts import Digest
from .vietnam import DAY_S, day_at, minute_of, moment

LATE_S = 6 * 3600.0
"""After so long one that could not be told at its time waits for the next day's."""
LONGEST_DAYS = 7
"""What was over before that is no news, whenever the last digest was."""
MOST = 2_000
"""Alerts of each kind."""
_decode = msgspec.json.Decoder(Standing).decode


def moment_of(settings: AlertSettings, now: float) -> float:
    """The newest moment that was a digest's, Unix seconds."""
    today = moment(day_at(now), minute_of(settings.digest_at))
    return today if today <= now else today - DAY_S


def is_due(connection: Connection, settings: AlertSettings, now: float) -> bool:
    """Whether it is to be told now."""
    at = moment_of(settings, now)
    if not settings.digest_to or now - at > LATE_S:
        return False
    last = _told_before(connection, now)
    return last is None or last < at


def filled(connection: Connection, found: Digest, now: float) -> Digest:
    """With what is under way, what is over since the last one, and what is told in digests only."""
    last = _told_before(connection, now)
    since = now - DAY_S if last is None else max(last, now - LONGEST_DAYS * DAY_S)
    alive = _faults(connection, ALERT.c.over_at.is_(None))
    urgent = [fault for fault in alive if fault.severity is not Severity.INFO]
    over = _faults(connection, ALERT.c.over_at >= since, ALERT.c.told_at.is_not(None))
    return replace(
        found,
        under_way=tuple(fault for fault in urgent if fault.ended_at is None),
        over=tuple(fault for fault in over if not fault.withdrawn),
        notable=tuple(fault for fault in alive if fault.severity is Severity.INFO and fault.ended_at is None),
    )


def _told_before(connection: Connection, now: float) -> float | None:
    """When the last one was made; one of the future is of a clock that was set back since."""
    mine = (NOTIFICATION.c.alert.is_(None), NOTIFICATION.c.kind == Kind.DIGEST.value, NOTIFICATION.c.made_at <= now)
    last: float | None = connection.scalar(select(func.max(NOTIFICATION.c.made_at)).where(*mine))
    return last


def _faults(connection: Connection, *where: ColumnElement[bool]) -> list[Fault]:
    """Of these alerts, the newest first, each by the code that people know it by."""
    query = select(ALERT.c.code, ALERT.c.body).where(*where).order_by(ALERT.c.opened_at.desc(), ALERT.c.id.desc())
    return list(_named(connection.execute(query.limit(MOST)).tuples()))


def _named(rows: Iterable[tuple[str, bytes]]) -> Iterable[Fault]:
    return (replace(_decode(body).fault, code=code) for code, body in rows)
