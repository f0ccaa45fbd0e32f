"""Writes what a look at the evidence changed: incidents, whom they hit, their story, and the changes pages follow.

All of one look goes into one transaction. What somebody else changed since it was read is left as it is, and the next
look sees it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, text

from sansang_collector import changes
from sansang_collector.changes import Change
from sansang_collector.diagnosis.incident import Happening, Incident, Phase, Step

from . import codes
from .rows import leave_only_who_is_hit, packed
from .tables import INCIDENT, INCIDENT_EVENT

_TELLING = frozenset({Happening.SUSPECTED, Happening.OPENED, Happening.UPDATED, Happening.REOPENED})
"""With these the story keeps the verdict."""
_PLANNED, _MERGED = "maintenance:", "incident:"


class Written(NamedTuple):
    """An incident as it is now, and the bytes its row holds."""

    incident: Incident
    body: bytes


def write(
    connection: Connection, steps: Sequence[Step], now: float, before: Mapping[int, bytes] | None = None
) -> list[Written]:
    """Let steps take effect; what was written, one for each incident.

    ``before``: by number what each row held when it was read (``Kept.body``); one that holds something else by now is
    left out. A step of an incident without a number makes a new one.
    """
    done = []
    for own in _by_incident(steps):
        incident = _put(connection, own[-1].incident, before or {}, now)
        if incident is None:
            continue
        _tell(connection, incident, own, now)
        done.append(Written(incident, packed(incident)))
    return done


def rewrite(connection: Connection, incidents: Sequence[Incident], before: Mapping[int, bytes]) -> list[Written]:
    """Bring the bodies of rows up to what is known by now, without a word in the story."""
    return [
        Written(one, packed(one))
        for one in incidents
        if connection.execute(_REWRITE, {"of": one.id, "was": before[one.id], "now": packed(one)}).rowcount
    ]


def _by_incident(steps: Sequence[Step]) -> list[list[Step]]:
    """Each incident's steps in their order; every one without a number is of its own."""
    known: dict[int, list[Step]] = {}
    found = []
    for step in steps:
        number = step.incident.id
        if number and number in known:
            known[number].append(step)
            continue
        found.append(own := [step])
        if number:
            known[number] = own
    return found


def _put(connection: Connection, incident: Incident, before: Mapping[int, bytes], now: float) -> Incident | None:
    """Insert or update the row; None where somebody else was faster."""
    row = _columns(incident, now)
    if not incident.id:
        code = codes.fresh(connection)
        number = connection.execute(
            INCIDENT.insert().values({**row, "code": code}).returning(INCIDENT.c.id)
        ).scalar_one()
        return msgspec.structs.replace(incident, id=number, code=code)
    update = INCIDENT.update().where(INCIDENT.c.id == incident.id)
    if incident.id in before:
        update = update.where(INCIDENT.c.body == before[incident.id])
    return incident if connection.execute(update.values(row)).rowcount else None


def _columns(incident: Incident, now: float) -> dict[str, object]:
    """What is searched, taken from the incident."""
    part = incident.verdict.part
    over = now if incident.phase is Phase.DROPPED else None
    row: dict[str, object] = {
        "part": part,
        "kind": part.partition(":")[0],
        "level": incident.verdict.level,
        "phase": incident.phase,
        "owner": incident.owner,
        "severity": incident.severity,
        "onset": incident.onset,
        "opened_at": incident.opened_at,
        "resolved_at": over if incident.resolved_at is None else incident.resolved_at,
        "changed_at": incident.changed_at or now,
        "body": packed(incident),
    }
    if incident.held_back.startswith(_PLANNED):
        row["maintenance"] = int(incident.held_back.removeprefix(_PLANNED))
    # What it was merged into may be over, or itself have come to nothing: then it stands alone again, in every list.
    merged = incident.held_back.startswith(_MERGED)
    row["merged_into"] = int(incident.held_back.removeprefix(_MERGED)) if merged else None
    return row


def _tell(connection: Connection, incident: Incident, steps: Sequence[Step], now: float) -> None:
    """The story and the changes, and whom it hits: of a young one what is known now, later only more."""
    communes = sorted({*incident.hit, *incident.verdict.communes})
    if communes:
        connection.execute(_HIT, [{"incident": incident.id, "commune": commune} for commune in communes])
    if not incident.matured or any(step.happened is Happening.MATURED for step in steps):
        communes += leave_only_who_is_hit(connection, incident)
    connection.execute(INCIDENT_EVENT.insert(), [_event(incident.id, step, now) for step in steps])
    noted = [Change(now, "incident", commune, None, incident=incident.id) for commune in communes or [""]]
    changes.note_all(connection, noted)


def _event(incident: int, step: Step, now: float) -> dict[str, object]:
    verdict = msgspec.json.encode(step.incident.verdict) if step.happened in _TELLING else None
    return {
        "incident": incident,
        "at": now,
        "happened": step.happened,
        "who": "",
        "detail": step.detail,
        "body": verdict,
    }


_HIT = text(
    "INSERT INTO incident_commune (incident, commune) VALUES (:incident, :commune)"
    " ON CONFLICT (incident, commune) DO NOTHING"
)
_REWRITE = (
    INCIDENT.update()
    .where(INCIDENT.c.id == bindparam("of"), INCIDENT.c.body == bindparam("was"))
    .values(body=bindparam("now"))
)
