"""An answer to a message is a deed of the incident: whoever takes an alert on acknowledges what it is about."""

import logging

from sqlalchemy import Connection

from sansang_alerts.alert_rows import Kept
from sansang_alerts.fault import Source
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings

from .incidents import deeds, situation_rows
from .incidents.deed_words import IncidentError
from .incidents.deeds import By
from .incidents.tables import SITUATION

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


def _incidents_of(connection: Connection, alert: Kept) -> tuple[int, ...]:
    fault = alert.standing.fault
    if fault.source is Source.INCIDENT:
        return (int(fault.key),)
    if fault.source is not Source.SITUATION:
        return ()
    found = situation_rows.read(connection, SITUATION.c.id == int(fault.key))
    return tuple(number for one in found for number in one.incidents)
