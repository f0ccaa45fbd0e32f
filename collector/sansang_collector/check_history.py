"""The intervals of single checks as rows of the ledger.

Rows are extended in place; what a merge or a split replaces stays, marked with when it was revised. How far the newest
interval of a check has come stands in the front of its agent (fronts.py).
"""

from collections.abc import Iterable, Sequence

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

from sansang_agent.contract.outcome import Outcome, Reason, outcome_of

from . import bundles, fronts
from .bundles import Cell
from .chunks import Single
from .fronts import Tip
from .intervals import Interval, Moment, Timeline
from .series import Series
from .store import LEDGER
from .store.dialect import Direct

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
_CURRENT = INTERVAL.c.revised_at.is_(None)
Index("interval_now", INTERVAL.c.series, INTERVAL.c.first_ms, sqlite_where=_CURRENT, postgresql_where=_CURRENT)


def current(connection: Connection, series: int, first_ms: int, last_ms: int) -> list[Interval]:
    """The current intervals of a series that overlap a window, in order."""
    tips = fronts.tips_beside(connection, series)
    return current_of_all(connection, [series], first_ms, last_ms, tips)[series]


def current_of_all(
    connection: Connection, series: Sequence[int], first_ms: int, last_ms: int, tips: dict[int, Tip]
) -> dict[int, list[Interval]]:
    """The same for several series at once, whose tips are known."""
    found: dict[int, list[Interval]] = {}
    for one in series:
        rows = _OVERLAPPING.run(connection, (one, one, first_ms, first_ms, last_ms))
        read = [
            Interval(first, last, _OUTCOMES[outcome], _REASONS[reason], bool(late), revision, number)
            for first, last, outcome, reason, late, revision, number in rows
        ]
        if read:
            read[-1] = fronts.as_it_is(read[-1], tips, one)
        found[one] = [interval for interval in read if interval.last_ms >= first_ms]
    return found


_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_REASONS: dict[str | None, Reason | None] = {None: None, **{reason.value: reason for reason in Reason}}
_OVERLAPPING = Direct("""
    SELECT first_ms, last_ms, outcome, reason, late, revision, id FROM interval
    WHERE series = ? AND revised_at IS NULL AND first_ms BETWEEN coalesce(
        (SELECT max(first_ms) FROM interval WHERE series = ? AND revised_at IS NULL AND first_ms < ?), ?) AND ?
    ORDER BY first_ms""")
"""Current rows do not overlap, so that only the last one to begin before a window can reach into it."""


def _around(connection: Connection, series: int, first_ms: int, last_ms: int) -> list[Interval]:
    """Like :func:`current`, with the nearest interval on each side."""
    asked = {"series": series, "first": first_ms, "last": last_ms}
    return [_interval(row) for row in connection.execute(_AROUND, asked)]


def _statement_around() -> TextualSelect:
    """Made once: its making would cost more than its answer."""
    columns = "id, series, first_ms, last_ms, outcome, reason, late, revision"
    rows = f"SELECT {columns} FROM interval WHERE series = :series AND revised_at IS NULL AND first_ms"  # noqa: S608
    parts = (
        f"SELECT * FROM ({rows} < :first ORDER BY first_ms DESC LIMIT 1) AS before",  # noqa: S608  # made of constants
        f"{rows} BETWEEN :first AND :last",
        f"SELECT * FROM ({rows} > :last ORDER BY first_ms LIMIT 1) AS after",  # noqa: S608  # made of constants
    )
    return text(" UNION ALL ".join(parts) + " ORDER BY first_ms").columns(late=Boolean)


def add(
    connection: Connection,
    series: Series,
    tip: Tip | None,
    moments: Sequence[Moment],
    beside: Iterable[tuple[int, Cell]],
    now: float,
) -> Tip:
    """Put results into the intervals of their series, and say where the newest ends now.

    ``moments`` are new, no two of one millisecond; ``beside`` are results taken with them that the ledger does not hold
    yet, theirs and others'.
    """

    def neighbours(whole: Interval, at_ms: int) -> tuple[Moment | None, Moment | None]:
        # None lies further away than a gap: looking there is enough.
        first_ms, last_ms = max(whole.first_ms, at_ms - series.gap_ms), min(whole.last_ms, at_ms + series.gap_ms)
        held = bundles.between(connection, series.agent, first_ms, last_ms)
        new = [bundles.single(*one) for one in beside if first_ms <= one[0] <= last_ms]
        found = bundles.neighbours((*held, *new), series.id, whole.outcome, at_ms)
        return _moment(found.before), _moment(found.after)

    if tip is not None:
        fronts.stretch_rows(connection, [tip])
    first, last = min(moment.at_ms for moment in moments), max(moment.at_ms for moment in moments)
    rows = _around(connection, series.id, first, last)
    timeline = Timeline(rows, series.gap_ms, neighbours)
    for moment in moments:
        timeline.add(moment)
    _write(connection, series.id, rows, timeline, now)
    return _tip(connection, series)


def _moment(single: Single | None) -> Moment | None:
    return Moment(single.at_ms, outcome_of(single.reason), single.reason) if single else None


def _write(connection: Connection, series: int, rows: list[Interval], timeline: Timeline, now: float) -> None:
    as_read = {row.id: row for row in rows}
    for gone in timeline.superseded:
        connection.execute(_REVISE, {"row": gone.id, "now": now})
    for interval in timeline.intervals:
        values = interval._asdict()
        row = values.pop("id")
        if row is None:
            connection.execute(_INSERT, {"series": series, "made_at": now, **values})
        elif interval != as_read[row]:
            connection.execute(_CHANGE, {"row": row, **values})


def _tip(connection: Connection, series: Series) -> Tip:
    """The newest current interval of a series that has one."""
    newest = _interval(connection.execute(_NEWEST, {"series": series.id}).one())
    assert newest.id is not None
    return Tip(
        series.id, series.rung, series.period, newest.id, newest.first_ms, newest.last_ms, newest.reason, newest.late
    )


def first_of(connection: Connection, series: Series) -> int | None:
    """Where the current intervals of a series begin, if it has any."""
    own = select(func.min(INTERVAL.c.first_ms)).where(_CURRENT, INTERVAL.c.series == series.id)
    began: int | None = connection.scalar(own)
    return began


def _interval(row: Row[tuple[object, ...]]) -> Interval:
    reason = Reason(row.reason) if row.reason else None
    return Interval(row.first_ms, row.last_ms, Outcome(row.outcome), reason, row.late, row.revision, row.id)


_AROUND = _statement_around()
_INSERT = INTERVAL.insert()
_REVISE = INTERVAL.update().where(INTERVAL.c.id == bindparam("row")).values(revised_at=bindparam("now"))
_CHANGE = INTERVAL.update().where(INTERVAL.c.id == bindparam("row"))
_NEWEST = text(
    "SELECT * FROM interval WHERE series = :series AND revised_at IS NULL ORDER BY first_ms DESC LIMIT 1"
).columns(late=Boolean)
