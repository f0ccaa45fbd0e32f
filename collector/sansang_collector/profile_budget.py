"""How much one machine may add to what is kept for good: profiles stay, and a stolen token must not fill the disk.

Pure; only envelopes with a profile nobody has seen yet come here.
"""

DAY_S = 86_400.0
BYTES_A_DAY = 16 * 2**20
"""An honest machine's profile is some kilobytes and changes a few times a year; a vantage's is a few megabytes."""
MOST_AGENTS = 10_000
"""Remembered; beyond that all begin anew."""


class ProfileBudget:
    """Bytes of new profiles by agent, in a window that begins with the first."""

    def __init__(self) -> None:
        self._spent: dict[int, tuple[float, int]] = {}

    def allows(self, agent: int, size: int, now: float) -> bool:
        """Whether this machine may add so many bytes at ``now``; what is allowed is spent."""
        began, spent = self._spent.get(agent, (now, 0))
        if not 0 <= now - began < DAY_S:
            began, spent = now, 0
        if spent + size > BYTES_A_DAY:
            return False
        if len(self._spent) >= MOST_AGENTS:
            self._spent.clear()
        self._spent[agent] = (began, spent + size)
        return True
