"""The consumer that keeps history: intervals of outcomes per check, then of lights per commune rung, and chunks."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.report import Result

from . import agents, boots, changes, check_history, chunk_history, clocks, profiles_seen, rung_history
from .chunk_history import Measured
from .intervals import Moment
from .log import Entry
from .rung_history import Window
from .series import Series, bring_up, series_of


class _Dated(NamedTuple):
    """A result, when it was measured and when it arrived."""

    result: Result
    stamp: clocks.Stamp
    received: float

    def moment(self, period: float) -> Moment:
        late = not clocks.is_live(self.stamp, self.received, period)
        return Moment(round(self.stamp.at * 1000), self.result.outcome, self.result.reason, late)


class History:
    """The consumer ``history``. Results whose time is unsure open, close and extend nothing."""

    name = "history"

    def __init__(self) -> None:
        self.skipped = 0

    def apply(self, connection: Connection, entries: Sequence[Entry], now: float) -> None:
        """Insert the results of ``entries`` into their intervals, then renew the rungs they touch."""
        windows: dict[tuple[str, str], Window] = {}
        configs = {report.config for entry in entries for report in entry.reports}
        profiles = {config: profiles_seen.get(connection, config) for config in configs}
        for agent in sorted({entry.agent for entry in entries}):
            commune = agents.commune_of(connection, agent)
            late = 0
            known = series_of(connection, agent)
            by_check = _by_check(connection, agent, entries)
            measured = (Measured(one.stamp.at, one.result) for dated in by_check.values() for one in dated)
            chunk_history.add(connection, agent, measured, now)
            for (check, config), dated in by_check.items():
                profile = profiles[config]
                spec = profile.checks.get(check) if profile else None
                series, newly_placed = bring_up(connection, known.get(check), agent, check, spec)
                known[check] = series
                moments = [one.moment(series.period) for one in dated]
                check_history.add(connection, series, moments, now)
                late = max([late, *(moment.at_ms for moment in moments if moment.late)])
                _touch(windows, commune, series, _window(connection, series, moments, newly_placed))
            if late:
                changes.note(connection, "late", late / 1000, commune, agent)
        for (commune, rung), window in windows.items():
            rung_history.renew(connection, commune, rung, window, now)


def _by_check(connection: Connection, agent: int, entries: Sequence[Entry]) -> dict[tuple[str, str], list[_Dated]]:
    """The results of one agent by (check, config), as far as their time is sure."""
    found: defaultdict[tuple[str, str], list[_Dated]] = defaultdict(list)
    for entry in entries:
        if entry.agent != agent:
            continue
        boots.record(connection, agent, entry.sent, entry.received)
        known = boots.known(connection, agent, {report.boot for report in entry.reports})
        for report in entry.reports:
            for result in report.results:
                stamp = clocks.stamp(report, entry.sent, entry.received, known.get(report.boot), result.at)
                if not stamp.unsure:
                    found[result.check, report.config].append(_Dated(result, stamp, entry.received))
    return found


def _window(connection: Connection, series: Series, moments: Sequence[Moment], newly_placed: bool) -> Window:
    """The time whose lights may have changed; all of it for a series whose rung was not known until now."""
    times = [moment.at_ms for moment in moments]
    first = check_history.first_of(connection, series) if newly_placed else min(times)
    return Window(first, max(times))


def _touch(windows: dict[tuple[str, str], Window], commune: str, series: Series, window: Window) -> None:
    if series.rung is not None:
        key = (commune, series.rung)
        windows[key] = windows[key].with_(window) if key in windows else window
