"""The intervals of each commune's rungs, renewed from the check intervals of its agents over the window that changed.

Like those of checks, rows are extended in place, and what is replaced stays, marked with when it was revised.
"""

from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    func,
    select,
    text,
)

from sansang_agent.contract.light import Light
from sansang_agent.contract.rung import Rung

from . import check_history
from .agents import AGENT
from .fronts import Tip
from .rung_windows import Window
from .rungs import Cover, Stretch, covers, stretches
from .series import SERIES, gap_ms
from .store import LEDGER
from .store.dialect import Direct

RUNG_INTERVAL = Table(
    "rung_interval",
    LEDGER,
    Column("id", Integer, primary_key=True),
    Column("commune", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("first_ms", Integer, nullable=False),
    Column("last_ms", Integer, nullable=False),
    Column("light", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("revised_at", Float),
    Column("incident", Integer),
)
"""``incident``: the number of the incident it belongs to, once that was revised."""
CURRENT = RUNG_INTERVAL.c.revised_at.is_(None)
Index(
    "rung_interval_now",
    RUNG_INTERVAL.c.commune,
    RUNG_INTERVAL.c.rung,
    RUNG_INTERVAL.c.first_ms,
    sqlite_where=CURRENT,
    postgresql_where=CURRENT,
)


class _Known(NamedTuple):
    """A current row."""

    id: int
    revision: int
    stretch: Stretch
    incident: int | None


class _Edge(NamedTuple):
    """Where renewing stops, and the row that begins right there, if one does."""

    end_ms: int
    follower: _Known | None


def renew(connection: Connection, commune: str, rung: str, window: Window, tips: dict[int, Tip], now: float) -> None:
    """Bring the intervals of one rung up to date after results were added within ``window``.

    ``tips`` by series, of all agents of the commune.
    """
    places = _series(connection, commune, rung)
    if not places:  # profiles have moved its last check elsewhere: what was known of it stays
        return
    reach = max(gap for _, _, gap in places)
    # A result changes nothing before the end of what its predecessor covered, nor beyond what it covers itself.
    start = min(window.first_ms, window.last_ms) - 2 * reach
    edge = _edge(connection, commune, rung, window.last_ms + reach, reach)
    covered = _covered(connection, places, start - reach, edge.end_ms + reach, tips)
    new = stretches(covered, start, edge.end_ms, continues=edge.follower is not None)
    old = _rows(connection, commune, rung, start, edge.end_ms - 1)
    _write(connection, commune, rung, old, _glue(new, old, start), now)


def current(connection: Connection, commune: str, rung: str, first: int, last: int) -> list[tuple[int, Stretch]]:
    """The current intervals of a rung that overlap a window, in order, each with its revision."""
    return [(row.revision, row.stretch) for row in _rows(connection, commune, rung, first, last)]


def with_incidents(
    connection: Connection, commune: str, rung: str, first: int, last: int
) -> list[tuple[int, Stretch, int | None]]:
    """The same, each with the number of the incident it belongs to."""
    return [(row.revision, row.stretch, row.incident) for row in _rows(connection, commune, rung, first, last)]


def newest(connection: Connection, commune: str | None = None) -> list[Row[tuple[str, str, str, int]]]:
    """Commune, rung, light and beginning of the newest interval of every rung, or of those of one commune."""
    ends = select(RUNG_INTERVAL.c.commune, RUNG_INTERVAL.c.rung, func.max(RUNG_INTERVAL.c.first_ms).label("first_ms"))
    ends = ends.where(CURRENT).group_by(RUNG_INTERVAL.c.commune, RUNG_INTERVAL.c.rung)
    if commune is not None:
        ends = ends.where(RUNG_INTERVAL.c.commune == commune)
    last = ends.subquery()
    columns = (RUNG_INTERVAL.c.commune, RUNG_INTERVAL.c.rung, RUNG_INTERVAL.c.light, RUNG_INTERVAL.c.first_ms)
    same = [RUNG_INTERVAL.c[name] == last.c[name] for name in ("commune", "rung", "first_ms")]
    return list(connection.execute(select(*columns).join(last, and_(*same)).where(CURRENT)).all())


class End(NamedTuple):
    """The newest interval of a rung: its row, its last result, its light."""

    id: int
    last_ms: int
    light: Light
    late: bool


def newest_ends(connection: Connection, commune: str) -> dict[str, End]:
    """The newest interval of every rung of a commune that has any; however many there are, quickly."""
    rows = connection.execute(_NEWEST, {"commune": commune})
    return {row.rung: End(row.id, row.last_ms, _LIGHTS[row.light], bool(row.late)) for row in rows}


_RUNGS = ", ".join(f"('{rung}')" for rung in Rung)
_NEWEST = text(f"""
    WITH rungs (rung) AS (VALUES {_RUNGS})
    SELECT rung_interval.rung, id, last_ms, light, late FROM rungs JOIN rung_interval ON id = (
        SELECT id FROM rung_interval WHERE commune = :commune AND rung = rungs.rung AND revised_at IS NULL
        ORDER BY first_ms DESC LIMIT 1)""")  # noqa: S608  # made of constants


def _series(connection: Connection, commune: str, rung: str) -> list[tuple[int, int, int]]:
    """The series on this rung: id, agent, gap in milliseconds."""
    rows = connection.execute(_PLACES, {"of": commune, "on": rung})
    return [(row.id, row.agent, gap_ms(row.period)) for row in rows]


def _covered(
    connection: Connection, places: list[tuple[int, int, int]], first: int, last: int, tips: dict[int, Tip]
) -> list[Cover]:
    covered: list[Cover] = []
    for series, agent, gap in places:
        tip = tips.get(series)
        if tip is not None and tip.first_ms <= first:  # then no earlier interval reaches here, and nothing need be read
            covered.append(Cover(agent, tip.first_ms, tip.last_ms, tip.end_ms, tip.outcome, tip.late))
        else:
            intervals = check_history.current_of_all(connection, [series], first, last, tips)[series]
            covered += covers(agent, intervals, gap)
    return [cover for cover in covered if cover.last_ms >= first]


def _edge(connection: Connection, commune: str, rung: str, at_ms: int, reach: int) -> _Edge:
    """The end of the row that lies over ``at_ms``: beyond it nothing changes."""
    over = _rows(connection, commune, rung, at_ms, at_ms)
    if not over:
        return _Edge(at_ms, None)
    end = over[-1].stretch.last_ms
    following = [row for row in _rows(connection, commune, rung, end, end + reach) if row.stretch.first_ms >= end]
    if following and following[0].stretch.first_ms == end:
        return _Edge(end, following[0])
    return _Edge(following[0].stretch.first_ms if following else end + reach, None)


def _rows(connection: Connection, commune: str, rung: str, first: int, last: int) -> list[_Known]:
    """The current rows that overlap a window, in order."""
    rows = _OVERLAPPING.run(connection, (commune, rung, commune, rung, first, first, last, first))
    return [
        _Known(number, revision, Stretch(begin, end, _LIGHTS[light], bool(late)), incident)
        for number, revision, begin, end, light, late, incident in rows
    ]


_LIGHTS = {light.value: light for light in Light}
_OVERLAPPING = Direct("""
    SELECT id, revision, first_ms, last_ms, light, late, incident FROM rung_interval
    WHERE commune = ? AND rung = ? AND revised_at IS NULL AND first_ms BETWEEN coalesce(
        (SELECT max(first_ms) FROM rung_interval
         WHERE commune = ? AND rung = ? AND revised_at IS NULL AND first_ms < ?), ?) AND ?
    AND last_ms >= ? ORDER BY first_ms""")
"""Current rows do not overlap, so that only the last one to begin before a window can reach into it: looking at all
that ever began would cost more with every year kept."""


def _glue(new: list[Stretch], old: list[_Known], start: int) -> list[Stretch]:
    """Give the part that began before ``start`` back to the row it was cut from."""
    left = next((row.stretch for row in old if row.stretch.first_ms < start), None)
    if left is None:
        return new
    if new and new[0].first_ms == start and new[0].light is left.light:
        return [new[0]._replace(first_ms=left.first_ms, late=new[0].late or left.late), *new[1:]]
    return [left._replace(last_ms=min(left.last_ms, start)), *new]


def _write(connection: Connection, commune: str, rung: str, old: list[_Known], new: list[Stretch], now: float) -> None:
    kept: set[int] = set()
    for stretch in new:
        overlapped = [row for row in old if _overlap(row.stretch, stretch)]
        same = [row for row in overlapped if row.stretch.light is stretch.light]
        if len(same) == 1 and _holds(stretch, same[0].stretch):
            kept.add(same[0].id)
            if stretch != same[0].stretch:
                connection.execute(_CHANGE, {"row": same[0].id, **stretch._asdict()})
            continue
        revision = max((row.revision for row in overlapped), default=0) + 1
        incident = next((row.incident for row in same if row.incident is not None), None)
        own = {"commune": commune, "rung": rung, "revision": revision, "made_at": now, "incident": incident}
        values = own | stretch._asdict()
        connection.execute(_INSERT, values)
    gone = [row.id for row in old if row.id not in kept]
    if gone:
        connection.execute(_REVISE, [{"row": row, "now": now} for row in gone])


# Made once: making a statement costs more than running it.
_PLACES = (
    select(SERIES.c.id, SERIES.c.agent, SERIES.c.period)
    .join(AGENT, AGENT.c.id == SERIES.c.agent)
    .where(AGENT.c.commune == bindparam("of"), SERIES.c.rung == bindparam("on"))
)
_INSERT = RUNG_INTERVAL.insert()
_CHANGE = RUNG_INTERVAL.update().where(RUNG_INTERVAL.c.id == bindparam("row"))
_REVISE = _CHANGE.values(revised_at=bindparam("now"))


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one.first_ms <= other.last_ms and other.first_ms <= one.last_ms


def _holds(outer: Stretch, inner: Stretch) -> bool:
    return outer.first_ms <= inner.first_ms and inner.last_ms <= outer.last_ms
