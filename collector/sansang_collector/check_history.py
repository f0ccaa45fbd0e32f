"""The intervals of single checks and the results behind them, as rows of the ledger.

Rows are extended in place; what a merge or a split replaces stays, marked with when it was revised.
"""

from collections.abc import Sequence

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    TextualSelect,
    bindparam,
    func,
    select,
    text,
)

from sansang_agent.contract.outcome import Outcome, Reason

from .intervals import Interval, Moment, Timeline
from .series import Series
from .store import LEDGER

MOMENT = Table(
    "moment",
    LEDGER,
    Column("series", Integer, ForeignKey("series.id"), primary_key=True),
    Column("at_ms", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
)
"""The single results, by which an interval is split; kept as long as the raw log (retention.py)."""

INTERVAL = Table(
    "interval",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("series", Integer, ForeignKey("series.id"), nullable=False),
    Column("first_ms", Integer, nullable=False),
    Column("last_ms", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("late", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("revised_at", Float),
)
Index("interval_now", INTERVAL.c.series, INTERVAL.c.first_ms, sqlite_where=INTERVAL.c.revised_at.is_(None))

_CURRENT = INTERVAL.c.revised_at.is_(None)


def current(connection: Connection, series: int, first_ms: int, last_ms: int) -> list[Interval]:
    """The current intervals of a series that overlap a window, in order."""
    return current_of_all(connection, [series], first_ms, last_ms)[series]


def current_of_all(
    connection: Connection, series: Sequence[int], first_ms: int, last_ms: int
) -> dict[int, list[Interval]]:
    """The same for several series at once."""
    found: dict[int, list[Interval]] = {}
    for one in series:
        rows = connection.exec_driver_sql(_OVERLAPPING, (one, one, first_ms, first_ms, last_ms, first_ms))
        found[one] = [
            Interval(first, last, _OUTCOMES[outcome], _REASONS[reason], bool(late), revision, number)
            for first, last, outcome, reason, late, revision, number in rows
        ]
    return found


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_REASONS: dict[str | None, Reason | None] = {None: None, **{reason.value: reason for reason in Reason}}
_OVERLAPPING = """
    SELECT first_ms, last_ms, outcome, reason, late, revision, id FROM interval
    WHERE series = ? AND revised_at IS NULL AND first_ms BETWEEN coalesce(
        (SELECT max(first_ms) FROM interval WHERE series = ? AND revised_at IS NULL AND first_ms < ?), ?) AND ?
    AND last_ms >= ? ORDER BY first_ms"""
"""Current rows do not overlap, so that only the last one to begin before a window can reach into it."""


def _around(connection: Connection, series: int, first_ms: int, last_ms: int) -> list[Interval]:
    """Like :func:`current`, with the nearest interval on each side."""
    asked = {"series": series, "first": first_ms, "last": last_ms}
    return [_interval(row) for row in connection.execute(_AROUND, asked)]


def _statement_around() -> TextualSelect:
    """Made once: asked for every result that arrives, its making would cost more than its answer."""
    columns = "id, series, first_ms, last_ms, outcome, reason, late, revision"
    rows = f"SELECT {columns} FROM interval WHERE series = :series AND revised_at IS NULL AND first_ms"  # noqa: S608
    parts = (
        f"SELECT * FROM ({rows} < :first ORDER BY first_ms DESC LIMIT 1)",  # noqa: S608  # made of constants
        f"{rows} BETWEEN :first AND :last",
        f"SELECT * FROM ({rows} > :last ORDER BY first_ms LIMIT 1)",  # noqa: S608  # made of constants
    )
    return text(" UNION ALL ".join(parts) + " ORDER BY first_ms").columns(late=Boolean)


def add(connection: Connection, series: Series, moments: Sequence[Moment], now: float) -> None:
    """Put results into the intervals of their series; one at a millisecond that has one already changes nothing."""

    def neighbours(at_ms: int, first_ms: int, last_ms: int) -> tuple[Moment | None, Moment | None]:
        return _neighbours(connection, series.id, at_ms, first_ms, last_ms)

    first, last = min(moment.at_ms for moment in moments), max(moment.at_ms for moment in moments)
    rows = _around(connection, series.id, first, last)
    timeline = Timeline(rows, series.gap_ms, neighbours)
    for moment in moments:
        if _keep_moment(connection, series.id, moment):
            timeline.add(moment)
    _write(connection, series.id, rows, timeline, now)


def _keep_moment(connection: Connection, series: int, moment: Moment) -> bool:
    """Whether no result of this check at this very millisecond was there before."""
    done = connection.exec_driver_sql(
        "INSERT OR IGNORE INTO moment (series, at_ms, outcome, reason) VALUES (?, ?, ?, ?)",
        (series, moment.at_ms, moment.outcome, moment.reason),
    )
    return done.rowcount == 1


def _neighbours(
    connection: Connection, series: int, at_ms: int, first_ms: int, last_ms: int
) -> tuple[Moment | None, Moment | None]:
    own = select(MOMENT).where(MOMENT.c.series == series)
    before = connection.execute(
        own.where(MOMENT.c.at_ms.between(first_ms, at_ms - 1)).order_by(MOMENT.c.at_ms.desc()).limit(1)
    ).one_or_none()
    after = connection.execute(
        own.where(MOMENT.c.at_ms.between(at_ms + 1, last_ms)).order_by(MOMENT.c.at_ms).limit(1)
    ).one_or_none()
    return _moment(before) if before else None, _moment(after) if after else None


def _write(connection: Connection, series: int, rows: list[Interval], timeline: Timeline, now: float) -> None:
    as_read = {row.id: row for row in rows}
    for gone in timeline.superseded:
        connection.execute(INTERVAL.update().where(INTERVAL.c.id == gone.id).values(revised_at=now))
    for interval in timeline.intervals:
        values = interval._asdict()
        row = values.pop("id")
        if row is None:
            connection.execute(INTERVAL.insert().values(series=series, made_at=now, **values))
        elif interval != as_read[row]:
            connection.execute(_CHANGE, {"row": row, **values})


def first_of(connection: Connection, series: Series) -> int:
    """Where the current intervals of a series begin; it must have one."""
    own = select(func.min(INTERVAL.c.first_ms)).where(_CURRENT, INTERVAL.c.series == series.id)
    return int(connection.scalars(own).one())


def _interval(row: Row[tuple[object, ...]]) -> Interval:
    reason = Reason(row.reason) if row.reason else None
    return Interval(row.first_ms, row.last_ms, Outcome(row.outcome), reason, row.late, row.revision, row.id)


_AROUND = _statement_around()
_CHANGE = INTERVAL.update().where(INTERVAL.c.id == bindparam("row"))


def _moment(row: Row[tuple[object, ...]]) -> Moment:
    return Moment(row.at_ms, Outcome(row.outcome), Reason(row.reason) if row.reason else None)
