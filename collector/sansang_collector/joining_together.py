"""Machines that come while others are being written down are let in together, in one transaction of the ledger.

One commit then serves many: a commune's machines, or a province's, are often switched on in the same minute.
"""

import asyncio
from collections.abc import Callable

from sansang_agent.contract.joining import Join

from . import letting_in
from .join_codes import NotLeftError
from .letting_in import Admitted
from .store import Store

AT_ONCE = 50
"""In one transaction, so that reports are not kept waiting."""


class Arrivals:
    """Used on one event loop."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._waiting: list[tuple[Join, asyncio.Future[Admitted]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def let_in(self, join: Join) -> Admitted:
        """Let in one that has proved its code; raises join_codes.NotLeftError, and whatever the ledger raises."""
        told: asyncio.Future[Admitted] = asyncio.get_running_loop().create_future()
        self._waiting.append((join, told))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="joining")
        return await told

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                now_in, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._write(now_in)
        finally:
            self._writing = None

    async def _write(self, arrived: list[tuple[Join, "asyncio.Future[Admitted]"]]) -> None:
        joins, now = [join for join, _ in arrived], self._now()
        try:
            done = await self._store.write(lambda it: letting_in.all_by_code(it, joins, now))
        except Exception as error:  # noqa: BLE001  # each of them is told, and raises it
            for _, told in arrived:
                if not told.done():
                    told.set_exception(error)
            return
        for (_, told), answer in zip(arrived, done, strict=True):
            if told.done():  # whoever asked has gone away
                continue
            if isinstance(answer, NotLeftError):
                told.set_exception(answer)
            else:
                told.set_result(answer)
