"""What the settings permit and somebody should know: times at which nobody is on call, teams that no channel reaches
while the WAN is cut. Pure.

Told in the form of rules, so that each warning has its line.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

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
            through = ", ".join(channel.id for channel in settings.channels if leaves_through(channel, "wan"))
            yield (
                f"teams[{number}]",
                (
                    f"nobody of the team '{team.id}' can be told while the WAN is cut: {through or 'no channel'} "
                    "leaves through it, or reaches nobody; an SMS gateway on site with 'via: []' would do"
                ),
            )
    if not settings.channels:
        yield "channels", "there are none: nobody is ever told"
    if not days and any(shift.holidays == "only" for team in settings.teams for shift in team.shifts):
        yield "holidays", "is empty, though a shift is for holidays only"
    yield from _twice(settings)
    yield from _clear(settings)


def _gaps(team: Team, key: str, days: frozenset[int]) -> Found:
    if not team.shifts:
        yield key, f"has no shifts: '{team.fallback}' (fallback) is always on call"
        return
    if found := gaps.weekly(team):
        yield f"{key}.shifts", f"nobody is on call {gaps.spelled(found)}; '{team.fallback}' (fallback) is told then"
    if found := gaps.on_holidays(team, days):
        told = f"on holidays nobody is on call {gaps.dated(found)}"
        yield f"{key}.shifts", f"{told}; '{team.fallback}' (fallback) is told then"


def _twice(settings: AlertSettings) -> Found:
    """Channels of one kind at once: whoever both reach gets everything twice."""
    steps = [step.channels for team in settings.teams for step in team.steps]
    for (_, first), (number, second) in combinations(enumerate(settings.channels), 2):
        together = any(not named or {first.id, second.id} <= set(named) for named in steps)
        if type(first) is type(second) and isinstance(first, EmailChannel | SmsChannel) and together:
            said = f"'{first.id}' and '{second.id}' reach the same addresses: messages come twice"
            yield f"channels[{number}]", f"{said} where a step names neither or both"


def _clear(settings: AlertSettings) -> Found:
    for number, channel in enumerate(settings.channels):
        if isinstance(channel, SmsChannel) and channel.url.startswith("http://"):
            yield f"channels[{number}].url", "is plain HTTP: whoever is on the way reads the messages and the secret"
