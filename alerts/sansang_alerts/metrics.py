"""The one list of metrics that alerts expose, and the figures behind it; docs/metrics.md is tested against it.

Base units and ASCII labels only. ``sansang-alerts serve`` shows them by itself, the collector among its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, select

from sansang_agent.contract.severity import Severity

from .notice import Outcome, State
from .tables import ALERT, NOTIFICATION


class Family(NamedTuple):
    """One metric family: its full name as written on the wire, type, help text, labels."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ()


class Sample(NamedTuple):
    """One value, with the values of its family's labels in their order."""

    name: str
    labels: tuple[str, ...]
    value: float


SENT = "sansang_alert_notifications_total"
CHARGED = "sansang_alert_charged_messages_total"
WAITING = "sansang_alert_waiting"
OLDEST = "sansang_alert_oldest_waiting_seconds"
OPEN = "sansang_alert_unacknowledged"
FAMILIES: tuple[Family, ...] = (
    Family(
        SENT,
        "counter",
        "Attempts to send a message since the start, by channel and outcome: sent, again, refused or unknown",
        ("channel", "outcome"),
    ),
    Family(
        CHARGED,
        "counter",
        "Messages that channels took since the start, as they are charged: an SMS of three parts is three",
        ("channel",),
    ),
    Family(WAITING, "gauge", "Messages that are due and not sent", ("channel",)),
    Family(OLDEST, "gauge", "Since when the oldest message that is due and not sent has been due; 0 without one"),
    Family(OPEN, "gauge", "Faults that people were told of and nobody has acknowledged", ("severity",)),
)


def samples(
    connection: Connection,
    channels: Iterable[str],
    counts: Mapping[tuple[str, Outcome], int],
    charged: Mapping[str, int],
    now: float,
) -> Iterator[Sample]:
    """All there is to say now. ``channels``: those of the settings, which show zeros too; ``counts`` and ``charged``:
    of the sender."""
    known = sorted({*channels, *(channel for channel, _ in counts)})
    for channel in known:
        for outcome in Outcome:
            yield Sample(SENT, (channel, outcome.value), counts.get((channel, outcome), 0))
        yield Sample(CHARGED, (channel,), charged.get(channel, 0))
    waiting, oldest = _waiting(connection, now)
    for channel in sorted({*known, *waiting}):
        yield Sample(WAITING, (channel,), waiting.get(channel, 0))
    yield Sample(OLDEST, (), 0.0 if oldest is None else now - oldest)
    unacknowledged = _unacknowledged(connection)
    for severity in Severity:
        yield Sample(OPEN, (severity.value,), unacknowledged.get(severity.value, 0))


def _waiting(connection: Connection, now: float) -> tuple[dict[str, int], float | None]:
    """By channel; and since when the oldest has been due. What waits for another attempt counts from its first."""
    of = NOTIFICATION.c
    unfinished = of.state.in_([State.WAITING.value, State.SENDING.value, State.BUNDLED.value])
    asked = select(of.channel, func.count().label("count"), func.min(of.made_at).label("oldest"))
    rows = connection.execute(asked.where(unfinished, of.made_at <= now).group_by(of.channel)).all()
    return {row.channel: row[1] for row in rows}, min((row.oldest for row in rows), default=None)


def _unacknowledged(connection: Connection) -> dict[str, int]:
    of = ALERT.c
    asked = select(of.severity, func.count().label("count")).where(
        of.told_at.is_not(None), of.acknowledged_at.is_(None), of.over_at.is_(None)
    )
    return {row.severity: row[1] for row in connection.execute(asked.group_by(of.severity))}
