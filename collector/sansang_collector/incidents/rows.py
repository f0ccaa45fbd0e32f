"""Incidents as the ledger has them: those under way, one by number or code, lists for whom they concern, the story.

What is written of them is in ``recording``.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, or_, select, true

from sansang_collector.communes_sql import among
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.verdict import Verdict
from sansang_collector.rights import ALL, Communes

from . import codes
from .tables import INCIDENT, INCIDENT_COMMUNE, INCIDENT_EVENT


class Kept(NamedTuple):
    """An incident with what people did about it. Times are Unix seconds."""

    incident: Incident
    """With its number and code."""
    kind: str
    """Of its part: a Component."""
    situation: int | None
    maintenance: int | None
    merged_into: int | None
    acknowledged_at: float | None
    acknowledged_by: str | None
    assigned_to: str | None
    body: bytes
    """As it was read: who writes it back can see whether somebody else was faster."""


class Event(NamedTuple):
    """One row of an incident's story."""

    id: int
    at: float
    happened: Happening
    who: str
    """Empty where nobody did it."""
    detail: str
    verdict: Verdict | None
    """The verdict from then on, where it changed."""


OF_ANOTHER = frozenset({Happening.MERGED, Happening.UNMERGED, Happening.SPLIT})
"""Steps whose detail is another incident's number."""


class Wanted(NamedTuple):
    """Which incidents a list is to hold; nothing said: all of them."""

    commune: str | None = None
    phases: frozenset[Phase] | None = None
    part: str | None = None
    since: float | None = None
    """Those that ended after this, or have not."""
    until: float | None = None
    """Those that began before this."""
    beyond: int | None = None
    """Those before the incident of this number: where the page before ended."""


def under_way(connection: Connection) -> list[Kept]:
    """All that are not over, suspicions too, oldest first."""
    return _oldest_first(read(connection, _UNDER_WAY))


def under_way_or_since(connection: Connection, since: float) -> list[Kept]:
    """All that are not over, and those that were resolved at ``since`` (Unix seconds) or later, oldest first.

    Asked every few seconds, over years of incidents: each question by itself is answered by an index.
    """
    return _oldest_first([*read(connection, _UNDER_WAY), *read(connection, _RESOLVED_SINCE, {"since": since})])


def _oldest_first(kept: list[Kept]) -> list[Kept]:
    return sorted(kept, key=lambda one: one.incident.id)


def find(connection: Connection, incident: int, of: Communes = ALL) -> Kept | None:
    """The incident of this number, if it hits one of these communes."""
    return next(iter(read(connection, _ALL.where(INCIDENT.c.id == incident, concerns(of)))), None)


def find_code(connection: Connection, code: str, of: Communes = ALL) -> Kept | None:
    """The incident of this code, however it was written down, if it hits one of these communes."""
    return next(iter(read(connection, _ALL.where(INCIDENT.c.code == codes.plain(code), concerns(of)))), None)


def listed(connection: Connection, of: Communes, wanted: Wanted, limit: int) -> list[Kept]:
    """The newest ``limit`` of those that are wanted and hit one of these communes, newest first."""
    query = _ALL.where(concerns(of), *_conditions(wanted))
    return read(connection, query.order_by(INCIDENT.c.id.desc()).limit(limit))


def story(connection: Connection, incident: int) -> list[Event]:
    """What happened to an incident, in its order."""
    rows = connection.execute(
        select(INCIDENT_EVENT).where(INCIDENT_EVENT.c.incident == incident).order_by(INCIDENT_EVENT.c.id)
    )
    return [
        Event(row.id, row.at, Happening(row.happened), row.who, row.detail, _verdict(row.body) if row.body else None)
        for row in rows
    ]


def family(connection: Connection, incident: int) -> set[int]:
    """It, and all that people ever merged with it or split from it, and with these."""
    found, fresh = {incident}, {incident}
    of = INCIDENT_EVENT.c
    while fresh:
        named = connection.scalars(select(of.detail).where(of.incident.in_(fresh), of.happened.in_(OF_ANOTHER)))
        fresh = {int(number) for number in named if number.isdigit()} - found
        found |= fresh
    return found


def codes_of(connection: Connection, incidents: Collection[int], of: Communes = ALL) -> dict[int, str]:
    """By incident its six characters; without those that are no longer kept, or hit none of these communes."""
    if not incidents:
        return {}
    query = select(INCIDENT.c.id, INCIDENT.c.code).where(INCIDENT.c.id.in_(incidents), concerns(of))
    return {row.id: row.code for row in connection.execute(query)}


def communes_of(connection: Connection, incidents: Iterable[int]) -> dict[int, list[str]]:
    """By incident the codes of all communes it has hit."""
    found: dict[int, list[str]] = {incident: [] for incident in incidents}
    rows = connection.execute(
        select(INCIDENT_COMMUNE).where(INCIDENT_COMMUNE.c.incident.in_(found)).order_by(INCIDENT_COMMUNE.c.commune)
    )
    for row in rows:
        found[row.incident].append(row.commune)
    return found


def leave_only_who_is_hit(connection: Connection, one: Incident) -> list[str]:
    """Take from it the communes that neither it hits nor what people merged into it; their codes."""
    of, stay = INCIDENT_COMMUNE.c, sorted({*one.hit, *one.verdict.communes})
    of_others = (INCIDENT.c.merged_into == one.id, INCIDENT.c.phase != Phase.DROPPED)
    lent = select(of.commune).join(INCIDENT, INCIDENT.c.id == of.incident).where(*of_others)
    gone = of.incident == one.id, of.commune.not_in(stay), of.commune.not_in(lent)
    codes_gone = sorted(connection.scalars(select(of.commune).where(*gone)))
    if codes_gone:
        connection.execute(INCIDENT_COMMUNE.delete().where(of.incident == one.id, of.commune.in_(codes_gone)))
    return codes_gone


def concerns(of: Communes) -> ColumnElement[bool]:
    """A condition on INCIDENT: it has hit one of these communes. One without any is for who sees everywhere."""
    if of.everywhere:
        return true()
    return INCIDENT.c.id.in_(select(INCIDENT_COMMUNE.c.incident).where(among(INCIDENT_COMMUNE.c.commune, of)))


def packed(incident: Incident) -> bytes:
    """What goes into ``body``: number and code stand in columns of their own."""
    return _encode(msgspec.structs.replace(incident, id=0, code=""))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.commune is not None:
        found.append(concerns(Communes(frozenset({wanted.commune}))))
    if wanted.phases is not None:
        found.append(INCIDENT.c.phase.in_(sorted(wanted.phases)))
    if wanted.part is not None:
        found.append(INCIDENT.c.part == wanted.part)
    if wanted.since is not None:
        found.append(or_(INCIDENT.c.resolved_at.is_(None), INCIDENT.c.resolved_at > wanted.since))
    if wanted.until is not None:
        found.append(INCIDENT.c.onset < wanted.until)
    if wanted.beyond is not None:
        found.append(INCIDENT.c.id < wanted.beyond)
    return found


def read(
    connection: Connection, query: Select[tuple[Any, ...]], values: Mapping[str, object] | None = None
) -> list[Kept]:
    """The incidents that a query of INCIDENT's rows finds, in its order."""
    return [_kept(row) for row in connection.execute(query, values)]


def _kept(row: Row[tuple[Any, ...]]) -> Kept:
    body = bytes(row.body)
    incident = msgspec.structs.replace(_incident(body), id=row.id, code=row.code)
    done = row.acknowledged_at, row.acknowledged_by, row.assigned_to
    return Kept(incident, row.kind, row.situation, row.maintenance, row.merged_into, *done, body)


_ALL: Select[tuple[Any, ...]] = select(INCIDENT)
_UNDER_WAY = _ALL.where(INCIDENT.c.resolved_at.is_(None))
_RESOLVED_SINCE = _ALL.where(INCIDENT.c.resolved_at >= bindparam("since"), INCIDENT.c.phase == Phase.RESOLVED)
"""Both made once: a look every few seconds asks them, and their making costs as much as their answer."""
_encode = msgspec.json.Encoder().encode
_incident = msgspec.json.Decoder(Incident).decode
_verdict = msgspec.json.Decoder(Verdict).decode
