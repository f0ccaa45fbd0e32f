"""Which failed logins get a row in the audit: one per account and minute, so that nobody can fill the disk. Pure.

Names that no account has share one row and are never written down: somebody may have typed a password there.
"""

NOBODY = ""
"""In the place of a name that no account has."""

APART_S = 60.0


class LoginFailures:
    """Counts by account; there are no more entries than accounts, and one."""

    def __init__(self) -> None:
        self._told_at: dict[str, float] = {}
        self._untold: dict[str, int] = {}

    def count(self, account: str, now: float) -> int:
        """One more; how many a row is to tell of now, 0 while the last row is younger than a minute."""
        number = self._untold.get(account, 0) + 1
        if 0 <= now - self._told_at.get(account, -APART_S) < APART_S:
            self._untold[account] = number
            return 0
        self._told_at[account] = now
        self._untold.pop(account, None)
        return number

    def untold(self, account: str) -> int:
        """How many no row has told of; they count as told from now on."""
        return self._untold.pop(account, 0)
