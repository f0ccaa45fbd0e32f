"""Situations as the ledger keeps them, and which incidents each tells of.

Written in the transaction of the look that found them.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from sansang_collector import changes
from sansang_collector.changes import Change
from sansang_collector.diagnosis.incident import Happening

from . import codes
from .situations import Situation, SituationStep
from .tables import INCIDENT, SITUATION


def under_way(connection: Connection) -> list[Situation]:
    """Those that are not over, oldest first."""
    return read(connection, SITUATION.c.resolved_at.is_(None))


def read(connection: Connection, where: ColumnElement[bool]) -> list[Situation]:
    """Those whose rows fulfil it, oldest first."""
    rows = connection.execute(select(SITUATION).where(where).order_by(SITUATION.c.id))
    return [msgspec.structs.replace(_decode(bytes(row.body)), id=row.id, code=row.code) for row in rows]


def write(connection: Connection, steps: Sequence[SituationStep], now: float) -> dict[int, int]:
    """Let what a look found take effect; whoever follows one of its communes is told, of what is told at all.

    By incident: the number of the situation that tells of it from now on.
    """
    told: dict[int, int] = {}
    for situation, happened in steps:
        number = _put(connection, situation)
        members = INCIDENT.update().where(INCIDENT.c.id.in_(situation.incidents), INCIDENT.c.situation.is_(None))
        connection.execute(members.values(situation=number))
        if happened is not Happening.SEEN:
            incident = situation.incidents[0] if situation.incidents else None
            noted = [Change(now, "incident", commune, None, incident=incident) for commune in situation.communes]
            changes.note_all(connection, noted)
        if situation.resolved_at is None:
            told |= dict.fromkeys(situation.incidents, number)
    return told


def _put(connection: Connection, situation: Situation) -> int:
    row = {
        "kind": situation.kind,
        "opened_at": situation.opened_at,
        "told_at": situation.told_at,
        "resolved_at": situation.resolved_at,
        "body": msgspec.json.encode(msgspec.structs.replace(situation, id=0, code="")),
    }
    if situation.id:
        connection.execute(SITUATION.update().where(SITUATION.c.id == situation.id).values(row))
        return situation.id
    named = {**row, "code": codes.fresh(connection, SITUATION)}
    return int(connection.execute(SITUATION.insert().values(named).returning(SITUATION.c.id)).scalar_one())


_decode = msgspec.json.Decoder(Situation).decode
