"""Which incidents there are, as rows: those that fit a question, one of them, its story, situations.

Whoever may see only some communes finds the incidents that hit one of these, and of each what is of theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from sansang_agent.contract.rung import Component, Owner
from sansang_collector import agents
from sansang_collector.commune import Places
from sansang_collector.communes_sql import among
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Severity
from sansang_collector.diagnosis.verdict import Cause
from sansang_collector.rights import ALL, Communes
from sansang_collector.topology import Part

from .incident_view import CauseView, EventView, HitView, IncidentView, SituationView
from .tables import INCIDENT, INCIDENT_COMMUNE, INCIDENT_EVENT, SITUATION

NamePart = Mapping[str, Part]
"""Parts by their ids, as far as the inventory in force has them."""


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


class Kept(NamedTuple):
    """An incident as the ledger has it."""

    row: Row[Any]
    incident: Incident
    communes: tuple[str, ...]
    """All that it hits."""


class Seeing(NamedTuple):
    """Who looks, and what things are called."""

    communes: Communes
    places: Places
    parts: NamePart = {}


def page(
    connection: Connection, question: Question, of: Communes, limit: int, offset: int = 0
) -> tuple[int, list[Kept]]:
    """How many fit, and a piece of them: critical first, then the newest first."""
    fits = [*_fitting(question), _seen(of)]
    total = connection.scalar(select(func.count()).select_from(INCIDENT).where(*fits)) or 0
    query = select(INCIDENT).where(*fits).order_by(_URGENCY, INCIDENT.c.onset.desc(), INCIDENT.c.id.desc())
    return int(total), kept(connection, connection.execute(query.limit(limit).offset(offset)).all())


def find(connection: Connection, number: int) -> Kept | None:
    """The incident of this number."""
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == number)).one_or_none()
    return kept(connection, [row])[0] if row else None


def communes_of(connection: Connection, number: int) -> frozenset[str]:
    """The communes that an incident hits; none where there is no such incident."""
    return frozenset(connection.scalars(_COMMUNES.where(INCIDENT_COMMUNE.c.incident == number)))


def kept(connection: Connection, rows: Sequence[Row[Any]]) -> list[Kept]:
    """Rows with what belongs to them."""
    places: dict[int, list[str]] = {row.id: [] for row in rows}
    query = select(INCIDENT_COMMUNE).where(INCIDENT_COMMUNE.c.incident.in_(list(places)))
    for hit in connection.execute(query.order_by(INCIDENT_COMMUNE.c.commune)):
        places[hit.incident].append(hit.commune)
    return [Kept(row, msgspec.json.decode(row.body, type=Incident), tuple(places[row.id])) for row in rows]


def story(connection: Connection, number: int, mine: str = "", partial: bool = False) -> list[EventView]:
    """What happened, in order. Of a ``partial`` one details are kept back but for what ``mine`` wrote: they may speak
    of communes that are not shown.
    """
    rows = connection.execute(
        select(INCIDENT_EVENT).where(INCIDENT_EVENT.c.incident == number).order_by(INCIDENT_EVENT.c.id)
    )
    return [
        EventView(
            id=row.id,
            at=row.at,
            happened=Happening(row.happened),
            who=row.who,
            detail=row.detail if not partial or (mine and row.who == mine) else "",
        )
        for row in rows
    ]


def views(connection: Connection, found: Sequence[Kept], seeing: Seeing) -> list[IncidentView]:
    """What somebody is shown of incidents that they may see."""
    machines = {number for one in found for number in one.incident.verdict.agents}
    homes = agents.communes_of(connection, sorted(machines)) if machines else {}
    return [_view(one, seeing, homes) for one in found]


def situations(connection: Connection, seeing: Seeing, since: float) -> list[SituationView]:
    """Situations that were not over before ``since``, the newest first, with what may be seen of each."""
    still = SITUATION.c.resolved_at.is_(None) | (SITUATION.c.resolved_at >= since)
    rows = connection.execute(select(SITUATION).where(still).order_by(SITUATION.c.id.desc())).all()
    members: dict[int, set[int]] = {row.id: set() for row in rows}
    hit: dict[int, set[str]] = {row.id: set() for row in rows}
    query = (
        select(INCIDENT.c.situation, INCIDENT.c.id, INCIDENT_COMMUNE.c.commune)
        .join(INCIDENT_COMMUNE, INCIDENT_COMMUNE.c.incident == INCIDENT.c.id)
        .where(INCIDENT.c.situation.in_(list(members)), among(INCIDENT_COMMUNE.c.commune, seeing.communes))
    )
    for situation, incident, commune in connection.execute(query):
        members[situation].add(incident)
        hit[situation].add(commune)
    return [_situation(row, members[row.id], hit[row.id], seeing) for row in rows if members[row.id]]


def _situation(row: Row[Any], members: Iterable[int], hit: Iterable[str], seeing: Seeing) -> SituationView:
    return SituationView(
        id=row.id,
        code=row.code,
        kind=row.kind,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        incidents=tuple(sorted(members)),
        communes=_hits(hit, seeing),
    )


def counts(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many incidents are open, by kind, owner and severity; those merged into another are not counted."""
    is_open = INCIDENT.c.phase.in_((Phase.OPEN, Phase.CLOSING)) & INCIDENT.c.merged_into.is_(None)
    query = select(INCIDENT.c.kind, INCIDENT.c.owner, INCIDENT.c.severity, func.count()).where(is_open)
    rows = connection.execute(query.group_by(INCIDENT.c.kind, INCIDENT.c.owner, INCIDENT.c.severity))
    return {(kind, owner, severity): number for kind, owner, severity, number in rows}


def is_partial(one: Kept, of: Communes) -> bool:
    """Whether it hits communes that are not among these."""
    return not all(of.has(code) for code in one.communes) or (not one.communes and not of.everywhere)


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


def _seen(of: Communes) -> ColumnElement[bool]:
    if of.everywhere:
        return INCIDENT.c.id > 0
    return INCIDENT.c.id.in_(_hitting(among(INCIDENT_COMMUNE.c.commune, of)))


def _hitting(commune: ColumnElement[bool]) -> Any:
    return select(INCIDENT_COMMUNE.c.incident).where(commune)


def _view(one: Kept, seeing: Seeing, homes: Mapping[int, str]) -> IncidentView:
    row, incident, verdict = one.row, one.incident, one.incident.verdict
    partial = is_partial(one, seeing.communes)
    is_own = _is_shown(verdict.part, seeing)
    return IncidentView(
        id=row.id,
        code=row.code,
        phase=Phase(row.phase),
        level=verdict.level,
        part=verdict.part if is_own else "",
        kind=Component(row.kind),
        name=_name(verdict.part, seeing) if is_own else "",
        owner=Owner(row.owner),
        severity=Severity(row.severity),
        onset=incident.revision.onset if incident.revision else row.onset,
        onset_within_s=verdict.onset_within_s,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        ended_at=incident.revision.ended_at if incident.revision else incident.ended_at,
        resolved_at=row.resolved_at,
        communes=_hits((code for code in one.communes if seeing.communes.has(code)), seeing),
        partial=partial,
        agents=tuple(number for number in verdict.agents if seeing.communes.has(homes.get(number, ""))),
        services=verdict.services,
        counters=None if partial else incident.counters,
        causes=tuple(_causes(incident, seeing)),
        grounds=() if partial else (incident.revision.grounds if incident.revision else ()) or verdict.grounds,
        loss=verdict.loss,
        expected_off=verdict.expected_off,
        unstable=incident.unstable,
        held_back=incident.held_back,
        is_revised=incident.revision is not None,
        situation=row.situation,
        maintenance=row.maintenance,
        merged_into=row.merged_into,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        assigned_to=row.assigned_to,
    )


def _causes(incident: Incident, seeing: Seeing) -> Iterable[CauseView]:
    class_ = (incident.revision.causes if incident.revision else ()) or incident.verdict.causes
    for cause in class_ or (Cause(incident.verdict.part, 1.0),):
        if _is_shown(cause.part, seeing):
            yield CauseView(cause.part, _name(cause.part, seeing), cause.probability)


def _is_shown(part: str, seeing: Seeing) -> bool:
    """Whether it is of no single commune, or of one that may be seen; of a part nobody knows, its id tells."""
    if seeing.communes == ALL:
        return True
    known = seeing.parts.get(part)
    kind, _, key = part.partition(":")
    if known is None:
        return kind not in _OF_A_COMMUNE or seeing.communes.has(key.partition("/")[0])
    return not known.commune or seeing.communes.has(known.commune)


def _name(part: str, seeing: Seeing) -> str:
    known = seeing.parts.get(part)
    return known.name or part.partition(":")[2] if known else part.partition(":")[2]


def _hits(codes: Iterable[str], seeing: Seeing) -> tuple[HitView, ...]:
    return tuple(HitView(code, seeing.places.name_of(code)) for code in sorted(codes))


_COMMUNES = select(INCIDENT_COMMUNE.c.commune)
_OF_A_COMMUNE = frozenset(
    {
        Component.SITE_POWER,
        Component.PC,
        Component.PC_APP,
        Component.LAN,
        Component.TERMINAL,
        Component.ACCESS_LINK,
    }
)
_URGENCY = case({Severity.CRITICAL.value: 0, Severity.WARNING.value: 1}, value=INCIDENT.c.severity, else_=2)
