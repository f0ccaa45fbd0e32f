"""Keeps an Alertmanager's silences equal to the planned work of the ledger: made, moved and expired with it.

Which silence is of which work is kept in the alerts' tables; one that an Alertmanager has lost is made again.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from sansang_alerts.tables import CURSOR

from .incidents import maintenance_rows
from .incidents.maintenance import Maintenance
from .posted_alerts import is_same, silence_of
from .posting import Members
from .store import Store

_LOG = logging.getLogger(__name__)

LOOK_S = 5.0
VERIFY_S = 60.0
"""So often it is looked whether the silences are still there."""
_NAME = "silences"


class Silencing:
    """One collector's."""

    def __init__(self, store: Store, members: Members, now: Callable[[], float]) -> None:
        self._store = store
        self._members = members
        self._now = now
        self._settled: list[Maintenance] | None = None
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
            plans = [one for one in maintenance_rows.standing(connection, now) if one.communes]
            known = _read(connection)
        if plans == self._settled and now - self._verified_at < VERIFY_S:
            return
        after = await self._expired(known, {one.id for one in plans})
        for plan in plans:
            made = await self._made(plan, after.get(str(plan.id), ""))
            if made:
                after[str(plan.id)] = made
        if after != known:
            await self._store.write(lambda connection: _keep(connection, after))
        if len(after) == len(plans):
            self._settled, self._verified_at = plans, now

    async def _expired(self, known: dict[str, str], standing: set[int]) -> dict[str, str]:
        """What is left of them once those of past or cancelled work are gone."""
        left = {}
        for plan, silence in known.items():
            if int(plan) in standing:
                left[plan] = silence
                continue
            status, _ = await self._members.ask("DELETE", f"/silence/{silence}")
            if status == 0:
                left[plan] = silence  # nobody answered: another time
        return left

    async def _made(self, plan: Maintenance, silence: str) -> str:
        """The id of its silence, made or moved where there is none like it; empty where nobody answers."""
        found: Any = None
        if silence:
            status, found = await self._members.ask("GET", f"/silence/{silence}")
            if status == 0:
                return silence
            if status == 200 and isinstance(found, dict):
                is_alive = found.get("status", {}).get("state") != "expired"
                if is_alive and is_same(plan, found):
                    return silence
                if is_alive:
                    await self._members.ask("DELETE", f"/silence/{silence}")
        status, made = await self._members.ask("POST", "/silences", silence_of(plan))
        if status == 200 and isinstance(made, dict):
            return str(made.get("silenceID", ""))
        if status:
            _LOG.warning("no silence for planned work %d: an Alertmanager answered %d: %s", plan.id, status, made)
        return ""


def _read(connection: Connection) -> dict[str, str]:
    body = connection.scalar(select(CURSOR.c.body).where(CURSOR.c.name == _NAME))
    return msgspec.json.decode(bytes(body), type=dict[str, str]) if body else {}


def _keep(connection: Connection, silences: dict[str, str]) -> None:
    connection.execute(_KEEP, {"name": _NAME, "body": msgspec.json.encode(silences)})


_KEEP = text(
    "INSERT INTO alert_cursor (name, position, body) VALUES (:name, 0, :body)"
    " ON CONFLICT (name) DO UPDATE SET body = excluded.body"
)
