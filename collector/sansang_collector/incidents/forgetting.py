"""Lets go of incidents that are long over, with their stories; suspicions that came to nothing go much sooner.

An incident that others were merged into stays as long as they do.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from sansang_collector.diagnosis.incident import Phase

from .tables import INCIDENT, INCIDENT_COMMUNE, INCIDENT_EVENT, MAINTENANCE, MAINTENANCE_COMMUNE, SITUATION


def over(connection: Connection, before: float, dropped_before: float, limit: int) -> list[int]:
    """The oldest ``limit`` that ended before these moments, Unix seconds: for good, or that never were."""
    nothing = (INCIDENT.c.phase == Phase.DROPPED) & INCIDENT.c.opened_at.is_(None)
    old = (INCIDENT.c.resolved_at < before) | (nothing & (INCIDENT.c.resolved_at < dropped_before))
    merged = select(INCIDENT.c.merged_into).where(INCIDENT.c.merged_into.is_not(None))
    query = select(INCIDENT.c.id).where(old, INCIDENT.c.id.not_in(merged))
    return list(connection.scalars(query.order_by(INCIDENT.c.id).limit(limit)))


def forget(connection: Connection, incidents: Sequence[int]) -> None:
    """Delete them and all that is of them alone."""
    for of in (INCIDENT_EVENT.c.incident, INCIDENT_COMMUNE.c.incident, INCIDENT.c.id):
        connection.execute(delete(of.table).where(of.in_(incidents)))


def forget_plans(connection: Connection, before: float) -> None:
    """Delete situations and planned work that were over before this and of which no incident is left."""
    of_situation = select(INCIDENT.c.situation).where(INCIDENT.c.situation.is_not(None))
    connection.execute(delete(SITUATION).where(SITUATION.c.resolved_at < before, SITUATION.c.id.not_in(of_situation)))
    of_work = select(INCIDENT.c.maintenance).where(INCIDENT.c.maintenance.is_not(None))
    old = select(MAINTENANCE.c.id).where(MAINTENANCE.c.ends < before, MAINTENANCE.c.id.not_in(of_work))
    connection.execute(delete(MAINTENANCE_COMMUNE).where(MAINTENANCE_COMMUNE.c.maintenance.in_(old)))
    connection.execute(delete(MAINTENANCE).where(MAINTENANCE.c.id.in_(old)))
