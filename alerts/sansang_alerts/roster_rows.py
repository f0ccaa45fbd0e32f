"""Reads what people have arranged beside the settings: paired chats, and who takes whose place on call."""

from sqlalchemy import Connection, select

from .roster import Roster, roster_of
from .rota import Override
from .settings import AlertSettings
from .tables import OVERRIDE, PAIRING


def roster_at(connection: Connection, settings: AlertSettings, now: float) -> Roster:
    """Who may be told now."""
    chats = connection.execute(select(PAIRING.c.channel, PAIRING.c.person, PAIRING.c.chat)).all()
    return roster_of(settings, {(row.channel, row.person): row.chat for row in chats}, _overrides(connection, now))


def _overrides(connection: Connection, now: float) -> list[Override]:
    at = (OVERRIDE.c.cancelled_at.is_(None), OVERRIDE.c.begins <= now, OVERRIDE.c.ends > now)
    rows = connection.execute(select(OVERRIDE).where(*at).order_by(OVERRIDE.c.id)).all()
    return [Override(row.team, row.person, row.begins, row.ends, row.id) for row in rows]
