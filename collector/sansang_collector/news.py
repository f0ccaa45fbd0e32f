"""A wake-up hint: the change table grew. It only saves polling; the table itself is the truth.

Lives on the event loop only.
"""

import asyncio


class News:
    """Tells waiting streams that rows beyond the ones they have seen exist."""

    def __init__(self) -> None:
        self._newest = 0
        self._closed = False
        self._changed = asyncio.Condition()

    @property
    def closed(self) -> bool:
        """Whether the collector is stopping; streams end when it is."""
        return self._closed

    async def wait(self, after_id: int, timeout: float) -> None:
        """Return when a change newer than ``after_id`` is known, after ``timeout`` seconds, or at once when closed."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(lambda: self._closed or self._newest > after_id)
        except TimeoutError:
            return

    async def tell(self, newest_id: int) -> None:
        """Say that the change table now reaches ``newest_id``."""
        async with self._changed:
            self._newest = max(self._newest, newest_id)
            self._changed.notify_all()

    async def close(self) -> None:
        """Wake everyone for the last time."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()
