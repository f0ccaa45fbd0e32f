"""Does to planned work what a page or the API was asked to do, and makes what they show of it.

Announcing, cancelling and ending need the right for every commune that the work is about.
"""

from collections.abc import Awaitable, Callable, Iterable

from fastapi import Request
from sqlalchemy import Connection

from sansang_collector import access
from sansang_collector.access import NOT_YOURS, NotAllowedError, Principal
from sansang_collector.incidents import maintenance_rows
from sansang_collector.incidents.maintenance import Maintenance, Plan
from sansang_collector.incidents.maintenance_rules import Ground, check, communes_of
from sansang_collector.incidents.maintenance_view import MaintenanceView, view_of
from sansang_collector.rights import Right

from . import shell

Change = Callable[[], Awaitable[Maintenance]]
Row = Callable[[Connection, int, str, float], Maintenance]


def ground(request: Request) -> Ground:
    """The inventory that plans are held against."""
    return Ground(shell.inventory_of(request))


async def add(request: Request, who: Principal, plan: Plan) -> Maintenance:
    """Write it down; raises PlanError, NotAllowedError."""
    collector = shell.collector_of(request)
    now = collector.now()
    # Communes that are not theirs are refused before anything is said of whether there are such.
    _must(who, plan.communes)
    held = ground(request)
    check(plan, held, now)
    _must(who, communes_of(plan, held))
    return await collector.store.write(
        lambda it: maintenance_rows.add(it, plan, held, access.named(it, who), now, maintenance_rows.PAGE)
    )


async def change(request: Request, who: Principal, number: int, deed: Row) -> Maintenance:
    """Cancel or end it; raises PlanError, NotAllowedError."""
    collector = shell.collector_of(request)
    now = collector.now()

    def write(connection: Connection) -> Maintenance:
        found = maintenance_rows.find(connection, number)
        if found is None and not who.may(Right.PLAN):
            raise NotAllowedError(403, NOT_YOURS)
        _must(who, found.communes if found else ())
        return deed(connection, number, access.named(connection, who), now)

    return await collector.store.write(write)


def views(request: Request, who: Principal, found: Iterable[Maintenance]) -> list[MaintenanceView]:
    """What ``who`` is shown of them."""
    collector = shell.collector_of(request)
    holidays = ground(request).holidays()
    seen = who.communes(Right.SEE_CENTRE)
    inventory = collector.inventory
    return [view_of(one, collector.now(), seen, (inventory.places, inventory.naming), holidays) for one in found]


def may_change(who: Principal, one: Maintenance) -> bool:
    """Whether ``who`` may cancel or end it."""
    theirs = who.communes(Right.PLAN)
    return theirs.everywhere or (bool(one.communes) and theirs.codes.issuperset(one.communes))


def _must(who: Principal, communes: Iterable[str]) -> None:
    theirs = who.communes(Right.PLAN)
    if not theirs.everywhere and not theirs.codes.issuperset(communes):
        raise NotAllowedError(403, NOT_YOURS)
