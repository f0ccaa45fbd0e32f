"""Planned work and power cuts as rows of the ledger: made, cancelled, ended early, listed. All is audited."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, func, select

from sansang_collector import audit
from sansang_collector.audit import Deed
from sansang_collector.communes_sql import among
from sansang_collector.rights import ALL, Communes

from .maintenance import Kind, Maintenance, Plan
from .maintenance_rules import Ground, check, communes_of
from .maintenance_words import PlanError, Refused
from .tables import MAINTENANCE, MAINTENANCE_COMMUNE

PAGE, COMMAND = "page", "command"
"""Where a plan came from, where it is no file."""


def add(connection: Connection, plan: Plan, ground: Ground, who: str, now: float, source: str = PAGE) -> Maintenance:
    """Write a plan down; raises :class:`PlanError`."""
    check(plan, ground, now)
    row: dict[str, Any] = {
        "kind": plan.kind.value,
        "title": audit.one_line(plan.title).strip(),
        "parts": msgspec.json.encode(plan.parts).decode(),
        "announced_at": now if plan.announced_at is None else plan.announced_at,
        "begins": plan.begins,
        "ends": plan.ends,
        "made_by": who,
        "made_at": now,
        "source": source,
    }
    number = connection.execute(MAINTENANCE.insert().values(row).returning(MAINTENANCE.c.id)).scalar_one()
    communes = communes_of(plan, ground)
    if communes:
        connection.execute(
            MAINTENANCE_COMMUNE.insert(), [{"maintenance": number, "commune": code} for code in communes]
        )
    made = find(connection, number)
    assert made is not None
    _note(connection, made, who, "maintenance", now)
    return made


def cancel(connection: Connection, number: int, who: str, now: float) -> Maintenance:
    """It does not take place after all; raises :class:`PlanError` once it has begun."""
    found = _standing(connection, number, now)
    if found.begins <= now:
        raise PlanError(Refused.BEGUN)
    return _set(connection, found, {"cancelled_at": now}, who, "maintenance_cancel", now)


def end(connection: Connection, number: int, who: str, now: float) -> Maintenance:
    """It is over earlier than announced; raises :class:`PlanError` before it has begun."""
    found = _standing(connection, number, now)
    if now < found.begins:
        raise PlanError(Refused.NOT_BEGUN)
    return _set(connection, found, {"ended_at": now}, who, "maintenance_end", now)


def find(connection: Connection, number: int) -> Maintenance | None:
    """The plan of this number."""
    row = connection.execute(select(MAINTENANCE).where(MAINTENANCE.c.id == number)).one_or_none()
    return _made(connection, [row])[0] if row else None


def same(connection: Connection, plan: Plan, ground: Ground) -> Maintenance | None:
    """A plan that says the same and was not cancelled, as when a file is taken in twice."""
    query = select(MAINTENANCE).where(
        MAINTENANCE.c.kind == plan.kind.value,
        MAINTENANCE.c.begins == plan.begins,
        MAINTENANCE.c.ends == plan.ends,
        MAINTENANCE.c.cancelled_at.is_(None),
    )
    found = _made(connection, connection.execute(query.order_by(MAINTENANCE.c.id)).all())
    wanted = communes_of(plan, ground)
    return next((one for one in found if one.parts == plan.parts and one.communes == wanted), None)


def standing(connection: Connection, since: float, of: Communes = ALL) -> list[Maintenance]:
    """Those that are not cancelled and not over at ``since``, the next one first."""
    until = func.coalesce(MAINTENANCE.c.ended_at, MAINTENANCE.c.ends)
    query = select(MAINTENANCE).where(MAINTENANCE.c.cancelled_at.is_(None), until > since, _of(of))
    return _made(connection, connection.execute(query.order_by(MAINTENANCE.c.begins, MAINTENANCE.c.id)).all())


def called_off(connection: Connection, now: float) -> list[Maintenance]:
    """Those that were cancelled, or are over, before the end that was announced, which is yet to come at ``now``."""
    early = MAINTENANCE.c.cancelled_at.is_not(None) | (MAINTENANCE.c.ended_at <= now)
    query = select(MAINTENANCE).where(MAINTENANCE.c.ends > now, early)
    return _made(connection, connection.execute(query.order_by(MAINTENANCE.c.id)).all())


def newest(connection: Connection, of: Communes, limit: int, offset: int = 0) -> tuple[int, list[Maintenance]]:
    """How many there are of these communes, and a piece of them, the latest to begin first."""
    total = connection.scalar(select(func.count()).select_from(MAINTENANCE).where(_of(of))) or 0
    query: Select[Any] = select(MAINTENANCE).where(_of(of)).order_by(MAINTENANCE.c.begins.desc(), MAINTENANCE.c.id)
    return int(total), _made(connection, connection.execute(query.limit(limit).offset(offset)).all())


def _of(communes: Communes) -> Any:
    theirs = select(MAINTENANCE_COMMUNE.c.maintenance).where(among(MAINTENANCE_COMMUNE.c.commune, communes))
    return MAINTENANCE.c.id.in_(theirs)


def _standing(connection: Connection, number: int, now: float) -> Maintenance:
    found = find(connection, number)
    if found is None:
        raise PlanError(Refused.NONE, id=number)
    if found.cancelled_at is not None or found.until <= now:
        raise PlanError(Refused.OVER)
    return found


def _set(
    connection: Connection, found: Maintenance, values: dict[str, Any], who: str, what: audit.What, now: float
) -> Maintenance:
    connection.execute(MAINTENANCE.update().where(MAINTENANCE.c.id == found.id).values(values))
    _note(connection, found, who, what, now)
    return msgspec.structs.replace(found, **values)


def _note(connection: Connection, one: Maintenance, who: str, what: audit.What, now: float) -> None:
    """One row of the audit: of its commune, or of none where it is about several."""
    detail = f"{one.id} {one.kind}: {one.title}"
    code = one.communes[0] if len(one.communes) == 1 else ""
    audit.note(connection, Deed(now, who, what, code, None, detail))


def _made(connection: Connection, rows: Iterable[Row[Any]]) -> list[Maintenance]:
    found = list(rows)
    places: dict[int, list[str]] = {row.id: [] for row in found}
    about = select(MAINTENANCE_COMMUNE).where(MAINTENANCE_COMMUNE.c.maintenance.in_(list(places)))
    for row in connection.execute(about.order_by(MAINTENANCE_COMMUNE.c.commune)):
        places[row.maintenance].append(row.commune)
    return [
        Maintenance(
            id=row.id,
            kind=Kind(row.kind),
            title=row.title,
            parts=tuple(msgspec.json.decode(row.parts, type=list[str])),
            communes=tuple(places[row.id]),
            announced_at=row.announced_at,
            begins=row.begins,
            ends=row.ends,
            ended_at=row.ended_at,
            cancelled_at=row.cancelled_at,
            made_by=row.made_by,
            made_at=row.made_at,
            source=row.source,
        )
        for row in found
    ]
