"""Refuses settings by which somebody is to be told whom no channel reaches, or none that a step names. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sansang_agent.contract.mistake import mark, wrong
from sansang_agent.contract.strict import INVALID

from .people_rules import Found
from .reach import could_reach, members, person_of
from .settings import AnyChannel, Person, Step, Team


def mistakes(parts: Mapping[str, Any]) -> Found:
    """Of settings whose people and channels are all well formed; teams that are not are left out."""
    people: tuple[Person, ...] = parts.get("people", ())
    channels: tuple[AnyChannel, ...] = parts.get("channels", ())
    teams = [(number, team) for number, team in enumerate(parts.get("teams", ())) if team is not INVALID]
    yield from _nowhere(people, channels, {*parts.get("digest_to", ()), *(one for _, t in teams for one in members(t))})
    for number, team in teams:
        for place, step in enumerate(team.steps):
            those = [channel for channel in channels if channel.id in step.channels]
            for id_ in sorted(_told_by(step, team, [team for _, team in teams])) if those else ():
                person = person_of(people, id_)
                if person is not None and not any(could_reach(channel, person) for channel in those):
                    said = wrong("nothing of this reaches '{person}', whom this step may tell", person=id_)
                    yield f"teams[{number}].steps[{place}].channels", said


def _nowhere(people: Iterable[Person], channels: tuple[AnyChannel, ...], needed: set[str]) -> Found:
    for number, person in enumerate(people):
        if person.id in needed and not any(could_reach(channel, person) for channel in channels):
            form = mark("no channel can reach '{person}': give an address that one of them needs")
            yield f"people[{number}]", wrong(form, person=person.id)


def _told_by(step: Step, team: Team, teams: Iterable[Team]) -> Iterator[str]:
    """Everybody whom a step may ever tell."""
    if step.to == "fallback":
        yield team.fallback
    elif step.to.startswith("team:"):
        yield from (one for other in teams if step.to == f"team:{other.id}" for one in members(other))
    else:
        yield from members(team)
