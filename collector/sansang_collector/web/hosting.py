"""Decides about machines that wait, and makes and withdraws join codes, for the pages and the API alike."""

from collections.abc import Collection

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.joining import JoinCode
from sansang_collector import join_codes, join_places, waiting
from sansang_collector.access import Principal, acting
from sansang_collector.fleet_changes import RefusedError
from sansang_collector.join_codes import Wanted
from sansang_collector.rights import Communes, Right

from . import deeds, shell


def allowed(who: Principal) -> Communes:
    """For which communes somebody may enrol."""
    return who.communes(Right.ENROL)


def offered(request: Request) -> Communes:
    """For which communes the page about to be shown may offer it."""
    return acting(request).communes(Right.ENROL)


async def approve(request: Request, who: Principal, ids: Collection[int], place: tuple[str, str]) -> tuple[int, ...]:
    """Let machines into a commune; their numbers. Raises HTTPException (422)."""
    check(request, who, place[0], Role.COUNTER)
    return await deeds.do(request, who, lambda it, by, now: waiting.approve(it, ids, place, by, now))


async def refuse(request: Request, who: Principal, ids: Collection[int]) -> None:
    """Send machines away; raises HTTPException (422)."""
    await deeds.do(request, who, lambda it, by, now: waiting.refuse(it, ids, by, now))


async def make_code(request: Request, who: Principal, wanted: Wanted) -> JoinCode:
    """A join code that holds; raises HTTPException (422)."""
    check(request, who, wanted.commune, wanted.role)
    code, key = await run_in_threadpool(_draft, request)
    await deeds.do(request, who, lambda it, by, now: join_codes.keep(it, (code.id, key), wanted, by, now))
    return code


async def revoke_code(request: Request, who: Principal, number: str) -> None:
    """Withdraw a code; raises HTTPException (422) where it does not hold."""
    mine = allowed(who)
    with shell.collector_of(request).store.read() as connection:
        commune = join_codes.commune_of(connection, number)
    if commune is not None and not mine.has(commune):
        raise HTTPException(403, str(join_places.NotTheirsError(commune)))
    await deeds.do(request, who, lambda it, by, now: join_codes.revoke(it, number, by, now))


def check(request: Request, who: Principal, commune: str, role: Role) -> None:
    """Whether they may let a machine of this role in there; raises HTTPException (403, 422)."""
    try:
        join_places.check(commune, role, shell.inventory_of(request), allowed(who))
    except join_places.NotTheirsError as error:
        raise HTTPException(403, str(error)) from None
    except RefusedError as error:
        raise HTTPException(422, str(error)) from None


def _draft(request: Request) -> tuple[JoinCode, bytes]:
    try:
        with shell.collector_of(request).store.read() as connection:
            code = join_codes.draft(connection)
    except join_codes.TakenError as error:
        raise HTTPException(503, str(error)) from None
    return code, code.key()
