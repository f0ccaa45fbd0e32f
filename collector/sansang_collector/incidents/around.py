"""What the ledger has around an incident: its plan, its situation, the incident it belongs to, how many machines."""

from sqlalchemy import Connection, func, select

from sansang_agent.contract.assignment import Role
from sansang_collector.agents import AGENT
from sansang_collector.diagnosis.incident import Incident

from . import maintenance_rows, rows
from .case import Around, Plan, Wider
from .maintenance import Kind
from .tables import INCIDENT, SITUATION


def around(connection: Connection, kept: rows.Kept, incident: Incident) -> Around:
    """All of it; ``incident``: as it is shown, which may hide what holds it back."""
    kind, _, number = incident.held_back.partition(":")
    held_by = int(number) if number.isdigit() else None
    other = kept.merged_into or (held_by if kind == "incident" else None)
    return Around(
        plan=_plan(connection, kept.maintenance or (held_by if kind == "maintenance" else None)),
        situation=_situation(connection, kept.situation),
        other=rows.codes_of(connection, [other]).get(other, "") if other else "",
        acknowledged_by=kept.acknowledged_by or "",
        acknowledged_at=kept.acknowledged_at,
        assigned_to=kept.assigned_to or "",
        machines=_machines(connection, incident),
    )


def _plan(connection: Connection, number: int | None) -> Plan | None:
    found = maintenance_rows.find(connection, number) if number is not None else None
    if found is None:
        return None
    return Plan(found.title, found.begins, found.ends, found.kind is Kind.POWER_CUT, found.ended_at)


def _situation(connection: Connection, number: int | None) -> Wider | None:
    row = connection.execute(select(SITUATION).where(SITUATION.c.id == number)).one_or_none() if number else None
    if row is None:
        return None
    members = connection.scalar(select(func.count()).select_from(INCIDENT).where(INCIDENT.c.situation == number))
    return Wider(row.code, row.kind, int(members or 0))


def _machines(connection: Connection, incident: Incident) -> dict[str, int]:
    """Only of a single commune anybody asks how many there are."""
    communes = incident.verdict.communes or incident.hit
    if len(communes) != 1:
        return {}
    counted = connection.scalar(
        select(func.count())
        .select_from(AGENT)
        .where(AGENT.c.commune == communes[0], AGENT.c.role != Role.VANTAGE.value, AGENT.c.retired_at.is_(None))
    )
    return {communes[0]: int(counted)} if counted else {}
