"""What people do with incidents: acknowledge, assign, note, resolve, merge and back, split.

Each is audited and in the story. Acknowledging, assigning and noting stand beside the incident; the others change what
the lifecycle goes on from, and it reads the row again.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from sansang_collector import agents, audit, changes
from sansang_collector.audit import Deed, What
from sansang_collector.changes import Change
from sansang_collector.diagnosis import apart
from sansang_collector.diagnosis.incident import Happening, Incident, Phase

from . import codes, listing, rows
from .deed_words import IncidentError, Refused
from .listing import Listed
from .rows import packed
from .tables import INCIDENT, INCIDENT_COMMUNE, INCIDENT_EVENT


class By(NamedTuple):
    """Who does it, for audit and story, and when in Unix seconds."""

    who: str
    at: float


def acknowledge(connection: Connection, number: int, by: By) -> Listed:
    """Somebody has seen it and is on it; the first one stays named. Raises :class:`IncidentError`."""
    found = _under_way(connection, number)
    if found.kept.acknowledged_at is not None:
        raise IncidentError(Refused.ACKNOWLEDGED, who=found.kept.acknowledged_by)
    _set(connection, found, acknowledged_at=by.at, acknowledged_by=by.who)
    return _told(connection, found, by, "acknowledge", Happening.ACKNOWLEDGED)


def assign(connection: Connection, number: int, to: str, by: By) -> Listed:
    """Somebody is to see to it; empty: nobody any more. Raises :class:`IncidentError`."""
    found = _under_way(connection, number)
    name = audit.one_line(to).strip()
    _set(connection, found, assigned_to=name or None)
    return _told(connection, found, by, "assign", Happening.ASSIGNED, name)


def note(connection: Connection, number: int, text: str, by: By) -> Listed:
    """A text for whoever reads the story; of one that is over too. Raises :class:`IncidentError`."""
    said = audit.one_line(text).strip()
    if not said:
        raise IncidentError(Refused.EMPTY)
    return _told(connection, _found(connection, number), by, "note", Happening.NOTED, said)


def resolve(connection: Connection, number: int, why: str, by: By) -> Listed:
    """It is over, by somebody's word; found again, it is reopened. Raises :class:`IncidentError`.

    ``ended_at`` stays unknown: nothing measured says when it ended.
    """
    found = _under_way(connection, number)
    said = audit.one_line(why).strip()
    if not said:
        raise IncidentError(Refused.EMPTY)
    over = msgspec.structs.replace(found.incident, phase=Phase.RESOLVED, resolved_at=by.at, changed_at=by.at)
    _keep(connection, found, over)
    return _told(connection, found, by, "resolve", Happening.RESOLVED_BY_HAND, said)


def merge(connection: Connection, number: int, into: int, by: By) -> Listed:
    """It is one with another: nobody is told of it any more, and the other one does not end before it.

    Raises :class:`IncidentError`.
    """
    if number == into:
        raise IncidentError(Refused.SAME)
    found, other = _under_way(connection, number), _under_way(connection, into)
    if found.kept.merged_into is not None or other.kept.merged_into is not None:
        raise IncidentError(Refused.MERGED)
    if other.incident.phase is Phase.SUSPECT:
        raise IncidentError(Refused.UNSURE)
    held = msgspec.structs.replace(found.incident, held_back=f"incident:{into}", changed_at=by.at)
    _keep(connection, found, held)
    _set(connection, found, merged_into=into)
    _hit(connection, into, set(found.communes) - set(other.communes))
    _event(connection, other, by, Happening.MERGED, str(number))
    _change(connection, other, by)
    return _told(connection, found, by, "merge", Happening.MERGED, str(into))


def unmerge(connection: Connection, number: int, by: By) -> Listed:
    """It is none with the other after all: told by itself again. Raises :class:`IncidentError`."""
    found = _under_way(connection, number)
    into = found.kept.merged_into
    if into is None:
        raise IncidentError(Refused.ALONE)
    _set(connection, found, merged_into=None)
    _keep(connection, found, msgspec.structs.replace(found.incident, held_back="", changed_at=by.at))
    other = _found(connection, into)
    rows.leave_only_who_is_hit(connection, other.incident)
    _event(connection, other, by, Happening.UNMERGED, str(number))
    _change(connection, other, by)
    return _told(connection, found, by, "unmerge", Happening.UNMERGED, str(into))


def split(connection: Connection, number: int, communes: Collection[str], by: By) -> Listed:
    """Some of its communes become an incident of their own and stay it; the new one. Raises :class:`IncidentError`."""
    found = _under_way(connection, number)
    leaving = set(communes)
    if not leaving:
        raise IncidentError(Refused.NOTHING)
    if not leaving <= set(found.communes):
        raise IncidentError(Refused.NOT_HIT, communes=", ".join(sorted(leaving - set(found.communes))))
    if leaving == set(found.communes):
        raise IncidentError(Refused.ALL)
    homes = agents.communes_of(connection, found.incident.verdict.agents)
    stays, fresh = apart.split(found.incident, leaving, lambda agent: homes.get(agent, ""))
    fresh = msgspec.structs.replace(fresh, code=codes.fresh(connection), changed_at=by.at)
    made = _add(connection, found, fresh, sorted(leaving))
    _keep(connection, found, msgspec.structs.replace(stays, changed_at=by.at))
    gone = INCIDENT_COMMUNE.c.incident == number
    connection.execute(INCIDENT_COMMUNE.delete().where(gone, INCIDENT_COMMUNE.c.commune.in_(sorted(leaving))))
    _told(connection, found, by, "split", Happening.SPLIT, str(made))
    born = _found(connection, made)
    _event(connection, born, by, Happening.SPLIT, str(number))
    _change(connection, born, by)
    return born


def _add(connection: Connection, of: Listed, fresh: Incident, communes: Iterable[str]) -> int:
    old = connection.execute(select(INCIDENT).where(INCIDENT.c.id == of.incident.id)).one()
    row: dict[str, Any] = {column.name: getattr(old, column.name) for column in INCIDENT.c if column.name != "id"}
    row |= {"code": fresh.code, "changed_at": fresh.changed_at, "body": packed(fresh)}
    number: int = connection.execute(INCIDENT.insert().values(row).returning(INCIDENT.c.id)).scalar_one()
    _hit(connection, number, communes)
    return number


def _hit(connection: Connection, number: int, communes: Iterable[str]) -> None:
    hit = [{"incident": number, "commune": code} for code in sorted(communes)]
    if hit:
        connection.execute(INCIDENT_COMMUNE.insert(), hit)


def _found(connection: Connection, number: int) -> Listed:
    found = listing.find(connection, number)
    if found is None:
        raise IncidentError(Refused.NONE, id=number)
    return found


def _under_way(connection: Connection, number: int) -> Listed:
    found = _found(connection, number)
    if found.incident.phase in (Phase.RESOLVED, Phase.DROPPED):
        raise IncidentError(Refused.OVER)
    return found


def _keep(connection: Connection, found: Listed, changed: Incident) -> None:
    """Write what the lifecycle goes on from: the body and the columns that say the same."""
    values = {
        "phase": changed.phase.value,
        "resolved_at": changed.resolved_at,
        "changed_at": changed.changed_at,
        "body": packed(changed),
    }
    _set(connection, found, **values)


def _set(connection: Connection, found: Listed, **values: Any) -> None:
    connection.execute(INCIDENT.update().where(INCIDENT.c.id == found.incident.id).values(values))


def _told(connection: Connection, found: Listed, by: By, what: What, happened: Happening, detail: str = "") -> Listed:
    """Audit, story and the change that pages hear of; the incident as it is now."""
    place = found.communes[0] if len(found.communes) == 1 else ""
    text = f"{found.incident.code} ({found.incident.id}): {detail}".removesuffix(": ")
    audit.note(connection, Deed(by.at, by.who, what, place, None, text))
    _event(connection, found, by, happened, detail)
    _change(connection, found, by)
    return _found(connection, found.incident.id)


def _event(connection: Connection, found: Listed, by: By, happened: Happening, detail: str) -> None:
    row = {"incident": found.incident.id, "at": by.at, "happened": happened.value, "who": by.who, "detail": detail}
    connection.execute(INCIDENT_EVENT.insert().values(row))


def _change(connection: Connection, found: Listed, by: By) -> None:
    """One change for each commune, so that whoever sees one of them hears of it."""
    kind = "incident"
    told = [Change(by.at, kind, code, None, incident=found.incident.id) for code in found.communes or ("",)]
    changes.note_all(connection, told)
