"""Does to an incident what a page or the API was asked to do: rights, the deed in one transaction, and who hears of it.

What changes an incident for everybody needs the right in all its communes, what stands beside it in one.
"""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from sansang_collector import access, changes
from sansang_collector.access import NOT_YOURS, NotAllowedError, Principal
from sansang_collector.incidents import listing
from sansang_collector.incidents.deeds import By
from sansang_collector.incidents.listing import Listed, Seeing
from sansang_collector.rights import Right

from . import shell

Change = Callable[[Connection, By], Listed]


def seeing(request: Request, who: Principal) -> Seeing:
    """What ``who`` is shown, and how it is called."""
    collector = shell.collector_of(request)
    return Seeing(who.communes(Right.SEE_CENTRE), collector.inventory.places, collector.inventory.naming)


def must_see(connection: Connection, who: Principal, number: int) -> None:
    """Raise NotAllowedError unless ``who`` sees a commune that the incident hits."""
    _must(who, Right.SEE_CENTRE, listing.communes_of(connection, number), whole=False)


def may_handle(who: Principal, communes: Iterable[str], whole: bool) -> bool:
    """Whether ``who`` may handle an incident that hits these: for everybody (``whole``), or beside it."""
    return _may(who, Right.HANDLE, frozenset(communes), whole)


def with_its_survivor(request: Request, number: int) -> list[int]:
    """The incident, and the one that it was merged into: what takes that back is about both."""
    with shell.collector_of(request).store.read() as connection:
        found = listing.find(connection, number)
    into = found.kept.merged_into if found else None
    return [number] if into is None else [number, into]


async def do(request: Request, who: Principal, numbers: Iterable[int], change: Change, whole: bool = False) -> Listed:
    """All of it or nothing; raises IncidentError, NotAllowedError.

    ``numbers``: the incidents it is about; ``whole``: it changes them for everybody.
    """
    collector = shell.collector_of(request)
    now = collector.now()

    def write(connection: Connection) -> tuple[Listed, int]:
        for number in numbers:
            _must(who, Right.HANDLE, listing.communes_of(connection, number), whole)
        done = change(connection, By(access.named(connection, who), now))
        return done, changes.newest(connection)

    done, newest = await collector.store.write(write)
    if whole:
        _touched(collector)
    await collector.news.tell(newest)
    return done


def _touched(collector: Any) -> None:
    """Let the lifecycle read again what was changed under it."""
    touched = getattr(collector, "incidents_touched", None)
    if touched is not None:
        touched()


def _must(who: Principal, right: Right, hit: frozenset[str], whole: bool) -> None:
    if not _may(who, right, hit, whole):
        raise NotAllowedError(403, NOT_YOURS)


def _may(who: Principal, right: Right, hit: frozenset[str], whole: bool) -> bool:
    theirs = who.communes(right)
    if theirs.everywhere:
        return True
    return bool(hit) and (hit <= theirs.codes if whole else not hit.isdisjoint(theirs.codes))
