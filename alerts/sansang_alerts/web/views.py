"""What the pages of the desk show, read from the ledger in one go. Templates only write it down."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_alerts import lists, oncall_view, oncall_words, overrides, roster_rows
from sansang_alerts.alert_rows import Kept
from sansang_alerts.oncall_view import Arranged, OnCall
from sansang_alerts.reach import person_of
from sansang_alerts.settings import AlertSettings
from sansang_alerts.texts.phrases import Phrases
from sansang_alerts.vietnam import DAY_S

from . import pairing_form

SHIFT_S = 12 * 3600.0
SLOW_S = 300.0
"""A message that waits for so long is worth a word."""


class Line(NamedTuple):
    """One alert."""

    code: str
    severity: str
    headline: str
    since: float
    told: str
    """Who was told, by name."""
    taker: str
    taken_at: float | None
    over_at: float | None
    page: str
    """Of the fault, as its source says; may be empty."""


class Team(NamedTuple):
    """One team now and in the coming days."""

    now: OnCall
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    turns: tuple[str, ...]


class View(NamedTuple):
    """Everything."""

    under_way: list[Line]
    ended: list[Line]
    unsent: list[str]
    teams: list[Team]
    arranged: list[tuple[int, str]]
    """Numbers and words of who stands in."""
    bots: list[str]


def view(
    connection: Connection,
    settings: AlertSettings,
    phrases: Phrases,
    ahead_s: float = DAY_S,
    shows: Callable[[Kept], bool] | None = None,
) -> View:
    """As it is now. ``shows``: which alerts its reader may see; whoever may not see all reads of no message either."""
    now = phrases.now
    since = now - SHIFT_S
    arranged = roster_rows.arranged(connection, settings, now)
    return View(
        under_way=[_line(one, settings, phrases) for one in filter(shows, lists.under_way(connection))],
        ended=[_line(one, settings, phrases) for one in filter(shows, lists.ended(connection, since))],
        unsent=[
            _unsent_line(one, settings, phrases)
            for one in (lists.unsent(connection, since, now - SLOW_S) if shows is None else ())
        ],
        teams=[_team(settings, team.id, arranged, phrases, ahead_s) for team in settings.teams],
        arranged=[
            (one.number, oncall_words.override_line(one, settings, phrases))
            for one in overrides.standing(connection, now)
        ],
        bots=pairing_form.bots(settings),
    )


def oncall(connection: Connection, settings: AlertSettings, now: float) -> list[OnCall]:
    """Every team now, for programs."""
    arranged = roster_rows.arranged(connection, settings, now)
    return [oncall_view.on_call_now(settings, team, now, arranged) for team in settings.teams]


def _team(settings: AlertSettings, id_: str, arranged: Arranged, phrases: Phrases, ahead_s: float) -> Team:
    team = next(one for one in settings.teams if one.id == id_)
    now = oncall_view.on_call_now(settings, team, phrases.now, arranged)
    turns = oncall_view.turns(settings, team, phrases.now, phrases.now + ahead_s, arranged)
    return Team(
        now,
        tuple(oncall_words.duty_lines(now, phrases)),
        tuple(oncall_words.warnings(now, phrases)),
        tuple(oncall_words.turn_line(turn, phrases) for turn in turns),
    )


def _line(alert: Kept, settings: AlertSettings, phrases: Phrases) -> Line:
    standing = alert.standing
    told = dict.fromkeys(_name(settings, one.person) for one in standing.told)
    return Line(
        alert.code,
        standing.fault.severity.value,
        phrases.said(standing.fault).headline,
        standing.fault.began_at,
        ", ".join(told),
        _name(settings, standing.acknowledged_by),
        standing.acknowledged_at,
        standing.over_at,
        standing.fault.page,
    )


def _unsent_line(one: lists.Unsent, settings: AlertSettings, phrases: Phrases) -> str:
    form = phrases.say("{time}: to {name} by {channel}: {said}")
    said = one.said or phrases.say("waits")
    return form.format(
        time=phrases.clock(one.made_at), name=_name(settings, one.person), channel=one.channel, said=said
    )


def _name(settings: AlertSettings, id_: str) -> str:
    found = person_of(settings.people, id_)
    return found.name if found else id_
