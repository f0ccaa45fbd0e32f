"""Keeps an Alertmanager's silences equal to the planned work of the ledger: made, moved and expired with it.

The Alertmanager itself is asked what it has. A silence is known by what its comment says of the work it was made for:
one that was made just before this program was killed is found again, and ends with its work.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy.exc import OperationalError

from .incidents import maintenance_rows
from .incidents.maintenance import Maintenance
from .posted_alerts import is_of, is_same, silence_of
from .posting import Members
from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_S = 5.0
VERIFY_S = 60.0
"""So often it is looked whether the silences are still there."""
MOST_BYTES = 8_388_608
"""Of all silences of an Alertmanager, those of others and of the last days too."""

Silence = dict[str, Any]
"""As the API has it."""


class _Plans(NamedTuple):
    """What silences go by."""

    standing: list[Maintenance]
    """Each is to have one."""
    called_off: list[Maintenance]
    """Of these one may be left."""


class Silencing:
    """One collector's."""

    def __init__(self, store: Store, members: Members, now: Callable[[], float]) -> None:
        self._store = store
        self._members = members
        self._now = now
        self._settled = _Plans([], [])
        self._verified_at = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.once()
            except OperationalError as error:
                _LOG.warning("silences wait until the ledger answers: %s", error.orig)
            await asyncio.sleep(LOOK_S)

    async def once(self) -> None:
        """Bring them up to what is planned, where that has changed or may be lost."""
        now = self._now()
        with self._store.read() as connection:
            plans = _Plans(
                [one for one in maintenance_rows.standing(connection, now) if one.communes],
                [one for one in maintenance_rows.called_off(connection, now) if one.communes],
            )
        is_known = plans == self._settled and now - self._verified_at < VERIFY_S
        if is_known or plans == _Plans([], []):
            return
        alive = await self._alive()
        if alive is not None and await self._brought_up(plans, alive):
            self._settled, self._verified_at = plans, now

    async def _alive(self) -> list[Silence] | None:
        """All that an Alertmanager has of anybody and that are not over; None where it does not say."""
        status, found = await self._members.ask("GET", "/silences", most=MOST_BYTES)
        if status == 200 and isinstance(found, list):
            return [one for one in found if isinstance(one, dict) and not _is_expired(one)]
        if status:
            _LOG.warning("an Alertmanager does not say what is silenced: it answered %d", status)
        return None

    async def _brought_up(self, plans: _Plans, alive: list[Silence]) -> bool:
        """Whether each plan has one silence now, and none is left of the others."""
        done = [await self._kept(plan, [one for one in alive if is_of(plan, one)]) for plan in plans.standing]
        left = [one for one in alive if any(is_of(plan, one) for plan in plans.called_off)]
        return await self._expire(left) and all(done)

    async def _kept(self, plan: Maintenance, found: list[Silence]) -> bool:
        """Whether it has one as it is to be; others of it go once that is there."""
        same = next((one for one in found if is_same(plan, one)), None)
        is_there = same is not None or await self._made(plan)
        return is_there and await self._expire(one for one in found if one is not same)

    async def _made(self, plan: Maintenance) -> bool:
        status, answer = await self._members.ask("POST", "/silences", silence_of(plan))
        if status not in (0, 200):
            _LOG.warning("no silence for planned work %d: an Alertmanager answered %d: %s", plan.id, status, answer)
        return status == 200

    async def _expire(self, silences: Iterable[Silence]) -> bool:
        """Whether an Alertmanager has answered of each; what it does not know is gone too."""
        statuses = [(await self._members.ask("DELETE", f"/silence/{one.get('id')}"))[0] for one in silences]
        return 0 not in statuses


def _is_expired(silence: Silence) -> bool:
    status = silence.get("status")
    return isinstance(status, dict) and status.get("state") == "expired"
