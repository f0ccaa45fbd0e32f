"""What pages say of incidents in one line, and which lines stand on which commune's tile. Words are explain.py's.

An incident that was merged into another one is told with that one; a situation's are told together.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fastapi import Request
from sqlalchemy import Connection

from sansang_agent.contract.severity import Severity
from sansang_collector.access import Principal
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.incidents import headline, listing, situation_listing
from sansang_collector.incidents.case import case_of
from sansang_collector.incidents.incident_view import SituationView
from sansang_collector.incidents.listing import Listed, Question, Seeing, Standing
from sansang_collector.incidents.speech import Speech
from sansang_collector.incidents.telling_words import last_batteries
from sansang_collector.rights import Communes

from . import incident_doing, shell

MOST = 1000
"""Incidents under way on one page; a province has a dozen on a bad day."""
RECENT_S = 86400.0
"""For so long an incident that is over is shown with those that are not."""
_SHAPES = {Severity.CRITICAL: "failed", Severity.WARNING: "degraded", Severity.INFO: "unknown"}


class Line(NamedTuple):
    """One incident in a list."""

    listed: Listed
    incident: Incident
    """As whoever looks is shown it."""
    title: str
    """What broke and since when."""
    effect: str
    """How many it hits."""
    shape: str
    """Symbol and colour."""
    communes: tuple[tuple[str, str], ...]
    """Those that may be seen: codes and names."""

    @property
    def number(self) -> int:
        """The incident's."""
        return self.incident.id

    @property
    def is_told(self) -> bool:
        """Whether it is more than a suspicion."""
        return self.incident.phase in (Phase.OPEN, Phase.CLOSING)


def lines(
    request: Request, connection: Connection, who: Principal, question: Question, limit: int = MOST
) -> tuple[int, list[Line]]:
    """How many fit, and a piece of them in words; those merged into others are left out."""
    seeing = incident_doing.seeing(request, who)
    total, found = listing.page(connection, question, seeing.communes, limit)
    alone = [one for one in found if one.kept.merged_into is None]
    return total, of(request, connection, alone, seeing)


def of(request: Request, connection: Connection, found: Sequence[Listed], seeing: Seeing) -> list[Line]:
    """These in words."""
    speech = Speech(shell.phrases(request), shell.collector_of(request).now())
    shown = listing.for_eyes(connection, found, seeing)
    return [_line(one, incident, seeing, speech) for one, incident in zip(found, shown, strict=True)]


def under_way(request: Request, connection: Connection, who: Principal, commune: str | None = None) -> list[Line]:
    """Those that are not over, of all communes that ``who`` sees or of one, critical first."""
    return lines(request, connection, who, Question(Standing.NOW, commune))[1]


class Group(NamedTuple):
    """A situation with its incidents."""

    situation: SituationView
    lines: list[Line]
    evidence: tuple[str, ...]
    """What batteries last said."""


def groups(request: Request, connection: Connection, who: Principal, found: Iterable[Line]) -> list[Group]:
    """The situations that these incidents belong to."""
    by_number = {line.number: line for line in found}
    seeing = incident_doing.seeing(request, who)
    speech = Speech(shell.phrases(request), shell.collector_of(request).now())
    known = situation_listing.listed(connection, seeing, speech.now)
    made = [
        Group(one, [by_number[at] for at in one.incidents if at in by_number], last_batteries(one.batteries, speech))
        for one in known
    ]
    return [group for group in made if group.lines]


def alone(found: Iterable[Line], together: Iterable[Group]) -> list[Line]:
    """Those that are in none of these situations."""
    grouped = {line.number for group in together for line in group.lines}
    return [line for line in found if line.number not in grouped]


def by_commune(found: Iterable[Line], of_: Communes) -> dict[str, list[Line]]:
    """The lines that stand on each commune's tile: what people were told of, the most urgent first."""
    tiles: dict[str, list[Line]] = {}
    for line in found:
        for code in line.listed.communes if line.is_told else ():
            if of_.has(code):
                tiles.setdefault(code, []).append(line)
    return tiles


def _line(one: Listed, incident: Incident, seeing: Seeing, speech: Speech) -> Line:
    case = case_of(incident, seeing.naming)
    partial = listing.is_partial(one, seeing.communes)
    over = incident.phase in (Phase.RESOLVED, Phase.DROPPED)
    away = incident.verdict.expected_off
    shape = "ok" if over else "away" if away else "unknown" if incident.phase is Phase.SUSPECT else None
    codes = [code for code in one.communes if seeing.communes.has(code)]
    return Line(
        listed=one,
        incident=incident,
        title=speech.sentence(headline.broken(case, speech)),
        effect="" if partial else headline.effect(case, speech),
        shape=shape or _SHAPES[incident.severity],
        communes=tuple((code, speech.commune(code)) for code in codes),
    )
