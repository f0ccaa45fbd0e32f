"""The figures a row is held against. Times are from the fault; a silent target's own time-out comes on top of them."""

from typing import NamedTuple

VANTAGE_S, FAR_S = 5.0, 8.0
"""A train of the vantage's that nobody answers, and one of a machine's or its question for a name: three tries of one
and of two seconds, a second apart (the packaged profiles)."""
CONNECT_S = 4.0
"""A connection that nobody answers."""


class Goal(NamedTuple):
    """What is asked of a row; None where nothing is."""

    p50_s: float | None = None
    p95_s: float | None = None
    own_s: float = 0.0
    """The time-out of what is asked, allowed on top."""
    exact_set: float | None = None
    recall: float | None = None
    alerts: float | None = 1.1
    apart: float | None = None
    """Share of faults whose very part is named once they are over and machines have told what they stored."""
    per_week: float | None = None
    """False incidents per province and week of five office days."""


SINGLE, DOUBLE = 0.98, 0.95
SHARED, SHARED_FAR = Goal(10, 20, VANTAGE_S, SINGLE), Goal(10, 20, FAR_S, SINGLE)
CONNECTED = Goal(15, 25, CONNECT_S, SINGLE)
REFUSED = Goal(15, 25, 0, SINGLE)
PAGE = Goal(60, 90, 0, SINGLE)
NODE_OF_TWO = Goal(15, 25, VANTAGE_S, SINGLE)
COMMUNE, COMMUNE_OF_ONE = Goal(20, 35, VANTAGE_S, SINGLE), Goal(30, 50, VANTAGE_S, SINGLE)
LAN, LAN_OF_TWO = Goal(35, 60, 0, SINGLE), Goal(None, 120, 0, SINGLE)
NOTE_ONLY = Goal(exact_set=1.0, alerts=0.0)
TWO = Goal(exact_set=DOUBLE)
LOSS, LITTLE_LOSS = Goal(None, 240, 0, SINGLE, recall=0.9), Goal(None, 900, 0, SINGLE, recall=0.9)
RIGHT_IN_SPITE = Goal(recall=0.95, alerts=2.0)
AFTER = Goal(apart=0.95)
QUIET, NEVER = Goal(per_week=1.0, alerts=None), Goal(per_week=0.0, alerts=None)
AS_ONE = Goal(exact_set=DOUBLE, alerts=1.0)
NONE = Goal(alerts=None)
