"""Which situations there are, as views: of each the members and communes that somebody may see."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from sansang_collector.communes_sql import among

from .incident_view import SituationView
from .listing import Seeing, hits
from .tables import INCIDENT, INCIDENT_COMMUNE, SITUATION


def listed(connection: Connection, seeing: Seeing, since: float) -> list[SituationView]:
    """Situations that were not over before ``since``, the newest first, with what may be seen of each."""
    still = SITUATION.c.resolved_at.is_(None) | (SITUATION.c.resolved_at >= since)
    found = connection.execute(select(SITUATION).where(still).order_by(SITUATION.c.id.desc())).all()
    members: dict[int, set[int]] = {row.id: set() for row in found}
    hit: dict[int, set[str]] = {row.id: set() for row in found}
    query = (
        select(INCIDENT.c.situation, INCIDENT.c.id, INCIDENT_COMMUNE.c.commune)
        .join(INCIDENT_COMMUNE, INCIDENT_COMMUNE.c.incident == INCIDENT.c.id)
        .where(INCIDENT.c.situation.in_(list(members)), among(INCIDENT_COMMUNE.c.commune, seeing.communes))
    )
    for situation, incident, commune in connection.execute(query):
        members[situation].add(incident)
        hit[situation].add(commune)
    return [_situation(row, members[row.id], hit[row.id], seeing) for row in found if members[row.id]]


def _situation(row: Row[Any], members: Iterable[int], hit: Iterable[str], seeing: Seeing) -> SituationView:
    return SituationView(
        id=row.id,
        code=row.code,
        kind=row.kind,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        incidents=tuple(sorted(members)),
        communes=hits(hit, seeing),
    )
