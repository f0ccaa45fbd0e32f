"""What the settings permit and somebody should know: times at which nobody is on call, teams that no channel reaches
while the WAN is cut. Pure.

Told in the form of rules, so that each warning has its line.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from sansang_agent.contract.mistake import mark, wrong

from . import gaps, vietnam
from .people_rules import Found
from .reach import leaves_through, survivors
from .settings import AlertSettings, EmailChannel, SmsChannel, Team


def judge(kind: type, parts: Mapping[str, Any]) -> Found:
    """Every warning of settings without mistakes."""
    if kind is AlertSettings:
        yield from _whole(AlertSettings(**parts))


def _whole(settings: AlertSettings) -> Found:
    days = vietnam.days_of(settings.holidays)
    for number, team in enumerate(settings.teams):
        yield from _gaps(team, f"teams[{number}]", days)
        if settings.channels and not survivors(settings, team):
            through = tuple(channel.id for channel in settings.channels if leaves_through(channel, "wan"))
            form = mark(
                "nobody of the team '{team}' can be told while the WAN is cut: {channels} leaves through it, or reaches"
                " nobody; an SMS gateway on site with 'via: []' would do"
            )
            yield f"teams[{number}]", wrong(form, team=team.id, channels=through or wrong("no channel"))
    if not settings.channels:
        yield "channels", wrong("there are none: nobody is ever told")
    if not days and any(shift.holidays == "only" for team in settings.teams for shift in team.shifts):
        yield "holidays", wrong("is empty, though a shift is for holidays only")
    yield from _twice(settings)
    yield from _clear(settings)


def _gaps(team: Team, key: str, days: frozenset[int]) -> Found:
    if not team.shifts:
        yield key, wrong("has no shifts: '{person}' (fallback) is always on call", person=team.fallback)
        return
    if found := gaps.weekly(team):
        form = mark("nobody is on call {gaps}; '{person}' (fallback) is told then")
        yield f"{key}.shifts", wrong(form, gaps=gaps.spelled(found), person=team.fallback)
    if found := gaps.on_holidays(team, days):
        form = mark("on holidays nobody is on call {gaps}; '{person}' (fallback) is told then")
        yield f"{key}.shifts", wrong(form, gaps=gaps.dated(found), person=team.fallback)


def _twice(settings: AlertSettings) -> Found:
    """Channels of one kind at once: whoever both reach gets everything twice."""
    steps = [step.channels for team in settings.teams for step in team.steps]
    for (_, first), (number, second) in combinations(enumerate(settings.channels), 2):
        together = any(not named or {first.id, second.id} <= set(named) for named in steps)
        if type(first) is type(second) and isinstance(first, EmailChannel | SmsChannel) and together:
            form = mark(
                "'{first}' and '{second}' reach the same addresses: messages come twice where a step names neither or"
                " both"
            )
            yield f"channels[{number}]", wrong(form, first=first.id, second=second.id)


def _clear(settings: AlertSettings) -> Found:
    for number, channel in enumerate(settings.channels):
        if isinstance(channel, SmsChannel) and channel.url.startswith("http://"):
            clear = wrong("is plain HTTP: whoever is on the way reads the messages and the secret")
            yield f"channels[{number}].url", clear
