"""Puts drafts into the spool in order, and holds them in memory while the disk will not take them.

A full disk costs nothing for an hour or so; after that the oldest drafts are lost.
"""

import logging
import sqlite3
from collections import deque

from .contract.report import Why
from .disk import Disk
from .reporter import Draft

MOST_HELD = 240
KEEP_WITHOUT_CONTACT_S = 1800.0
"""Reports of the first half hour without contact survive longest in a full spool."""


_log = logging.getLogger(__name__)


class Writer:
    """The one who appends."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._held: deque[tuple[Draft, bool]] = deque(maxlen=MOST_HELD)
        self.error: str | None = None
        """Why the last report could not be kept on disk, in English; None while all is well."""

    async def write(self, draft: Draft, contact: float) -> None:
        """Append ``draft``, and before it whatever could not be written earlier.

        ``contact``: the monotonic time of the last contact with the collector, or of the start.
        """
        near = draft.mono - contact <= KEEP_WITHOUT_CONTACT_S
        self._held.append((draft, near or draft.why is not Why.PERIODIC))
        try:
            while self._held:
                await self._append_or_leave_out(*self._held[0])
                self._held.popleft()
        except sqlite3.Error as exc:
            if self.error is None:
                _log.error("reports are held in memory, because the spool refuses them: %s", exc)
            self.error = str(exc)
        else:
            self.error = self._disk.error

    async def _append_or_leave_out(self, draft: Draft, keep: bool) -> None:
        """A report that cannot be written down at all must not stand before all the others for ever."""
        try:
            await self._append(draft, keep)
        except (ValueError, TypeError):  # UnicodeError and msgspec's are among them
            _log.exception("a report cannot be written down and is left out")

    async def _append(self, draft: Draft, keep: bool) -> None:
        await self._disk.do(lambda spool: spool.append(draft.make, keep=keep))
