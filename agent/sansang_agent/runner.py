"""Runs checks: deadline, confirmation and exception net around each probe, and one task per check with a fixed splay.

Whatever a probe does, the runner delivers a result: an error of ours is ``unknown(internal)``, never "down".
"""

import asyncio
import hashlib
import logging
import math
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from .centre import Centre
from .clock import Clock
from .contract.check import Check, IcmpCheck, kind_of
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .probes import Probe, Tools, probe_for
from .probes.results import plain
from .timing import Timing, may_run

TRIES = 3
SPACING = 1.0
GRACE = 1.0
"""Seconds a probe may take beyond its own timeout before it is cut off."""
STALL = 5.0
"""Seconds by which a busy machine may be late."""
LONGEST_DETAIL = 1_000
LOOK_S = 15.0
"""How long a planned check sleeps at most before it looks at the clock again."""
REPORT_S = 15.0

Ask = Callable[[Check], Awaitable[Result]]
Deliver = Callable[[Result, float], None]
"""Takes a result and the monotonic time its run began."""

_log = logging.getLogger(__name__)


async def run_once(
    check: Check, tools: Tools, clock: Clock, *, spacing: float = SPACING, probe: Probe | None = None
) -> Result:
    """Ask once, and where the check wants a failure confirmed up to three times ``spacing`` seconds apart.

    Any answer is ``ok``, and echoes lost in the tries before it count as lost; ``at`` is left 0. A failure that took
    longer than it can is one of a machine that slept meanwhile: nothing is known. Never raises but for cancellation.
    """
    began = clock.mono()
    result = await _confirmed(check, tools, clock, spacing, probe)
    tries = TRIES if check.confirm else 1
    allowed = tries * longest(check) + (tries - 1) * spacing + STALL
    if result.outcome is Outcome.FAILED and clock.mono() - began > allowed:
        return _slept(result)
    return result


async def _confirmed(check: Check, tools: Tools, clock: Clock, spacing: float, probe: Probe | None) -> Result:
    tries = TRIES if check.confirm else 1
    failed: list[Result] = []
    for number in range(1, tries + 1):
        if failed:
            await clock.sleep(spacing)
        result = await _attempt(check, tools, probe)
        if result.outcome is Outcome.OK:
            return _noted(_counting(result, failed), f"answered at try {number} of {tries}") if failed else result
        if result.outcome is Outcome.UNKNOWN:
            return _counting(failed[-1], failed[:-1]) if failed else result
        failed.append(result)
    return failed[0] if tries == 1 else _noted(_counting(failed[-1], failed[:-1]), f"{tries} tries")


def _counting(result: Result, before: Sequence[Result]) -> Result:
    """The result with the echoes of the tries before it: a line that answers only the third train has lost two."""
    trains = [one for one in before if one.sent is not None and one.lost is not None]
    if result.sent is None or result.lost is None or not trains:
        return result
    sent = result.sent + sum(one.sent or 0 for one in trains)
    lost = result.lost + sum(one.lost or 0 for one in trains)
    return msgspec.structs.replace(result, sent=sent, lost=lost)


async def _attempt(check: Check, tools: Tools, probe: Probe | None) -> Result:
    limit = longest(check)
    try:
        probe = probe or probe_for(kind_of(check))  # within the net: what it needs may not be installed
        async with asyncio.timeout(limit) as deadline:
            return _bounded(await probe(check, tools))
    except TimeoutError as exc:
        if not deadline.expired():
            return _unexpected(check, exc)
        return Result(
            check=check.id, outcome=Outcome.FAILED, reason=Reason.TIMEOUT, detail=f"no end within {limit:g} s"
        )
    except Exception as exc:  # noqa: BLE001  # the net under every probe
        return _unexpected(check, exc)


def longest(check: Check) -> float:
    """Seconds after which a probe of ``check`` is cut off."""
    sending = check.count * check.gap if isinstance(check, IcmpCheck) else 0.0
    return check.timeout + sending + GRACE


def _unexpected(check: Check, exc: Exception) -> Result:
    _log.error("the probe of check %s raised", check.id, exc_info=exc)
    detail = plain(f"{type(exc).__name__}: {exc}")[:LONGEST_DETAIL]
    return Result(check=check.id, outcome=Outcome.UNKNOWN, reason=Reason.INTERNAL, detail=detail)


def _bounded(result: Result) -> Result:
    """A server's words may be long; a report's may not."""
    if result.detail is None or len(result.detail) <= LONGEST_DETAIL:
        return result
    return msgspec.structs.replace(result, detail=result.detail[:LONGEST_DETAIL])


def _slept(result: Result) -> Result:
    seen = f"{result.reason}; {result.detail}" if result.detail else str(result.reason)
    detail = f"this machine slept while it asked ({seen})"
    return msgspec.structs.replace(result, outcome=Outcome.UNKNOWN, reason=Reason.INTERNAL, detail=detail)


def _noted(result: Result, note: str) -> Result:
    detail = f"{result.detail}; {note}" if result.detail else note
    return msgspec.structs.replace(result, detail=detail)


def splay(stream: str, name: str) -> float:
    """A fixed share of a period, 0 ≤ share < 1, that spreads agents and checks evenly."""
    digest = hashlib.sha256(f"{stream}{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


class Slots:
    """When something is due: first soon after the start, then on its own grid, which no delay ever moves."""

    def __init__(self, start: float, period: float, share: float, first_within: float) -> None:
        self.due = start + share * min(period, first_within)
        self._origin = start + share * period
        self._period = period

    def advance(self, now: float) -> None:
        """On to the next slot of the grid in the future, at least one period after the slot before."""
        after = max(now, self.due + self._period * 0.999)
        passed = math.floor((after - self._origin) / self._period) + 1
        self.due = self._origin + max(0, passed) * self._period


class Runner:
    """All checks of a profile, each on its own slots, never two runs of one check at a time.

    What the centre has planned runs on the collector's clock, see timing.py. ``report_period``: seconds in which a
    machine in contact gets an answer.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        ask: Ask,
        clock: Clock,
        stream: str,
        deliver: Deliver,
        *,
        centre: Centre | None = None,
        report_period: float = REPORT_S,
    ) -> None:
        self._centre = centre or Centre()
        self._report_period = report_period
        self._checks = checks
        self._ask = ask
        self._clock = clock
        self._stream = stream
        self._deliver = deliver

    async def run(self, first_within: float) -> None:
        """Run until cancelled; the first run of each check comes within ``first_within`` seconds (or its period)."""
        async with asyncio.TaskGroup() as tasks:
            for check in self._checks:
                repeated = self._repeat(check, first_within) if check.phase is None else self._keep_plan(check)
                tasks.create_task(repeated, name=f"check {check.id}")

    async def _repeat(self, check: Check, first_within: float) -> None:
        start, runs = self._clock.mono(), self._centre.runs
        slots = Slots(start, check.period, splay(self._stream, check.id), first_within)
        while True:
            await self._clock.sleep(slots.due - self._clock.mono())
            began = self._clock.mono()
            if may_run(check, began, runs.get(_key(check)), alone=self._is_alone(began, start)):
                await self._run(check, began)
            slots.advance(self._clock.mono())

    async def _keep_plan(self, check: Check) -> None:
        start, runs = self._clock.mono(), self._centre.runs
        timing = Timing(check, start, splay(self._stream, check.id))
        while True:
            now = self._clock.mono()
            alone, ahead = self._is_alone(now, start), self._centre.contact.ahead_s
            due = timing.due(now, ahead, runs.get(_key(check)), alone=alone)
            if due <= now:
                await self._run(check, now)
            else:  # not to the end: by then the collector's clock may be known, or the centre out of reach
                await self._clock.sleep(min(due - now, LOOK_S))

    async def _run(self, check: Check, began: float) -> None:
        self._centre.runs[_key(check)] = began
        self._deliver(await self._ask(check), began)

    def _is_alone(self, now: float, since: float) -> bool:
        return self._centre.is_alone(now, since, self._report_period)


def _key(check: Check) -> tuple[str, str]:
    return check.id, check.target
