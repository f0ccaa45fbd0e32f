"""Incidents and situations put into a ledger by hand, as the lifecycle would keep them."""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from sansang_agent.contract.rung import PLACES, Component, Owner
from sansang_agent.contract.severity import Severity
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.verdict import Cause, Fact, Ground, Level, Verdict
from sansang_collector.incidents.rows import packed
from sansang_collector.incidents.situations import Battery, Kind, Situation
from sansang_collector.incidents.tables import INCIDENT, INCIDENT_COMMUNE, INCIDENT_EVENT, SITUATION


def add_incident(
    connection: Connection,
    communes: Sequence[str],
    at: float,
    part: str = "ring:vong-0",
    causes: Sequence[tuple[str, float]] = (),
    code: str = "",
    **more: Any,
) -> int:
    """An open incident since ``at`` (Unix seconds) that hits these communes; its number."""
    kind = Component(part.partition(":")[0])
    known: dict[str, Any] = {
        name: more.pop(name) for name in ("situation", "maintenance", "merged_into") if name in more
    }
    verdict = Verdict(
        part=part,
        level=more.pop("level", Level.DOWN),
        score=30.0,
        onset=at,
        causes=tuple(Cause(*one) for one in causes or ((part, 1.0),)),
        communes=tuple(communes),
        agents=tuple(more.pop("agents", ())),
        services=tuple(more.pop("services", ())),
        grounds=tuple(more.pop("grounds", (Ground(Fact.SILENT, 7, 7), Ground(Fact.ELSEWHERE_WELL, 58, 58)))),
        expected_off=more.pop("expected_off", False),
    )
    facts: dict[str, Any] = {
        "phase": Phase.OPEN, "verdict": verdict, "onset": at, "detected_at": at + 10, "opened_at": at + 15,
        "changed_at": at + 15, "owner": PLACES[kind].owner, "severity": Severity.CRITICAL, "hit": tuple(communes),
        "counters": 4 * len(communes),
    }  # fmt: skip
    if more.get("phase") is Phase.SUSPECT:
        facts["opened_at"] = None
    incident = Incident(**facts | more)
    number = _row(connection, incident, kind, code, known)
    happened = [(at + 10, Happening.SUSPECTED)]
    if incident.opened_at is not None:
        happened.append((incident.opened_at, Happening.OPENED))
    if incident.resolved_at is not None:
        happened.append((incident.resolved_at, Happening.RESOLVED))
    for when, what in happened:
        row = {"incident": number, "at": when, "happened": what.value, "who": "", "detail": ""}
        connection.execute(INCIDENT_EVENT.insert().values(row))
    return number


def add_situation(connection: Connection, at: float, code: str = "P3V8QK", communes: Sequence[str] = ()) -> int:
    """A power cut over an area since ``at``, known four minutes later; machines of the first commune ran on battery."""
    body = Situation(
        kind=Kind.POWER_AREA, area="power_area:huyen-loc-binh", incidents=(), communes=(), began=at, opened_at=at + 240,
        told_at=at + 240, batteries=(Battery(communes[0], 62.0),) if communes else (),
    )  # fmt: skip
    row = {
        "code": code, "kind": body.kind.value, "opened_at": body.opened_at, "told_at": body.told_at,
        "body": msgspec.json.encode(body),
    }  # fmt: skip
    return int(connection.execute(SITUATION.insert().values(row).returning(SITUATION.c.id)).scalar_one())


def _row(connection: Connection, incident: Incident, kind: Component, code: str, known: dict[str, Any]) -> int:
    row: dict[str, Any] = {
        "code": code or secrets.token_hex(3).upper(),
        "part": incident.verdict.part, "kind": kind.value, "level": incident.verdict.level.value,
        "phase": incident.phase.value, "owner": Owner(incident.owner).value, "severity": incident.severity.value,
        "onset": incident.onset, "opened_at": incident.opened_at, "resolved_at": incident.resolved_at,
        "changed_at": incident.changed_at, "body": packed(incident),
    }  # fmt: skip
    number = int(connection.execute(INCIDENT.insert().values(row | known).returning(INCIDENT.c.id)).scalar_one())
    rows = [{"incident": number, "commune": commune} for commune in incident.hit]
    if rows:
        connection.execute(INCIDENT_COMMUNE.insert(), rows)
    return number
