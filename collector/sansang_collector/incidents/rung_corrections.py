"""What a revised incident means for the commune's rungs: its stretches belong to it, and what nobody measured was down.

A power cut stores nothing, and no check looks at power or the local network alone: there the incident is the measure.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, or_, select

from sansang_agent.contract.light import Light
from sansang_agent.contract.rung import PLACES, Component, Rung
from sansang_collector.diagnosis.incident import Incident
from sansang_collector.rung_history import CURRENT, RUNG_INTERVAL

UNMEASURED = frozenset({Rung.POWER, Rung.LAN})
"""Rungs that no check stands on."""
_BROKEN = (Light.FAILED.value, Light.DEGRADED.value)


class _Gap(NamedTuple):
    """Milliseconds."""

    first_ms: int
    last_ms: int


def put(connection: Connection, incident: Incident, now: float) -> int:
    """Bring the intervals of the rung that broke up to a revised incident; how many rows that touched.

    Rows made for an earlier revision of it that says otherwise are marked as replaced, never changed or deleted.
    """
    revision = incident.revision
    if revision is None or not incident.id:
        return 0
    rung = PLACES[Component(revision.causes[0].part.partition(":")[0])].rung
    gap = _Gap(round(revision.onset * 1000), round(revision.ended_at * 1000))
    touched = _take_back(connection, incident.id, rung, gap, now)
    if rung is None:
        return touched
    for commune in sorted({*incident.hit, *incident.verdict.communes}):
        touched += _of_commune(connection, commune, rung, gap, incident.id, now)
    return touched


def _take_back(connection: Connection, incident: int, rung: Rung | None, gap: _Gap, now: float) -> int:
    """What an earlier revision said, as far as this one does not: made rows are replaced, measured ones let go."""
    own = (CURRENT, RUNG_INTERVAL.c.incident == incident)
    other = or_(RUNG_INTERVAL.c.rung != (rung or ""), RUNG_INTERVAL.c.first_ms != gap.first_ms,
                RUNG_INTERVAL.c.last_ms != gap.last_ms)  # fmt: skip
    made = RUNG_INTERVAL.c.rung.in_(sorted(UNMEASURED))
    replaced = connection.execute(RUNG_INTERVAL.update().where(*own, made, other).values(revised_at=now)).rowcount
    let_go = connection.execute(RUNG_INTERVAL.update().where(*own, ~made).values(incident=None)).rowcount
    return replaced + let_go


def _of_commune(connection: Connection, commune: str, rung: Rung, gap: _Gap, incident: int, now: float) -> int:
    over = connection.execute(
        select(RUNG_INTERVAL)
        .where(
            CURRENT,
            RUNG_INTERVAL.c.commune == commune,
            RUNG_INTERVAL.c.rung == rung,
            RUNG_INTERVAL.c.first_ms <= gap.last_ms,
            RUNG_INTERVAL.c.last_ms >= gap.first_ms,
        )
        .order_by(RUNG_INTERVAL.c.first_ms)
    ).all()
    broken = [row.id for row in over if row.light in _BROKEN]
    if broken:
        where = RUNG_INTERVAL.c.id.in_(broken)
        connection.execute(RUNG_INTERVAL.update().where(where).values(incident=incident))
    if rung not in UNMEASURED:
        return len(broken)
    free = _free(gap, over)
    for one in free:
        values = {"commune": commune, "rung": rung, "light": Light.FAILED, "late": True, "revision": 1, "made_at": now}
        connection.execute(RUNG_INTERVAL.insert().values({**values, **one._asdict(), "incident": incident}))
    return len(broken) + len(free)


def _free(gap: _Gap, over: list[Row[Any]] | Any) -> list[_Gap]:
    """The parts of the gap that no current row covers."""
    found, at = [], gap.first_ms
    for row in over:
        if row.first_ms > at:
            found.append(_Gap(at, row.first_ms))
        at = max(at, row.last_ms)
    if at < gap.last_ms:
        found.append(_Gap(at, gap.last_ms))
    return found
