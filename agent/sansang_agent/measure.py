"""One look at everything now: all checks at once, each asked once, and an end that nothing can put off.

What has not answered at the deadline is a timeout; a dead resolver or a hung probe never holds the clerk.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from .clock import Clock
from .contract.check import Check, HostCheck
from .contract.outcome import Outcome, Reason
from .contract.report import Result
from .probes import Tools
from .runner import Ask, run_once

DEADLINE_S = 8.0
"""The whole ladder must stand within ten seconds; two are left for starting, judging and writing."""

Progress = Callable[[int, int], None]
"""Told how many checks have answered, of how many."""


async def measure(
    checks: Iterable[Check],
    tools: Tools,
    clock: Clock,
    progress: Progress,
    deadline: float = DEADLINE_S,
    ask: Ask | None = None,
) -> dict[str, tuple[Result, float]]:
    """Each check's result, by id, with the monotonic time its probe began. A person waits: nothing is asked twice.

    ``ask``: by what they are run; None: by :func:`run_once`, whatever they are.
    """
    ask = ask or (lambda check: run_once(check, tools, clock))
    asked = [msgspec.structs.replace(check, confirm=False) for check in checks]
    began = clock.mono()
    tasks = {asyncio.ensure_future(ask(check)): check for check in asked}
    pending = set(tasks)
    until = asyncio.get_running_loop().time() + deadline
    try:
        progress(0, len(tasks))
        while pending:
            left = until - asyncio.get_running_loop().time()
            done, pending = await asyncio.wait(pending, timeout=max(0.0, left), return_when=asyncio.FIRST_COMPLETED)
            progress(len(tasks) - len(pending), len(tasks))
            if not done:
                break
    finally:
        for task in pending:
            task.cancel()
        # whatever ended it, the line that counted must not stand in the answer's way
        progress(len(tasks), len(tasks))
    return {
        check.id: (_late(check, deadline) if task in pending else task.result(), began) for task, check in tasks.items()
    }


def _late(check: Check, deadline: float) -> Result:
    detail = f"no answer within {deadline:g} s"
    if isinstance(check, HostCheck):
        return Result(check=check.id, outcome=Outcome.UNKNOWN, reason=Reason.INTERNAL, detail=detail)
    return Result(check=check.id, outcome=Outcome.FAILED, reason=Reason.TIMEOUT, detail=detail)
