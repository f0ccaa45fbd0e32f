"""Which incidents there are, as rows: those that fit a question, one of them, its story.

Whoever may see only some communes finds the incidents that hit one of these, and of each what is of theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity
from sansang_collector import agents
from sansang_collector.commune import Places
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.verdict import Cause
from sansang_collector.rights import Communes

from . import rows
from .incident_view import CauseView, EventView, HitView, IncidentView
from .naming import Naming
from .restricting import restricted
from .tables import INCIDENT, INCIDENT_COMMUNE


class Standing(StrEnum):
    """Which incidents by their phase; ``now``: all that are under way."""

    NOW = "now"
    SUSPECT = "suspect"
    OPEN = "open"
    CLOSING = "closing"
    RESOLVED = "resolved"
    DROPPED = "dropped"
    ALL = "all"


class Question(NamedTuple):
    """Which incidents; what is None does not matter."""

    state: Standing = Standing.NOW
    commune: str | None = None
    owner: Owner | None = None
    severity: Severity | None = None
    since: float | None = None
    """Those that were not over before this moment."""


class Listed(NamedTuple):
    """An incident as the ledger has it."""

    kept: rows.Kept
    communes: tuple[str, ...]
    """All that it hits."""

    @property
    def incident(self) -> Incident:
        """What it is to the lifecycle."""
        return self.kept.incident


class Seeing(NamedTuple):
    """Who looks, and what things are called."""

    communes: Communes
    places: Places
    naming: Naming


def page(
    connection: Connection, question: Question, of: Communes, limit: int, offset: int = 0
) -> tuple[int, list[Listed]]:
    """How many fit, and a piece of them: critical first, then the newest first."""
    fits = [*_fitting(question), rows.concerns(of)]
    total = connection.scalar(select(func.count()).select_from(INCIDENT).where(*fits)) or 0
    query = select(INCIDENT).where(*fits).order_by(_URGENCY, INCIDENT.c.onset.desc(), INCIDENT.c.id.desc())
    return int(total), with_communes(connection, rows.read(connection, query.limit(limit).offset(offset)))


def find(connection: Connection, number: int) -> Listed | None:
    """The incident of this number."""
    found = rows.read(connection, select(INCIDENT).where(INCIDENT.c.id == number))
    return next(iter(with_communes(connection, found)), None)


def communes_of(connection: Connection, number: int) -> frozenset[str]:
    """The communes that an incident hits; none where there is no such incident."""
    return frozenset(rows.communes_of(connection, [number])[number])


def story(connection: Connection, number: int, of: Communes, mine: str = "") -> list[EventView]:
    """What happened, in order. Details may speak of whatever it, or what was merged with it or split from it, has hit:
    of one who does not see all of that (``of``) only what ``mine`` wrote is shown.
    """
    family = rows.family(connection, number)
    partial = any(_is_beyond(communes, of) for communes in rows.communes_of(connection, family).values())
    codes = rows.codes_of(connection, family, of)
    told = rows.story(connection, number)
    return [
        _event(one if not partial or (mine and one.who == mine) else one._replace(detail=""), codes) for one in told
    ]


def _event(one: rows.Event, codes: Mapping[int, str]) -> EventView:
    return EventView(
        id=one.id,
        at=one.at,
        happened=one.happened,
        who=one.who,
        detail=one.detail,
        other_code=codes.get(int(one.detail), "") if one.happened in rows.OF_ANOTHER and one.detail.isdigit() else "",
    )


def views(connection: Connection, found: Sequence[Listed], seeing: Seeing) -> list[IncidentView]:
    """What somebody is shown of incidents that they may see."""
    shown = for_eyes(connection, found, seeing)
    return [_view(one, incident, seeing) for one, incident in zip(found, shown, strict=True)]


def for_eyes(connection: Connection, found: Sequence[Listed], seeing: Seeing) -> list[Incident]:
    """The incidents as somebody is shown them: whole, or what is of theirs."""
    parts = [one for one in found if is_partial(one, seeing.communes)]
    machines = {number for one in parts for number in one.incident.verdict.agents}
    homes = agents.communes_of(connection, sorted(machines)) if machines else {}
    return [
        restricted(one.incident, seeing.communes, homes, seeing.naming) if one in parts else one.incident
        for one in found
    ]


def merged_into(connection: Connection, number: int, of: Communes) -> list[Listed]:
    """The incidents that are one with this one, as far as they may be seen."""
    fits = INCIDENT.c.merged_into == number, rows.concerns(of)
    return with_communes(connection, rows.read(connection, select(INCIDENT).where(*fits).order_by(INCIDENT.c.id)))


def by_code(connection: Connection, code: str, of: Communes) -> int | None:
    """The number of the incident of these six characters, however they are written, if it hits one of these."""
    found = rows.find_code(connection, code, of)
    return found.incident.id if found else None


def is_partial(one: Listed, of: Communes) -> bool:
    """Whether it hits communes that are not among these."""
    return _is_beyond(one.communes, of)


def _is_beyond(communes: Sequence[str], of: Communes) -> bool:
    return not all(of.has(code) for code in communes) or (not communes and not of.everywhere)


def _fitting(question: Question) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = []
    if question.state is Standing.NOW:
        fits.append(INCIDENT.c.phase.in_((Phase.SUSPECT, Phase.OPEN, Phase.CLOSING)))
    elif question.state is not Standing.ALL:
        fits.append(INCIDENT.c.phase == question.state.value)
    if question.commune is not None:
        fits.append(INCIDENT.c.id.in_(_hitting(INCIDENT_COMMUNE.c.commune == question.commune)))
    if question.owner is not None:
        fits.append(INCIDENT.c.owner == question.owner.value)
    if question.severity is not None:
        fits.append(INCIDENT.c.severity == question.severity.value)
    if question.since is not None:
        fits.append(INCIDENT.c.resolved_at.is_(None) | (INCIDENT.c.resolved_at >= question.since))
    return fits


def _hitting(commune: ColumnElement[bool]) -> Any:
    return select(INCIDENT_COMMUNE.c.incident).where(commune)


def with_communes(connection: Connection, found: Sequence[rows.Kept]) -> list[Listed]:
    """These with all communes that they hit."""
    hit = rows.communes_of(connection, [one.incident.id for one in found])
    return [Listed(one, tuple(hit[one.incident.id])) for one in found]


def _view(one: Listed, incident: Incident, seeing: Seeing) -> IncidentView:
    kept, verdict, revision = one.kept, incident.verdict, incident.revision
    partial = is_partial(one, seeing.communes)
    known = seeing.naming.part(verdict.part)
    return IncidentView(
        id=incident.id,
        code=incident.code,
        phase=incident.phase,
        level=verdict.level,
        part=verdict.part if known.commune or known.name or not partial else "",
        kind=known.kind,
        name=known.name,
        owner=incident.owner,
        severity=incident.severity,
        onset=revision.onset if revision else incident.onset,
        onset_within_s=verdict.onset_within_s,
        opened_at=incident.opened_at,
        changed_at=incident.changed_at,
        ended_at=revision.ended_at if revision else incident.ended_at,
        resolved_at=incident.resolved_at,
        communes=hits((code for code in one.communes if seeing.communes.has(code)), seeing),
        partial=partial,
        agents=verdict.agents,
        services=verdict.services,
        counters=None if partial else incident.counters,
        causes=tuple(_causes(incident, seeing)),
        grounds=(revision.grounds if revision else ()) or verdict.grounds,
        loss=verdict.loss,
        expected_off=verdict.expected_off,
        unstable=incident.unstable,
        held_back=incident.held_back,
        is_revised=revision is not None,
        situation=kept.situation,
        maintenance=kept.maintenance,
        merged_into=kept.merged_into,
        acknowledged_at=kept.acknowledged_at,
        acknowledged_by=kept.acknowledged_by,
        assigned_to=kept.assigned_to,
    )


def _causes(incident: Incident, seeing: Seeing) -> Iterable[CauseView]:
    class_ = (incident.revision.causes if incident.revision else ()) or incident.verdict.causes
    for cause in class_ or (Cause(incident.verdict.part, 1.0),):
        yield CauseView(cause.part, seeing.naming.part(cause.part).name, cause.probability)


def hits(codes: Iterable[str], seeing: Seeing) -> tuple[HitView, ...]:
    """These communes with their names, in order."""
    return tuple(HitView(code, seeing.places.name_of(code)) for code in sorted(codes))


_URGENCY = case({Severity.CRITICAL.value: 0, Severity.WARNING.value: 1}, value=INCIDENT.c.severity, else_=2)
