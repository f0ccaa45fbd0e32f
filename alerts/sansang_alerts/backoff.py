"""How long to wait before a message is tried again. Pure: chance is an argument."""

FIRST_S = 2.0
LONGEST_S = 300.0
MOST_ASKED_S = 3600.0
"""No other side can silence a channel for longer by what it asks."""
LONGEST_WAIT_S = MOST_ASKED_S * 1.1
"""No attempt waits longer for the next."""


def wait_s(attempt: int, chance: float, after_s: float | None = None) -> float:
    """Seconds from the end of attempt ``attempt`` (1 is the first) to the next: doubled each time up to five minutes.

    ``chance`` (0 to 1) spreads it over the upper half, so that what failed together does not come back together.
    ``after_s`` is what the other side asked for (Retry-After): never less than that, and spread a tenth beyond it.
    """
    longest = min(FIRST_S * 2.0 ** min(max(attempt - 1, 0), 30), LONGEST_S)
    ours = longest * (0.5 + chance / 2)
    if after_s is None:
        return ours
    asked = min(max(after_s, 0.0), MOST_ASKED_S)
    return max(ours, asked * (1 + chance / 10))
