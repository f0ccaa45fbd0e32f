"""Takes in what an Alertmanager posts: lets the desk tell what waited for it, and hands it other people's alerts.

A payload of any size costs a bounded number of rows: what fires beyond that is one fault that says how many. In slices,
so that whoever else writes to the ledger need not wait long; taking the same in again changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from . import alert_rows
from .alertmanager import INCIDENT, Alert, Payload, beyond, fault
from .desk import Desk
from .fault import Fault, Happening, Report, Source
from .ledger import Ledger
from .tables import ALERT

T = TypeVar("T")
MOST_OPEN = 1000
"""Alerts of Alertmanagers that are told one by one at a time."""
SLICE = 50
LONGEST_CODE = 20
_OURS = (Source.INCIDENT, Source.SITUATION)


class Taken(NamedTuple):
    """What became of a payload."""

    released: int
    """Incidents of the desk's own that may be told now."""
    told: int
    """Alerts that it knows, or has just learned of."""
    ended: int
    beyond: int
    """Firing, and told only as a number."""


async def take(ledger: Ledger, desk: Desk, payload: Payload, now: float) -> Taken:
    """All of it; raises what the ledger raises, and then it may be posted again."""
    released, others = 0, [one for one in payload.alerts if not _may_be_ours(one)]
    for part in _slices([one for one in payload.alerts if _may_be_ours(one)]):
        done, left = await ledger.write(partial(_release, desk, part, now))
        released += done
        others += left
    with ledger.read() as connection:
        known = _open_keys(connection)
    chosen, left_out = _chosen(others, known)
    for part in _slices(chosen):
        await ledger.write(partial(_tell, desk, part, now))
    more = left_out + max(payload.truncated, 0)
    await _tell_beyond(ledger, desk, payload.group_key, more, now)
    firing = sum(one.status == "firing" for one in chosen)
    return Taken(released, firing, len(chosen) - firing, more)


def _may_be_ours(alert: Alert) -> bool:
    return 0 < len(alert.labels.get(INCIDENT, "")) <= LONGEST_CODE


def _release(desk: Desk, alerts: Sequence[Alert], now: float, connection: Connection) -> tuple[int, list[Alert]]:
    """How many of the desk's own may be told, and which alerts are not its own."""
    released, others = 0, []
    for alert in alerts:
        if not _is_ours(connection, alert.labels[INCIDENT]):
            others.append(alert)
        elif alert.status == "firing":  # of its own the desk knows the end from whoever reported the beginning
            released += desk.release(connection, alert.labels[INCIDENT], now)
    return released, others


def _is_ours(connection: Connection, code: str) -> bool:
    known = alert_rows.of_code(connection, code)
    return known is not None and known.standing.fault.source in _OURS


def _open_keys(connection: Connection) -> set[str]:
    where = (ALERT.c.source == Source.ALERTMANAGER.value, ALERT.c.over_at.is_(None))
    return set(connection.scalars(select(ALERT.c.key).where(*where)))


def _chosen(alerts: Iterable[Alert], known: set[str]) -> tuple[list[Alert], int]:
    """Those that are told by themselves, and how many others fire; an end of what was never told is nobody's news."""
    chosen, room, left_out = dict[str, Alert](), MOST_OPEN - len(known), 0
    for alert in alerts:
        key = alert.key
        if key in known or key in chosen:
            chosen[key] = alert
        elif alert.status == "firing" and room > 0:
            chosen[key] = alert
            room -= 1
        elif alert.status == "firing":
            left_out += 1
    return list(chosen.values()), left_out


def _tell(desk: Desk, alerts: Sequence[Alert], now: float, connection: Connection) -> None:
    desk.reports(connection, [_report(one, now) for one in alerts], now)


def _report(alert: Alert, now: float) -> Report:
    found = fault(alert, now)
    if alert.status == "resolved":
        return Report(found, Happening.RECOVERED, found.ended_at or now)
    # said of what is known too: then it changes nothing, unless it was thought to be over
    return Report(found, Happening.OPENED, found.began_at)


async def _tell_beyond(ledger: Ledger, desk: Desk, group: str, count: int, now: float) -> None:
    found = beyond(group, count, now)
    with ledger.read() as connection:
        is_open = _is_open(connection, found)
    if count:
        await ledger.write(lambda c: desk.report(c, Report(found, Happening.OPENED, now), now))
    elif is_open:
        await ledger.write(lambda c: desk.report(c, Report(found, Happening.RECOVERED, now), now))


def _is_open(connection: Connection, found: Fault) -> bool:
    where = (ALERT.c.source == found.source.value, ALERT.c.key == found.key, ALERT.c.over_at.is_(None))
    return bool(connection.scalar(select(func.count()).select_from(ALERT).where(*where)))


def _slices(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[first : first + SLICE] for first in range(0, len(items), SLICE))
