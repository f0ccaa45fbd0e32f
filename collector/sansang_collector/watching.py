"""What keeps people informed without anything being broken: the daily digest, and the dead man's file.

Each is a task of its own: whatever goes wrong with one holds back neither the other nor any message.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NamedTuple

from .deadman_file import DeadManFile
from .delivering import Alerts, Speak, words
from .digest import DailyDigest
from .inventory.in_force import InForce
from .liveness import Present
from .roster import Roster


class Known(NamedTuple):
    """Where the digest has from what it says."""

    roster: Roster
    inventory: InForce
    present: Callable[[], Present]
    own_ends: Callable[[], float]
    """When the collector's own certificate ends, Unix seconds; 0: it has none."""


def tasks(alerts: Alerts, known: Known, speak: Speak, now: Callable[[], float]) -> Iterator[Coroutine[Any, Any, None]]:
    """To be run until cancelled."""
    yield DeadManFile(alerts.store, lambda: alerts.settings, now).follow()
    digest = DailyDigest(
        alerts.store,
        alerts.desk,
        known.roster,
        known.present,
        lambda: words(known.inventory, speak).says,
        lambda: known.inventory.places.communes,
        own_ends=known.own_ends,
        handed=alerts.delivery.nudge,
    )
    yield digest.follow()
