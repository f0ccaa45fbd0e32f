"""Who was told of an incident, through what and when, and who is on call: what alerts keep, as pages and API show it.

Addresses are left out: who may read an incident need not know anybody's telephone number. Times are Unix seconds.
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from sansang_alerts import oncall_view, roster_rows
from sansang_alerts.fault import Source
from sansang_alerts.notice import Kind, State
from sansang_alerts.oncall_view import OnCall, Turn
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import ALERT, NOTIFICATION
from sansang_alerts.vietnam import DAY_S

from .incidents.tables import INCIDENT

WEEK_S = 7 * DAY_S


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person through one channel."""

    id: int
    kind: Kind
    source: Source
    """``situation`` where it told of the situation that the incident belongs to."""
    team: str
    person: str
    """By id."""
    name: str
    """As the settings have it now; the id where they no longer do."""
    channel: str
    state: State
    made_at: float
    sent_at: float | None
    delivered_at: float | None
    """By the gateway's own report, where it makes any."""
    attempts: int
    said: str
    """What the other side answered last, or why it was not sent."""


class TeamOnCall(msgspec.Struct, frozen=True, kw_only=True):
    """One team now and in the coming seven days."""

    now: OnCall
    week: tuple[Turn, ...]


def notifications(connection: Connection, incident: int, settings: AlertSettings | None) -> list[NotificationView]:
    """All that were made for it or for its situation, the first one first."""
    whole = NOTIFICATION.alias("whole")
    sent = (whole.c.state.label("whole_state"), whole.c.sent_at.label("whole_sent_at"), whole.c.attempts.label("tried"))
    joined = NOTIFICATION.join(ALERT, ALERT.c.id == NOTIFICATION.c.alert).outerjoin(
        whole, whole.c.id == NOTIFICATION.c.bundle
    )
    query = select(NOTIFICATION, ALERT.c.source, *sent).select_from(joined).where(_about(connection, incident))
    return [_view(row, settings) for row in connection.execute(query.order_by(NOTIFICATION.c.id))]


def _about(connection: Connection, incident: int) -> ColumnElement[bool]:
    own = and_(ALERT.c.source == Source.INCIDENT.value, ALERT.c.key == str(incident))
    situation = connection.scalar(select(INCIDENT.c.situation).where(INCIDENT.c.id == incident))
    if situation is None:
        return own
    return or_(own, and_(ALERT.c.source == Source.SITUATION.value, ALERT.c.key == str(situation)))


def _view(row: Row[Any], settings: AlertSettings | None) -> NotificationView:
    """What became part of a bundle was sent when that was."""
    bundled = row.state == State.BUNDLED.value and row.whole_state is not None
    person = person_of(settings.people, row.person) if settings else None
    return NotificationView(
        id=row.id,
        kind=Kind(row.kind),
        source=Source(row.source),
        team=row.team,
        person=row.person,
        name=person.name if person else row.person,
        channel=row.channel,
        state=State(row.whole_state if bundled else row.state),
        made_at=row.made_at,
        sent_at=row.whole_sent_at if bundled else row.sent_at,
        delivered_at=row.delivered_at,
        attempts=row.tried if bundled else row.attempts,
        said=row.said,
    )


def on_call(connection: Connection, settings: AlertSettings, now: float) -> list[TeamOnCall]:
    """Every team of the settings, in their order."""
    arranged = roster_rows.arranged(connection, settings, now)
    return [
        TeamOnCall(
            now=oncall_view.on_call_now(settings, team, now, arranged),
            week=tuple(oncall_view.turns(settings, team, now, now + WEEK_S, arranged)),
        )
        for team in settings.teams
    ]
