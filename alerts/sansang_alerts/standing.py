"""How one alert stands: what its fault is now, who was told and through what, who took it on. Plain values.

``deciding`` makes the next one of it; ``alert_rows`` keeps it as the body of its row.
"""

import msgspec

from sansang_agent.contract.rung import Owner
from sansang_agent.contract.severity import Severity

from .fault import Fault


class Told(msgspec.Struct, frozen=True):
    """Somebody who was told, and through what: the end comes the same way."""

    person: str
    channel: str
    address: str
    team: str
    """For which they were told."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert. What is of an *occurrence* begins anew when a fault comes back after its end was told. Times are Unix
    seconds."""

    fault: Fault
    team: str
    """Whose it is now, by id."""
    released: bool = True
    """False while an Alertmanager has yet to say that people are to be told."""
    told: tuple[Told, ...] = ()
    told_at: float | None = None
    """When somebody was first to be told of this occurrence."""
    told_owner: Owner | None = None
    told_severity: Severity | None = None
    """As it was last told: what grows calmer without a word, and urgent again, is no news."""
    asked_at: float | None = None
    """When the present team was first told; its steps count from here."""
    steps: int = 0
    """How many of its steps are taken."""
    nagged_at: float | None = None
    """When the last step was taken, or the last reminder sent."""
    paused_at: float | None = None
    """Since when something holds it back that people were told of."""
    unstable: bool = False
    ended_at: float | None = None
    """It is over, for its source; people are told once it has been for long enough."""
    over_at: float | None = None
    """Its end is settled: whoever was told of it has been told of its end, or withdrawn."""
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    """An id of a person, or whatever name the source gave."""
    acknowledged_how: str = ""
    """``link``, ``zalo``, ``sms``, ``page``, ``cli``, ``phone``, ``source``."""
