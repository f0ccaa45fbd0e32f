"""What a machine says of itself that it may take its time to say: asked from a thread of its own, for seconds at most.

A report without facts, and a goodbye without its reason, are better than none.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from .contract.report import Goodbye, GoodbyeReason, Host
from .daemon_pool import DaemonPool
from .platform import Platform
from .probes.host import facts

FACTS_S = 3.0
_MAY_WAKE = frozenset({GoodbyeReason.SHUTDOWN, GoodbyeReason.SLEEP})

_log = logging.getLogger(__name__)


class SlowFacts:
    """One machine's; ``folder``: whose disk is looked at."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform = platform
        self._folder = folder
        self._thread = DaemonPool(1, "facts")

    async def host(self, skew_s: float | None) -> Host | None:
        """Facts of the machine; None where it does not say them in time."""
        asked = self._thread.submit(lambda: facts(self._platform, self._folder, skew_s))
        try:
            async with asyncio.timeout(FACTS_S):
                return await asyncio.wrap_future(asked)
        except Exception as exc:  # noqa: BLE001  # systems fail in many ways
            _log.warning("no facts of this machine: %s: %s", type(exc).__name__, exc)
            return None

    async def goodbye(self, why: Callable[[], GoodbyeReason]) -> Goodbye:
        """Why this ends, and when it will be back; a machine that does not say has stopped the agent."""

        def ask() -> Goodbye:
            reason = why()
            return Goodbye(reason=reason, back=self._platform.wakes_at() if reason in _MAY_WAKE else None)

        try:
            async with asyncio.timeout(FACTS_S):
                return await asyncio.wrap_future(self._thread.submit(ask))
        except Exception as exc:  # noqa: BLE001  # systems fail in many ways
            _log.warning("this machine does not say why this ends: %s: %s", type(exc).__name__, exc)
            return Goodbye(reason=GoodbyeReason.STOP)
