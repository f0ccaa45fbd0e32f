"""What metrics say of incidents: how many are open of what, and which communes they keep from everything."""

from sqlalchemy import Connection, func, select

from sansang_collector.diagnosis.incident import Phase
from sansang_collector.diagnosis.verdict import Level

from .severity import ON_THE_WAY
from .tables import INCIDENT, INCIDENT_COMMUNE

_IS_OPEN = INCIDENT.c.phase.in_((Phase.OPEN, Phase.CLOSING)) & INCIDENT.c.resolved_at.is_(None)
"""The second half is in the first; it is said for the index."""


def counts(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many incidents are open, by kind, owner and severity; those merged into another are not counted."""
    is_open = _IS_OPEN & INCIDENT.c.merged_into.is_(None)
    query = select(INCIDENT.c.kind, INCIDENT.c.owner, INCIDENT.c.severity, func.count()).where(is_open)
    found = connection.execute(query.group_by(INCIDENT.c.kind, INCIDENT.c.owner, INCIDENT.c.severity))
    return {(kind, owner, severity): number for kind, owner, severity, number in found}


def cut_off(connection: Connection) -> list[str]:
    """The communes that reach nothing because of what open incidents are about, by their codes."""
    cuts = (INCIDENT.c.level == Level.DOWN, INCIDENT.c.kind.in_(sorted(ON_THE_WAY)))
    of = select(INCIDENT_COMMUNE.c.commune).join(INCIDENT, INCIDENT.c.id == INCIDENT_COMMUNE.c.incident)
    return list(connection.scalars(of.where(_IS_OPEN, *cuts).distinct().order_by(INCIDENT_COMMUNE.c.commune)))
