"""What is to be sent: a row for each message, made in the transaction that decides it.

What a newer message overtakes before anybody tried to send it is cancelled and says so; nothing is deleted.
"""

import secrets
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from .fault import Fault
from .notice import Kind, State
from .standing import Standing
from .tables import ALERT, NOTIFICATION
from .texts import Words

_MOST_VALUES = 500
_ENDS = (Kind.RECOVERED, Kind.WITHDRAWN)
_ASKING = (Kind.OPENED, Kind.UPDATED, Kind.ESCALATED)
_PLACES = {Kind.UPDATED: _ASKING, Kind.ACKNOWLEDGED: _ASKING, Kind.REMINDER: (Kind.REMINDER,)}
"""What takes the place of what: who has heard nothing yet is told of the fault as it is now, as of something new; and
where somebody has taken it on, only that."""


class Address(NamedTuple):
    """Who is told, through what."""

    team: str
    person: str
    channel: str
    address: str


class Item(NamedTuple):
    """One message, worded."""

    alert: int | None
    code: str
    kind: Kind
    to: Address
    severity: str
    words: Words
    at: float


def put(connection: Connection, item: Item) -> int:
    """It is to be sent now; its number."""
    message_id = "-".join(one for one in (item.code.lower(), item.kind.value, secrets.token_hex(8)) if one)
    row = {
        "alert": item.alert,
        "kind": item.kind.value,
        "team": item.to.team,
        "person": item.to.person,
        "channel": item.to.channel,
        "address": item.to.address,
        "severity": item.severity,
        "made_at": item.at,
        "due_at": item.at,
        "state": State.WAITING.value,
        "attempts": 0,
        "message_id": message_id,
        "subject": item.words.subject,
        "body": item.words.body,
    }
    return int(connection.execute(NOTIFICATION.insert().values(row).returning(NOTIFICATION.c.id)).scalar_one())


class Part(NamedTuple):
    """One of many that become one message."""

    kind: Kind
    to: Address
    fault: Fault
    code: str


def parts_of(connection: Connection, numbers: Sequence[int]) -> list[Part]:
    """Messages about alerts, with their faults as they are now."""
    of = (NOTIFICATION.c.kind, NOTIFICATION.c.team, NOTIFICATION.c.person, NOTIFICATION.c.channel)
    asked = select(*of, NOTIFICATION.c.address, ALERT.c.code, ALERT.c.body).join(ALERT)
    rows = [
        row
        for some in _slices(numbers)
        for row in connection.execute(asked.where(NOTIFICATION.c.id.in_(some)).order_by(NOTIFICATION.c.id))
    ]
    decode = msgspec.json.Decoder(Standing).decode
    return [
        Part(Kind(row.kind), Address(*row[1:5]), decode(row.body).fault, row.code)  # as selected
        for row in rows
    ]


def bundle(connection: Connection, item: Item, parts: Sequence[int]) -> int:
    """One message in place of these; its number."""
    number = put(connection, item)
    for some in _slices(parts):
        values = {"state": State.BUNDLED.value, "bundle": number}
        connection.execute(NOTIFICATION.update().where(NOTIFICATION.c.id.in_(some)).values(values))
    return number


def _slices(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Few enough for one statement on every engine."""
    return (numbers[first : first + _MOST_VALUES] for first in range(0, len(numbers), _MOST_VALUES))


def overtake(connection: Connection, alert: int, kind: Kind, to: Address) -> Kind | None:
    """Cancel what this one makes needless; as what it is to be told itself, None if nobody needs it any more."""
    unsent = _unsent(alert, to)
    if kind in _ENDS:
        _cancel(connection, unsent, "over before it could be sent" if kind is Kind.RECOVERED else "withdrawn before")
        return kind if kind is Kind.RECOVERED or _was_tried(connection, alert, to) else None
    if kind not in _PLACES:
        return kind
    older = (*unsent, NOTIFICATION.c.kind.in_([one.value for one in _PLACES[kind]]))
    found = connection.scalar(select(NOTIFICATION.c.kind).where(*older).order_by(NOTIFICATION.c.id).limit(1))
    if found is None:
        return kind
    _cancel(connection, older, "a newer message took its place before it could be sent")
    return kind if kind is Kind.ACKNOWLEDGED else Kind(found)


def _was_tried(connection: Connection, alert: int, to: Address) -> bool:
    tried = (*_of(alert, to), NOTIFICATION.c.state != State.CANCELLED.value)
    return connection.scalar(select(NOTIFICATION.c.id).where(*tried).limit(1)) is not None


def _unsent(alert: int, to: Address) -> tuple[ColumnElement[bool], ...]:
    return (*_of(alert, to), NOTIFICATION.c.state == State.WAITING.value, NOTIFICATION.c.attempts == 0)


def _of(alert: int, to: Address) -> tuple[ColumnElement[bool], ...]:
    """Everything about one alert to one address."""
    of = NOTIFICATION.c
    return (of.alert == alert, of.channel == to.channel, of.address == to.address)


def _cancel(connection: Connection, which: tuple[ColumnElement[bool], ...], why: str) -> None:
    connection.execute(NOTIFICATION.update().where(*which).values(state=State.CANCELLED.value, said=why))
