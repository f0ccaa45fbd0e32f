"""Reads what people have arranged beside the settings: paired chats, and who takes whose place on call."""

from sqlalchemy import Connection

from . import overrides, pairing
from .oncall_view import Arranged
from .roster import Roster, roster_of
from .settings import AlertSettings
from .vietnam import DAY_S

AHEAD_S = 28 * DAY_S
"""So far ahead a hand-over is looked for."""


def roster_at(connection: Connection, settings: AlertSettings, now: float) -> Roster:
    """Who may be told now."""
    return roster_of(settings, pairing.chats(connection), overrides.between(connection, settings, now, now))


def arranged(connection: Connection, settings: AlertSettings, at: float) -> Arranged:
    """What counts at ``at`` and in the four weeks after it, for who shows who is on call."""
    return Arranged(overrides.between(connection, settings, at, at + AHEAD_S), pairing.chats(connection))
