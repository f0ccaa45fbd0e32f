"""What one report means to the diagnosis: who spoke when, and how each of its checks went, by sure times. Plain values.

Made of a log entry by the runtime and by simulations directly; nothing here knows of envelopes or ledgers.
"""

from typing import NamedTuple

import msgspec

from sansang_agent.contract.report import GoodbyeReason


class Seen(NamedTuple):
    """One result that says something; ``unknown`` ones are left out, they are no evidence."""

    check: str
    at: float
    """Unix seconds by the collector's clock."""
    failed: int
    """Echoes lost, or 1 for an answer that did not come or was wrong."""
    tried: int
    """Echoes sent, or 1."""
    live: bool = True
    """Whether it arrived while it was news (at most two of the check's periods old)."""
    ms: float | None = None
    """How long it took (an echo's median; all phases of the others); None where nothing came back."""
    reason: str = ""
    """Why it failed."""


class Sighting(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One report of one machine. Times are Unix seconds by the collector's clock."""

    agent: int
    """Its id in the ledger."""
    stream: str
    seq: int
    received: float
    at: float | None
    """When the report was taken; None where that is not sure, and then its results are left out too."""
    live: bool
    """Whether the report itself arrived while it was news (at most two report periods old)."""
    boot: str = ""
    booted_at: float | None = None
    """When this machine's system started, where that is sure."""
    goodbye: GoodbyeReason | None = None
    back: float | None = None
    """When it expects to be back."""
    battery: float | None = None
    """Percent left where it runs on battery; None on mains or where it does not say."""
    results: tuple[Seen, ...] = ()
