"""Does to the fleet what a page or the API was asked to do, and lets whoever looks next see it."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import HTTPException, Request
from sqlalchemy import Connection

from sansang_collector import access
from sansang_collector.access import NOT_YOURS, NotAllowedError, Principal
from sansang_collector.fleet_changes import ElsewhereError, RefusedError, UnknownAgentsError

from . import shell

T = TypeVar("T")

Deed = Callable[[Connection, str, float], T]
"""What is done, by whom for the audit, and when in Unix seconds."""


async def do(request: Request, who: Principal, deed: Deed[T], unknown: int = 422) -> T:
    """All of it or nothing.

    Raises HTTPException (422, or ``unknown`` for a machine there is none of), and NotAllowedError for one elsewhere.
    """
    collector = shell.collector_of(request)
    now = collector.now()
    try:
        done = await collector.store.write(lambda it: deed(it, access.named(it, who), now))
    except ElsewhereError:
        raise NotAllowedError(403, NOT_YOURS) from None
    except UnknownAgentsError as error:
        raise HTTPException(unknown, str(error)) from None
    except RefusedError as error:
        raise HTTPException(422, str(error)) from None
    collector.roster.forget_standing()
    return done
