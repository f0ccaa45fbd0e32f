"""Lets go of what is long over: faults with their messages, digests, stand-ins, codes; and much sooner long answers.

What is open, has yet to be sent, or is part of what stays is never taken. Each transaction is small, and judges anew.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, Text, delete, exists, func, select, text
from sqlalchemy.exc import OperationalError

from .ledger import Ledger
from .notice import State
from .settings import AlertSettings
from .tables import ALERT, ATTEMPT, CURSOR, NOTIFICATION, OVERRIDE, PAIRING_CODE
from .vietnam import DAY_S

_LOG = logging.getLogger(__name__)

LOOK_S = 300.0
FAULTS = 50
"""In one transaction …"""
ROWS = 500
"""… or of so many messages; a fault goes whole."""
ANSWER = 100
"""Characters that are left of a long answer."""
PAUSE_S = 0.05
"""Between two transactions, so that messages have the larger share of the disk."""
_UNFINISHED = [State.WAITING.value, State.BUNDLED.value, State.SENDING.value]
_SHORTENED = "shortened"
_N = NOTIFICATION.c


class _Step(NamedTuple):
    """One kind of rows."""

    find: Callable[[Connection], Sequence[Any]]
    """Some that may go now, by their keys; none: all that may have gone."""
    take: Callable[[Connection, Sequence[Any]], object]


def steps(settings: AlertSettings, now: float) -> tuple[_Step, ...]:
    """What is done at one look, in this order: what is part of a message goes before it."""
    before = now - settings.keep_days * DAY_S
    answers = now - settings.keep_answers_days * DAY_S
    return (
        _Step(partial(_faults, before=before), _forget_faults),
        _Step(partial(_loose, before=before), _forget_messages),
        _Step(partial(_ids, OVERRIDE, (OVERRIDE.c.ends < before,)), partial(_delete, OVERRIDE)),
        _Step(partial(_codes, before=now - DAY_S), _forget_codes),
        _Step(partial(_answered, before=answers, now=now), _shorten),
    )


async def forget(ledger: Ledger, settings: AlertSettings, now: float) -> None:
    """Everything that is old enough by ``now`` (Unix seconds); raises OperationalError."""
    for step in steps(settings, now):
        while await asyncio.to_thread(_is_any, ledger, step):
            await ledger.write(partial(_take, step))
            await asyncio.sleep(PAUSE_S)


async def follow(ledger: Ledger, settings: AlertSettings, clock: Callable[[], float]) -> None:
    """Look every five minutes until cancelled."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await forget(ledger, settings, clock())
        except OperationalError as error:
            _LOG.warning("what is long over stays until the ledger answers: %s", error.orig)


def _is_any(ledger: Ledger, step: _Step) -> bool:
    with ledger.read() as connection:
        return bool(step.find(connection))


def _take(step: _Step, connection: Connection) -> None:
    """Found again in the transaction that takes it: what came back to life meanwhile stays."""
    if found := step.find(connection):
        step.take(connection, found)


def _faults(connection: Connection, before: float) -> list[int]:
    """Faults that were over before, of which nothing is to be sent and nothing was told since."""
    mine = _N.alert == ALERT.c.id
    still = exists().where(mine, _N.state.in_(_UNFINISHED) | (_N.made_at >= before))
    count = select(func.count()).where(mine).scalar_subquery()
    query = select(ALERT.c.id, count).where(ALERT.c.over_at < before, ~still)
    rows = connection.execute(query.order_by(ALERT.c.over_at, ALERT.c.id).limit(FAULTS)).tuples().all()
    sums = accumulate(messages for _, messages in rows)
    fitting = len(list(takewhile(lambda total: total <= ROWS, sums)))
    return [number for number, _ in rows[: max(fitting, 1)]]


def _forget_faults(connection: Connection, faults: Collection[int]) -> None:
    messages = select(_N.id).where(_N.alert.in_(faults))
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.notification.in_(messages)))
    connection.execute(delete(NOTIFICATION).where(_N.alert.in_(faults)))
    _delete(ALERT, connection, faults)


def _loose(connection: Connection, before: float) -> Sequence[int]:
    """Messages about no fault: digests, tests, and bundles no part of which is left."""
    part = NOTIFICATION.alias("part")
    whole = exists().where(part.c.bundle == _N.id)
    finished = (_N.alert.is_(None), _N.made_at < before, _N.state.not_in(_UNFINISHED), ~whole)
    return _ids(NOTIFICATION, finished, connection)


def _forget_messages(connection: Connection, messages: Collection[int]) -> None:
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.notification.in_(messages)))
    _delete(NOTIFICATION, connection, messages)


def _codes(connection: Connection, before: float) -> Sequence[tuple[str, str]]:
    """Codes that nobody sent in time."""
    query = select(PAIRING_CODE.c.channel, PAIRING_CODE.c.person).where(PAIRING_CODE.c.expires_at < before)
    return connection.execute(query.limit(ROWS)).tuples().all()


def _forget_codes(connection: Connection, codes: Sequence[tuple[str, str]]) -> None:
    for channel, person in codes:
        mine = (PAIRING_CODE.c.channel == channel, PAIRING_CODE.c.person == person)
        connection.execute(delete(PAIRING_CODE).where(*mine))


def _answered(connection: Connection, before: float, now: float) -> list[int]:
    """The next messages whose answers are old, in the order in which they were made; one that a clock dated far ahead
    holds up none."""
    done = connection.scalar(select(CURSOR.c.position).where(CURSOR.c.name == _SHORTENED)) or 0
    query = select(_N.id, _N.made_at).where(_N.id > done).order_by(_N.id).limit(ROWS)
    rows = connection.execute(query).tuples()
    return [number for number, _ in takewhile(lambda row: not before <= row[1] <= now + DAY_S, rows)]


def _shorten(connection: Connection, messages: Sequence[int]) -> None:
    for of, said in ((ATTEMPT.c.notification, ATTEMPT.c.said), (_N.id, _N.said)):
        long = (of.in_(messages), func.length(said) > ANSWER)
        shorter = func.substr(said, 1, ANSWER - 1, type_=Text).concat("…")
        connection.execute(of.table.update().where(*long).values({said: shorter}))
    connection.execute(_KEEP, {"name": _SHORTENED, "position": messages[-1]})


_KEEP = text(
    "INSERT INTO alert_cursor (name, position) VALUES (:name, :position)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)


def _ids(table: Table, where: tuple[ColumnElement[bool], ...], connection: Connection) -> Sequence[int]:
    return connection.scalars(select(table.c.id).where(*where).order_by(table.c.id).limit(ROWS)).all()


def _delete(table: Table, connection: Connection, numbers: Collection[int]) -> None:
    connection.execute(delete(table).where(table.c.id.in_(numbers)))
