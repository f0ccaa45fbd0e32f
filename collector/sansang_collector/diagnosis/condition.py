"""How the diagnosis itself fares, for pages, metrics and whoever wonders why nothing is said. Plain values."""

from typing import NamedTuple

from .hearing import Hearing


class Condition(NamedTuple):
    """How the diagnosis fares; replaced whole, read from any thread. Times are Unix seconds."""

    looked_at: float | None = None
    """The last look that was not held back."""
    seconds: float = 0.0
    """How long it took."""
    hearing: Hearing = Hearing.LISTENING
    cut_off_since: float | None = None
    """When the collector last heard anyone, while it is cut off."""
    problem: str = ""
    """Why looks fail, while they do."""
    failed: int = 0
    """Looks, since the start."""
    inactive: bool = True
    """There is no inventory: nothing can be found out."""
