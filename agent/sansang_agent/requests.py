"""What the centre asks of this machine now: each request is run once, within policy, and answered at once.

Remembered in memory only; a request that cannot be read is answered so, and spoils no other and no check.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Annotated, NamedTuple

import msgspec

from .clock import Clock
from .contract.assignment import Request
from .contract.outcome import Outcome, Reason
from .contract.report import Answer, Result
from .policy import SPACING_S
from .reporter import Answered
from .runner import Ask

AT_ONCE = 5
MOST_WAITING = 20
"""More requests than this wait for nobody: the centre may ask again."""
MOST_REMEMBERED = 1_000
LONGEST_MISTAKE = 500

_log = logging.getLogger(__name__)


class _Named(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]


class _Taken(NamedTuple):
    request: Request
    until: float
    """Not begun after this monotonic time."""


class Requests:
    """One agent's. ``deliver`` takes what was found; ``ask`` never raises."""

    def __init__(self, ask: Ask, clock: Clock, deliver: Callable[[Answered], None]) -> None:
        self._ask = ask
        self._clock = clock
        self._deliver = deliver
        self._waiting: asyncio.Queue[_Taken] = asyncio.Queue()
        self._seen: dict[str, None] = {}

    def heard(self, answer: Answer) -> None:
        """Take the requests of the collector's answer that have not been taken before; never raises."""
        for raw in answer.requests:
            try:
                request = msgspec.json.decode(raw, type=Request)
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
                self._unreadable(raw, error)
                continue
            if not self._is_new(request.id):
                continue
            # by the collector's own clock: how long after this answer, whatever this machine's clock shows
            self._take(_Taken(request, self._clock.mono() + request.expires - answer.now))

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE):
                tasks.create_task(self._work(), name=f"request {number}")

    def _take(self, taken: _Taken) -> None:
        if self._waiting.qsize() >= MOST_WAITING:
            self._refuse(taken.request.id, Reason.REFUSED_BY_POLICY, f"{MOST_WAITING} other requests wait here")
        else:
            self._waiting.put_nowait(taken)

    async def _work(self) -> None:
        while True:
            taken = await self._waiting.get()
            if self._clock.mono() > taken.until:
                _log.info("request %s came too late and is not run", taken.request.id)
            else:
                self._deliver(Answered(taken.request.id, await self._results(taken.request)))

    async def _results(self, request: Request) -> tuple[tuple[Result, float], ...]:
        check = msgspec.structs.replace(request.check, confirm=False)
        found: list[tuple[Result, float]] = []
        for number in range(request.count):
            if number:
                await self._clock.sleep(found[-1][1] + SPACING_S - self._clock.mono())
            began = self._clock.mono()
            result = await self._ask(check)
            found.append((result, began))
            if result.reason is Reason.REFUSED_BY_POLICY:
                break
        return tuple(found)

    def _unreadable(self, raw: msgspec.Raw, error: Exception) -> None:
        try:
            name = msgspec.json.decode(raw, type=_Named).id
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            _log.warning("the collector asks something without a name that could be answered: %s", error)
            return
        if self._is_new(name):
            self._refuse(name, Reason.NOT_SUPPORTED, f"the request cannot be read: {error}"[:LONGEST_MISTAKE])

    def _refuse(self, name: str, reason: Reason, detail: str) -> None:
        result = Result(check="asked", outcome=Outcome.UNKNOWN, reason=reason, detail=detail)
        self._deliver(Answered(name, ((result, self._clock.mono()),)))

    def _is_new(self, name: str) -> bool:
        if name in self._seen:
            return False
        self._seen[name] = None
        if len(self._seen) > MOST_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True
