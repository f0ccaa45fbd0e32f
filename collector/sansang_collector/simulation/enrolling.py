"""Makes the simulated agents' tokens through the collector's API with an admin token, and takes them back at the end.

What an earlier simulation left behind because it was killed is taken back at the beginning.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import msgspec

from sansang_agent.contract.codec import encode

from .wire import NoAnswerError, Said, Wire
from .world import PREFIX, Pc

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
PAGE = 1000


class EnrolError(Exception):
    """The collector refused; what it said."""


class Enrolled(msgspec.Struct, frozen=True):
    """An agent as the API made it."""

    id: int
    token: str

    def __repr__(self) -> str:
        return f"Enrolled(id={self.id}, …)"


class _Known(msgspec.Struct, frozen=True):
    id: int
    commune: str
    name: str


class _Agents(msgspec.Struct, frozen=True):
    total: int
    items: list[_Known]


class Registrar:
    """One administrator's access to one collector; ``new`` makes a client with the admin token."""

    def __init__(self, new: Callable[[], Wire]) -> None:
        self._new = new
        self.enrolled: dict[Pc, Enrolled] = {}

    async def tidy(self, communes: Iterable[str]) -> int:
        """Take back what a killed simulation left in these communes; how many agents that was."""
        wire, wanted = self._new(), set(communes)
        try:
            found: list[_Known] = []
            while True:
                said = await wire.ask("GET", f"/api/v1/agents?limit={PAGE}&offset={len(found)}")
                page = msgspec.json.decode(_good(said, 200).body, type=_Agents)
                found += page.items
                if not page.items or len(found) >= page.total:
                    break
        finally:
            wire.close()
        left = [one.id for one in found if one.name.startswith(PREFIX) and one.commune in wanted]
        await self._all(self._remove, left)
        return len(left)

    async def enrol(self, machines: Iterable[Pc]) -> None:
        """A token for each, kept in ``enrolled``; raises :class:`EnrolError` or NoAnswerError at the first refusal."""
        await self._all(self._enrol, machines)

    async def remove(self) -> list[int]:
        """Revoke and retire all of them; the agents the collector did not confirm."""
        await self._all(self._forget, list(self.enrolled))
        return [one.id for one in self.enrolled.values()]

    async def _enrol(self, wire: Wire, pc: Pc) -> None:
        body = encode({"commune": pc.commune, "name": pc.name, "role": pc.role})
        said = _good(await wire.ask("POST", "/api/v1/agents", body), 201)
        self.enrolled[pc] = msgspec.json.decode(said.body, type=Enrolled)

    async def _forget(self, wire: Wire, pc: Pc) -> None:
        try:
            await self._remove(wire, self.enrolled[pc].id)
        except (EnrolError, NoAnswerError):
            return  # it stays in the list, which is told at the end
        del self.enrolled[pc]

    async def _remove(self, wire: Wire, agent: int) -> None:
        _good(await wire.ask("DELETE", f"/api/v1/agents/{agent}"), 204)

    async def _all(self, do: Callable[[Wire, T], Awaitable[None]], items: Iterable[T]) -> None:
        """``do`` with each, a few at once; the first failure ends it."""
        waiting = iter(list(items))

        async def work() -> None:
            wire = self._new()
            try:
                for item in waiting:
                    await do(wire, item)
            finally:
                wire.close()

        tasks = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _good(said: Said, status: int) -> Said:
    if said.status != status:
        raise EnrolError(f"{said.status} {said.body.decode('utf-8', 'replace')[:300]}")
    return said
