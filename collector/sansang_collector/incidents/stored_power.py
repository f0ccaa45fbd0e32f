"""What a machine ran on while nobody heard it, by the reports it stored then: they lie in the log as they came."""

from collections.abc import Iterator

from sqlalchemy import Connection

from sansang_collector import boots, bundles, clocks
from sansang_collector.arrivals import Entry
from sansang_collector.diagnosis.stored import EDGE_S
from sansang_collector.log import ReportLog

MOST = 4
"""Envelopes that are read: one holds many stored reports, and in a cut what feeds a machine changes but once."""
BATTERY = "battery"


def on_battery(connection: Connection, log: ReportLog, agent: int, onset: float, ended: float) -> bool | None:
    """Whether it ran on battery at any time surely between these (Unix seconds); None: no report of then says."""
    first, last = onset + EDGE_S, ended - EDGE_S
    positions = bundles.positions(connection, agent, round(first * 1000), round(last * 1000))
    found = [
        source
        for entry in log.at(_spread(positions))
        for at, source in _sources(connection, entry)
        if first <= at <= last
    ]
    return BATTERY in found if found else None


def _spread(positions: list[int]) -> list[int]:
    """A few of many, the first ones and the last ones too."""
    if len(positions) <= MOST:
        return positions
    step = (len(positions) - 1) / (MOST - 1)
    return sorted({positions[round(number * step)] for number in range(MOST)})


def _sources(connection: Connection, entry: Entry) -> Iterator[tuple[float, str]]:
    """When what fed the machine that sent this, by reports of sure time."""
    before = {report.boot for report in entry.reports} - {entry.sent.boot}
    known = boots.known(connection, entry.agent, before) if before else {}
    for report in entry.reports:
        at = clocks.dating(report, entry.sent, entry.received, known.get(report.boot)).sure_at()
        if at is not None and report.host is not None and report.host.power is not None:
            yield at, report.host.power.source
