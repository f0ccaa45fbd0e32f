"""Which situations there are, as views: of each the members and communes that somebody may see."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Connection, select

from sansang_collector.communes_sql import among

from . import codes, situation_rows
from .incident_view import SituationView
from .listing import Seeing, hits
from .situations import Situation
from .tables import INCIDENT, INCIDENT_COMMUNE, SITUATION


def listed(connection: Connection, seeing: Seeing, since: float) -> list[SituationView]:
    """Situations that were not over before ``since``, the newest first, with what may be seen of each."""
    return _views(connection, seeing, SITUATION.c.resolved_at.is_(None) | (SITUATION.c.resolved_at >= since))


def by_code(connection: Connection, code: str, seeing: Seeing) -> SituationView | None:
    """The situation of these six characters, however they are written, with what may be seen of it."""
    return next(iter(_views(connection, seeing, SITUATION.c.code == codes.plain(code))), None)


def _views(connection: Connection, seeing: Seeing, where: ColumnElement[bool]) -> list[SituationView]:
    found = situation_rows.read(connection, where)[::-1]
    members: dict[int, set[int]] = {one.id: set() for one in found}
    hit: dict[int, set[str]] = {one.id: set() for one in found}
    query = (
        select(INCIDENT.c.situation, INCIDENT.c.id, INCIDENT_COMMUNE.c.commune)
        .join(INCIDENT_COMMUNE, INCIDENT_COMMUNE.c.incident == INCIDENT.c.id)
        .where(INCIDENT.c.situation.in_(list(members)), among(INCIDENT_COMMUNE.c.commune, seeing.communes))
    )
    for situation, incident, commune in connection.execute(query):
        members[situation].add(incident)
        hit[situation].add(commune)
    return [_view(one, members[one.id], hit[one.id], seeing) for one in found if members[one.id]]


def _view(one: Situation, members: Iterable[int], hit: Collection[str], seeing: Seeing) -> SituationView:
    return SituationView(
        id=one.id,
        code=one.code,
        kind=one.kind,
        area=seeing.naming.part(one.area).name if one.area else "",
        began=one.began,
        opened_at=one.opened_at,
        resolved_at=one.resolved_at,
        incidents=tuple(sorted(members)),
        communes=hits(hit, seeing),
        batteries=tuple(each for each in one.batteries if each.commune in hit),
    )
