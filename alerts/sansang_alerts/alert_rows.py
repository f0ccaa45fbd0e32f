"""How alerts lie in their table: one row each, whose body is its :class:`standing.Standing`."""

import secrets
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from sansang_agent.contract.joining import ALPHABET

from .fault import Fault, Source
from .standing import Standing
from .tables import ALERT

CODE_LENGTH = 6
_TRIES = 100
_LOOK_ALIKES = str.maketrans("ILO", "110", " -")
_COLUMNS = (ALERT.c.id, ALERT.c.code, ALERT.c.body)


class Kept(NamedTuple):
    """An alert with its number and the code by which people name it."""

    id: int
    code: str
    standing: Standing


class NoCodeError(Exception):
    """No code was free."""

    def __init__(self) -> None:
        super().__init__("no code is free for another alert")


def of_fault(connection: Connection, fault: Fault) -> Kept | None:
    """The newest of this fault."""
    return _one(connection, ALERT.c.source == fault.source.value, ALERT.c.key == fault.key)


def of_code(connection: Connection, written: str) -> Kept | None:
    """By its code, however somebody wrote it down."""
    return _one(connection, ALERT.c.code == plain_code(written))


def of_id(connection: Connection, number: int) -> Kept | None:
    """By its number."""
    return _one(connection, ALERT.c.id == number)


def is_any_due(connection: Connection, now: float) -> bool:
    """Whether the clock has anything to do."""
    return connection.scalar(select(ALERT.c.id).where(ALERT.c.next_at <= now).limit(1)) is not None


def due(connection: Connection, now: float, most: int) -> Iterator[Kept]:
    """Those for which the clock has something to do, the longest due first."""
    rows = connection.execute(select(*_COLUMNS).where(ALERT.c.next_at <= now).order_by(ALERT.c.next_at).limit(most))
    return (_kept(row) for row in rows.all())


def waiting(connection: Connection, after: int, most: int) -> list[Kept]:
    """Those after a number for which the clock will have something to do some day, by their numbers."""
    of = (ALERT.c.next_at.is_not(None), ALERT.c.id > after)
    return [_kept(row) for row in connection.execute(select(*_COLUMNS).where(*of).order_by(ALERT.c.id).limit(most))]


def since(connection: Connection, sources: Iterable[Source], at: float) -> list[Kept]:
    """Those of these sources that are not over, or were over at ``at`` or later."""
    lately = or_(ALERT.c.over_at.is_(None), ALERT.c.over_at >= at)
    query = select(*_COLUMNS).where(ALERT.c.source.in_([one.value for one in sources]), lately)
    return [_kept(row) for row in connection.execute(query.order_by(ALERT.c.id))]


def add(connection: Connection, standing: Standing, next_at: float | None) -> Kept:
    """A new one, by its source's code where that is free, else by one of its own; raises :class:`NoCodeError`."""
    wanted = plain_code(standing.fault.code)
    code = wanted if wanted and of_code(connection, wanted) is None else _fresh(connection)
    row = _row(standing, next_at) | {"code": code}
    number: int = connection.execute(ALERT.insert().values(row).returning(ALERT.c.id)).scalar_one()
    return Kept(number, code, standing)


def keep(connection: Connection, number: int, standing: Standing, next_at: float | None) -> None:
    """As it stands now."""
    connection.execute(ALERT.update().where(ALERT.c.id == number).values(_row(standing, next_at)))


def plain_code(written: str) -> str:
    """A code as it was made: no gaps, capitals, no look-alikes."""
    return written.upper().translate(_LOOK_ALIKES).strip()


def _row(standing: Standing, next_at: float | None) -> dict[str, Any]:
    fault = standing.fault
    return {
        "source": fault.source.value,
        "key": fault.key,
        "team": standing.team,
        "owner": fault.owner.value,
        "severity": fault.severity.value,
        "opened_at": fault.opened_at,
        "told_at": standing.told_at,
        "acknowledged_at": standing.acknowledged_at,
        "acknowledged_by": standing.acknowledged_by or None,
        "over_at": standing.over_at,
        "next_at": next_at,
        "body": msgspec.json.encode(standing),
    }


def _one(connection: Connection, *where: ColumnElement[bool]) -> Kept | None:
    row = connection.execute(select(*_COLUMNS).where(*where).order_by(ALERT.c.id.desc()).limit(1)).first()
    return None if row is None else _kept(row)


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, row.code, msgspec.json.decode(row.body, type=Standing))


def _fresh(connection: Connection) -> str:
    for _ in range(_TRIES):
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if of_code(connection, code) is None:
            return code
    raise NoCodeError
