"""Reads what people have arranged beside the settings: paired chats, and who takes whose place on call."""

from sqlalchemy import Connection

from . import overrides, pairing
from .roster import Roster, roster_of
from .settings import AlertSettings


def roster_at(connection: Connection, settings: AlertSettings, now: float) -> Roster:
    """Who may be told now."""
    return roster_of(settings, pairing.chats(connection), overrides.between(connection, settings, now, now))
