"""Who is asked next, and when: the steps of a team until somebody acknowledges, reminders afterwards. Pure.

A step that reaches nobody is no step: the next one is taken in its place at once.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from .notice import Kind
from .roster import Roster
from .settings import Step, Team
from .standing import Standing, Told

MINUTE_S = 60.0
UNREACHED_S = 5 * MINUTE_S
"""So soon is asked again what nobody can have heard of: people pair, and channels are mended."""


class Notice(NamedTuple):
    """One message that is decided."""

    kind: Kind
    to: Told


class Decision(NamedTuple):
    """What an alert is from now on, and who is told of it, in this order."""

    standing: Standing
    notices: tuple[Notice, ...] = ()


def next_ask(standing: Standing, team: Team) -> float | None:
    """When the next step or reminder is due, of what people were told of and is under way; None: nobody was asked."""
    if standing.asked_at is None:
        return None
    last = max(standing.nagged_at or standing.asked_at, standing.acknowledged_at or 0.0)
    if standing.acknowledged_at is None and standing.steps < len(team.steps):
        return standing.asked_at + team.steps[standing.steps].after_minutes * MINUTE_S
    if standing.acknowledged_at is None and not _anybody(standing):
        return last + UNREACHED_S
    return last + team.remind_minutes * MINUTE_S


def ask(standing: Standing, roster: Roster, now: float) -> Decision:
    """Take every step that is due by now, and more until somebody is reached; or remind."""
    team = roster.team(standing.team, standing.fault)
    if standing.acknowledged_at is not None and standing.steps:
        return _again(standing, roster, Kind.REMINDER, _reminded(team, roster, now), now)
    if standing.steps >= len(team.steps) and not _anybody(standing):
        standing = replace(standing, steps=0, asked_at=now)
    if standing.steps >= len(team.steps):
        return _again(standing, roster, Kind.ESCALATED, _targets(team.steps[-1], standing, roster, now), now)
    notices: list[Notice] = []
    for step in team.steps[standing.steps :]:
        due = (standing.asked_at or now) + step.after_minutes * MINUTE_S
        if due > now and notices:
            break
        standing = replace(standing, steps=standing.steps + 1, nagged_at=now)
        targets = _targets(step, standing, roster, now)
        standing, more = _tell(standing, roster, _first_or_not(standing), targets, step.channels)
        notices += more
    return Decision(standing, _without_doubles(notices))


def tell_again(standing: Standing, kind: Kind, team: str = "", but: str = "") -> tuple[Notice, ...]:
    """Everybody who was told, through the same; of one team, or all but somebody."""
    told = (one for one in standing.told if (not team or one.team == team) and one.person != but)
    return _without_doubles(Notice(kind, one) for one in told)


def _first_or_not(standing: Standing) -> Kind:
    """The first of a team to be told are told that it opened, whichever step it is."""
    return Kind.ESCALATED if _anybody(standing) else Kind.OPENED


def _anybody(standing: Standing) -> bool:
    """Whether anybody was told for the present team."""
    return any(one.team == standing.team for one in standing.told)


def _reminded(team: Team, roster: Roster, now: float) -> tuple[str, ...]:
    """Who is on call, or whoever comes next and can be reached."""
    return tuple(one for one in (*roster.on_call(team, now), team.fallback) if roster.ways(one))[:1]


def _again(standing: Standing, roster: Roster, kind: Kind, people: Iterable[str], now: float) -> Decision:
    standing, notices = _tell(replace(standing, nagged_at=now), roster, kind, people)
    return Decision(standing, _without_doubles(notices))


def _tell(
    standing: Standing, roster: Roster, kind: Kind, people: Iterable[str], channels: tuple[str, ...] = ()
) -> tuple[Standing, list[Notice]]:
    found = [
        Told(person, way.channel, way.address, standing.team)
        for person in people
        for way in roster.ways(person, channels)
    ]
    told = tuple(dict.fromkeys((*standing.told, *found)))
    return replace(standing, told=told), [Notice(kind, one) for one in found]


def _targets(step: Step, standing: Standing, roster: Roster, now: float) -> tuple[str, ...]:
    """Whom a step is to; where it would tell them nothing new, the fallback, and where that knows too, they again."""
    team = roster.team(standing.team, standing.fault)
    wanted = tuple(_named(step, team, standing, roster, now))
    told = {(one.channel, one.address) for one in standing.told if one.team == standing.team}

    def is_news(person: str) -> bool:
        return any((way.channel, way.address) not in told for way in roster.ways(person, step.channels))

    if any(map(is_news, wanted)) or not is_news(team.fallback):
        return wanted
    return (team.fallback,)


def _named(step: Step, team: Team, standing: Standing, roster: Roster, now: float) -> Iterator[str]:
    duty = roster.on_call(team, now)
    told = {one.person for one in standing.told if one.team == standing.team}
    match step.to:
        case "on_call":
            yield duty[0]
        case "next":
            others = (one for one in duty if one not in told and roster.ways(one, step.channels))
            yield next(others, team.fallback)
        case "everyone":
            yield from duty
        case "fallback":
            yield team.fallback
        case other:
            yield roster.on_call(roster.team(other.removeprefix("team:"), standing.fault), now)[0]


def _without_doubles(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """One message per address, whoever shares it."""
    return tuple({(one.to.channel, one.to.address): one for one in reversed(list(notices))}.values())[::-1]
