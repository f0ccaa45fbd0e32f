"""Takes the results of one agent into the intervals of its checks, and gathers what else they change.

A result that makes the newest interval of its check longer moves a tip; whatever else there may be (a change, a gap, a
late or a doubled result, a check not known yet) goes through the intervals' rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_agent.contract.check import Check
from sansang_agent.contract.outcome import Outcome
from sansang_agent.contract.report import Result
from sansang_agent.contract.rung import Rung

from . import boots, bundles, check_history
from .bundles import Cell, Row
from .chunks import SLOT_MS, Single
from .clocks import Dating, dating, live_seconds
from .fronts import Front, Tip
from .held import Held
from .intervals import Moment
from .log import Entry
from .profiles_seen import SeenProfile
from .rung_windows import Windows
from .series import MOST_CHECKS, Series, bring_up, find, gap_ms

Profiles = Mapping[str, SeenProfile]
"""By hash; those that no agent has sent yet are not in it."""


class _Dated(NamedTuple):
    """A result, when it was measured, the profile it belongs to, and what is needed to keep it."""

    at_ms: int
    result: Result
    config: str
    late_s: float
    position: int


class Taken:
    """What an agent's results come to, beside the rows of intervals already written."""

    def __init__(self, agent: int, front: Front) -> None:
        self.agent = agent
        self.front = front
        self.cells: list[tuple[int, Cell]] = []
        self.windows = Windows()
        self.late_ms = 0
        """The newest result that arrived as history."""
        self._positions: list[int] = []

    def extend(self, tip: Tip, result: Result, at_ms: int, position: int, late: bool) -> None:
        """One result more that makes the newest interval of its check longer."""
        if tip.rung is not None:
            self.windows.went_on(tip.rung, tip.end_ms, at_ms)
        tip.last_ms = at_ms
        self.keep(tip.series, result, at_ms, position, late)

    def keep(self, series: int, result: Result, at_ms: int, position: int, late: bool) -> None:
        """One result more."""
        self.cells.append((at_ms, bundles.cell_of(series, result)))
        self._positions.append(position)
        if late:
            self.late_ms = max(self.late_ms, at_ms)

    def rows(self) -> list[Row]:
        """The bundles of the kept results, by envelope."""
        by_position: defaultdict[int, list[tuple[int, Cell]]] = defaultdict(list)
        for position, cell in zip(self._positions, self.cells, strict=True):
            by_position[position].append(cell)
        return [row for position, cells in by_position.items() for row in bundles.pack(self.agent, position, cells)]

    def old(self) -> list[Single]:
        """The kept results of a time whose chunks are closed."""
        before_ms = self.front.closed * SLOT_MS
        return [bundles.single(at_ms, cell) for at_ms, cell in self.cells if at_ms < before_ms]


def take(
    connection: Connection, agent: int, entries: Sequence[Entry], front: Front, profiles: Profiles, now: float
) -> Taken:
    """Take all results of sure time of one agent's envelopes; ``front`` is changed."""
    taken = Taken(agent, front)
    others: dict[str, list[_Dated]] = {}
    room = MOST_CHECKS - len(front.tips)
    for entry in entries:
        for report, dated in zip(entry.reports, _datings(connection, entry), strict=True):
            profile = profiles.get(report.config)
            specs = profile.checks if profile else {}
            for result in report.results:
                at = dated.sure_at(result.at)
                if at is None:
                    continue
                check, at_ms, late_s = result.check, round(at * 1000), entry.received - at
                tip = front.tips.get(check)
                if tip and check not in others and _goes_on(tip, specs.get(check), result, at_ms, late_s):
                    taken.extend(tip, result, at_ms, entry.position, late_s > live_seconds(tip.period))
                elif tip or check in others or room > 0:
                    room -= not tip and check not in others
                    one = _Dated(at_ms, result, report.config, late_s, entry.position)
                    others.setdefault(check, []).append(one)
    held = Held(connection, agent, [one.at_ms for some in others.values() for one in some])
    for check, found in others.items():
        for config, some in groupby(found, key=_config):
            _insert(held, taken, check, list(some), profiles.get(config), now)
    return taken


def _datings(connection: Connection, entry: Entry) -> list[Dating]:
    """Of each report, what tells when its results were measured."""
    before = {report.boot for report in entry.reports} - {entry.sent.boot}
    known = boots.known(connection, entry.agent, before) if before else {}
    return [dating(report, entry.sent, entry.received, known.get(report.boot)) for report in entry.reports]


def _goes_on(tip: Tip, spec: Check | None, result: Result, at_ms: int, late_s: float) -> bool:
    """Whether a result only makes the newest interval of its check longer."""
    if spec is not None and (spec.period != tip.period or spec.rung != tip.rung):
        return False
    if late_s > live_seconds(tip.period) and not tip.late:
        return False
    return 0 < at_ms - tip.last_ms <= gap_ms(tip.period) and (
        result.outcome is Outcome.OK if tip.reason is None else result.outcome is tip.outcome
    )


def _config(one: _Dated) -> str:
    return one.config


def _insert(
    held: Held, taken: Taken, check: str, dated: Sequence[_Dated], profile: SeenProfile | None, now: float
) -> None:
    """Put results of one profile into the rows of their check, however they lie."""
    connection, tip = held.connection, taken.front.tips.get(check)
    spec = profile.checks.get(check) if profile else None
    known = _known(connection, taken.agent, check, tip)
    fresh = _fresh(held, taken, known, tip, dated)
    brings_up = known is None or known.rung is None or _is_news(tip, fresh)
    own, newly_placed = bring_up(connection, known, taken.agent, check, spec if brings_up else None)
    times = [one.at_ms for one in fresh]
    if newly_placed and (began := check_history.first_of(connection, own)) is not None:
        times.append(began)
    if fresh:
        measured = own._replace(period=spec.period) if spec else own  # a gap is one by the profile of its time
        live_s = live_seconds(measured.period)
        moments = [Moment(one.at_ms, one.result.outcome, one.result.reason, one.late_s > live_s) for one in fresh]
        for one, moment in zip(fresh, moments, strict=True):
            taken.keep(own.id, one.result, one.at_ms, one.position, moment.late)
        newest = taken.front.tips[check] = check_history.add(connection, measured, tip, moments, taken.cells, now)
        newest.period = own.period
    elif tip is not None:
        tip.rung, tip.period = own.rung, own.period
    if times and own.rung is not None:
        taken.windows.changed(own.rung, min(times), max(times))


def _known(connection: Connection, agent: int, check: str, tip: Tip | None) -> Series | None:
    if tip is None:
        return find(connection, agent, check)
    return Series(tip.series, agent, check, Rung(tip.rung) if tip.rung else None, tip.period)


def _is_news(tip: Tip | None, fresh: Sequence[_Dated]) -> bool:
    """Whether the profile of these results is the newest of their check: what arrives late brings none back.

    A known result from after their arrival is from before the collector's clock was set back: that says nothing.
    """
    if tip is None or not fresh:
        return bool(fresh)
    newest = max(fresh, key=_when)
    return not newest.at_ms <= tip.last_ms <= newest.at_ms + newest.late_s * 1000


def _when(one: _Dated) -> int:
    return one.at_ms


def _fresh(held: Held, taken: Taken, known: Series | None, tip: Tip | None, dated: Sequence[_Dated]) -> list[_Dated]:
    """The results at milliseconds that have none of this check yet."""
    seen = {at_ms for at_ms, cell in taken.cells if known and cell[0] == known.id}
    fresh = []
    for one in dated:
        beyond = tip is not None and one.at_ms > tip.last_ms
        if one.at_ms not in seen and (beyond or known is None or not held.has(known.id, one.at_ms)):
            seen.add(one.at_ms)
            fresh.append(one)
    return fresh
