"""Puts drafts into the spool in order, and holds them in memory while the disk will not take them.

A full disk costs nothing for an hour or so; after that the oldest drafts are lost.
"""

import sqlite3
from collections import deque

from .contract.report import Why
from .disk import Disk
from .reporter import Draft

MOST_HELD = 240
KEEP_WITHOUT_CONTACT_S = 1800.0
"""Reports of the first half hour without contact survive longest in a full spool."""


class Writer:
    """The one who appends."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._held: deque[tuple[Draft, bool]] = deque(maxlen=MOST_HELD)

    async def write(self, draft: Draft, contact: float) -> bool:
        """Append ``draft``, and before it whatever could not be written earlier; False while the disk refuses.

        ``contact``: the monotonic time of the last contact with the collector, or of the start.
        """
        near = draft.mono - contact <= KEEP_WITHOUT_CONTACT_S
        self._held.append((draft, near or draft.why is not Why.PERIODIC))
        try:
            while self._held:
                first, keep = self._held[0]
                await self._disk.do(lambda spool, first=first, keep=keep: spool.append(first.make, keep=keep))  # type: ignore[misc]
                self._held.popleft()
        except sqlite3.Error:
            return False  # the disk has logged it and says it in the status
        return True
