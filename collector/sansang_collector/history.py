"""The consumer that keeps history: intervals of outcomes per check, then of lights per commune rung, and chunks.

What only goes on as it was is the rule and must be cheap: it moves the front of its agent, nothing else. The rungs of a
commune are brought up at once where a check changed, else once in a while.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from . import agents, boots, bundles, changes, chunk_history, fronts, profiles_seen, rung_renewal
from .fronts import Front
from .log import Entry
from .rung_windows import Windows
from .taking import Taken, take


class History:
    """The consumer ``history``. Results whose time is unsure open, close and extend nothing."""

    name = "history"

    def __init__(self, put_off_s: float = 0.0) -> None:
        """``put_off_s``: how long a rung whose checks all go on as they were may stay behind them."""
        self.skipped = 0
        self.rest_seconds: float | None = put_off_s or None
        self._renewals = rung_renewal.Renewals(put_off_s)

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:
        """Put the results of ``entries`` into their intervals and chunks, then renew the rungs that need it."""
        boots.record_all(connection, [boots.contact(entry.agent, entry.sent, entry.received) for entry in entries])
        by_agent: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_agent[entry.agent].append(entry)
        communes = agents.communes_of(connection, list(by_agent))
        known = fronts.read(connection, list(by_agent))
        profiles = profiles_seen.get_all(connection, _configs(entries))
        taken: dict[int, Taken] = {}
        windows: dict[str, Windows] = {}
        for agent, own in sorted(by_agent.items()):
            front = known.get(agent) or Front(chunk_history.first_open(agent, now), {})
            found = take(connection, agent, own, front, profiles, now)
            if not found.cells and not found.windows.by_rung:
                continue
            taken[agent] = found
            windows.setdefault(communes[agent], Windows()).join(found.windows)
            if found.late_ms:
                changes.note(connection, "late", found.late_ms / 1000, communes[agent], agent)
        bundles.add(connection, [row for found in taken.values() for row in found.rows()])
        for agent, found in taken.items():
            chunk_history.add(connection, agent, found.front, found.old(), now)
        fronts.write(connection, {agent: found.front for agent, found in taken.items()})
        self._renewals.renew(connection, windows, now)

    def rest(self, connection: Connection, now: float) -> None:
        """Bring up the rungs that were put off."""
        self._renewals.renew_overdue(connection, now)


def _configs(entries: Iterable[Entry]) -> set[str]:
    return {report.config for entry in entries for report in entry.reports}
