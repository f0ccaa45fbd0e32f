"""An answer to a message is a deed of the incident: whoever takes an alert on acknowledges what it is about."""

import logging
import math

from sqlalchemy import Connection, select

from sansang_alerts import alert_rows
from sansang_alerts.alert_rows import Kept
from sansang_alerts.fault import Source
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings

from .diagnosis.incident import Phase
from .incidents import deeds, situation_rows
from .incidents.deed_words import IncidentError
from .incidents.deeds import By
from .incidents.tables import INCIDENT, SITUATION

_LOG = logging.getLogger(__name__)


def take_on(connection: Connection, alert: Kept, settings: AlertSettings, at: float) -> None:
    """Acknowledge the incident of an alert, or all of its situation; whoever was faster stays named."""
    who = alert.standing.acknowledged_by
    person = person_of(settings.people, who)
    by = By(person.name if person else who, at)
    for number in _incidents_of(connection, alert):
        try:
            deeds.acknowledge(connection, number, by)
        except IncidentError as error:
            _LOG.info("incident %d stays as it is: %s", number, error)


def taken_elsewhere(connection: Connection) -> list[Kept]:
    """Alerts that somebody took on by another program (``sansang-alerts ack``), and whose incidents do not say so."""
    known = alert_rows.since(connection, (Source.INCIDENT, Source.SITUATION), math.inf)
    taken = [one for one in known if one.standing.acknowledged_at is not None]
    return [one for one in taken if _are_open(connection, _incidents_of(connection, one))]


def _are_open(connection: Connection, incidents: tuple[int, ...]) -> bool:
    """Whether one of them waits for somebody."""
    waits = (INCIDENT.c.acknowledged_at.is_(None), INCIDENT.c.phase.in_([Phase.OPEN, Phase.CLOSING]))
    return connection.scalar(select(INCIDENT.c.id).where(INCIDENT.c.id.in_(incidents), *waits).limit(1)) is not None


def _incidents_of(connection: Connection, alert: Kept) -> tuple[int, ...]:
    fault = alert.standing.fault
    if fault.source is Source.INCIDENT:
        return (int(fault.key),)
    if fault.source is not Source.SITUATION:
        return ()
    found = situation_rows.read(connection, SITUATION.c.id == int(fault.key))
    return tuple(number for one in found for number in one.incidents)
