"""Who is on call now and in the coming days, as the page, the API and the command line show it. Pure.

Struct fields are the API's; times are Unix seconds.
"""

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from . import rota
from .reach import Chats, person_of, survivors, ways
from .rota import Override, Why
from .settings import AlertSettings, Team
from .vietnam import days_of


class Arranged(NamedTuple):
    """What the ledger knows beside the settings."""

    overrides: Sequence[Override] = ()
    chats: Chats = MappingProxyType({})


class OnCallPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody by id and name, with the channels by which they can be told now."""

    id: str
    name: str
    channels: tuple[str, ...]


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """One team now."""

    team: str
    name: str
    people: tuple[OnCallPerson, ...]
    """In the order in which they are told; never empty."""
    until: float | None
    """When the first one hands over; None: not within four weeks."""
    then: OnCallPerson | None
    """Who is first after that."""
    why: Why
    """``shift``, ``override``, or ``fallback`` where no shift covers the moment."""
    fallback: OnCallPerson
    silent_without_wan: bool
    """Nobody of the team can be told while the WAN is cut."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the coming days."""

    begins: float
    ends: float
    people: tuple[OnCallPerson, ...]
    why: Why


def on_call_now(settings: AlertSettings, team: Team, at: float, arranged: Arranged) -> OnCall:
    """One team at ``at``."""
    days = days_of(settings.holidays)
    duty = rota.on_call(team, at, arranged.overrides, days)
    then = None if duty.until is None else rota.people_at(team, duty.until, arranged.overrides, days).people[0]
    return OnCall(
        team=team.id,
        name=team.name,
        people=tuple(_person(settings, one, arranged.chats) for one in duty.people),
        until=duty.until,
        then=None if then is None else _person(settings, then, arranged.chats),
        why=duty.why,
        fallback=_person(settings, team.fallback, arranged.chats),
        silent_without_wan=not survivors(settings, team),
    )


def turns(settings: AlertSettings, team: Team, first: float, last: float, arranged: Arranged) -> list[Turn]:
    """One team from ``first`` to ``last``, without a gap."""
    return [
        Turn(
            begins=one.begins,
            ends=one.ends,
            people=tuple(_person(settings, id_, arranged.chats) for id_ in one.people),
            why=one.why,
        )
        for one in rota.coming(team, first, last, arranged.overrides, days_of(settings.holidays))
    ]


def _person(settings: AlertSettings, id_: str, chats: Chats) -> OnCallPerson:
    """Somebody whom the settings have no longer keeps the id for a name, and no channel."""
    found = person_of(settings.people, id_)
    if found is None:
        return OnCallPerson(id=id_, name=id_, channels=())
    return OnCallPerson(id=id_, name=found.name, channels=tuple(one.channel for one in ways(settings, found, chats)))
