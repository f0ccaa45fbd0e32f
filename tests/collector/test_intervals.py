"""Results in any order make the same intervals."""

from bisect import insort
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.contract.outcome import Outcome, Reason
from sansang_collector.intervals import Interval, Moment, Timeline

GAP = 37_500
OK, FAILED, UNKNOWN = Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN
REASONS = {OK: None, FAILED: Reason.TIMEOUT, UNKNOWN: Reason.NO_PERMISSION}

Shown = tuple[int, int, Outcome]


class Kept:
    """A timeline with the results it has been given, as the ledger keeps them."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.timeline = Timeline([], GAP, self._neighbours)

    def _neighbours(self, whole: Interval, at_ms: int) -> tuple[Moment, Moment]:
        within = [moment for moment in self.moments if whole.first_ms <= moment.at_ms <= whole.last_ms]
        before = max(moment for moment in within if moment.at_ms < at_ms)
        return before, min(moment for moment in within if moment.at_ms > at_ms)

    def add(self, at_ms: int, outcome: Outcome) -> None:
        moment = Moment(at_ms, outcome, REASONS[outcome])
        self.timeline.add(moment)
        insort(self.moments, moment)

    def shown(self) -> list[Shown]:
        return [(one.first_ms, one.last_ms, one.outcome) for one in self.timeline.intervals]


def made_of(*moments: tuple[int, Outcome]) -> Kept:
    kept = Kept()
    for at_s, outcome in moments:
        kept.add(at_s * 1000, outcome)
    return kept


def by_definition(moments: dict[int, Outcome]) -> list[Shown]:
    """Maximal runs of one outcome without a gap, straight from the definition."""
    runs: list[Shown] = []
    for at, outcome in sorted(moments.items()):
        if runs and runs[-1][2] is outcome and at - runs[-1][1] <= GAP:
            runs[-1] = (runs[-1][0], at, outcome)
        else:
            runs.append((at, at, outcome))
    return runs


results = st.dictionaries(st.integers(0, 900).map(lambda at: at * 1000), st.sampled_from([OK, FAILED, UNKNOWN]))


@given(results, st.randoms(use_true_random=False))
def test_any_order_of_arrival_makes_the_intervals_the_definition_asks_for(
    moments: dict[int, Outcome], random: Random
) -> None:
    arriving = list(moments.items())
    random.shuffle(arriving)
    kept = Kept()
    for at, outcome in arriving:
        kept.add(at, outcome)

    assert kept.shown() == by_definition(moments)
    assert [one.reason for one in kept.timeline.intervals] == [REASONS[one.outcome] for one in kept.timeline.intervals]


def test_a_backlog_that_arrives_newest_first_extends_backwards() -> None:
    assert made_of((60, OK), (45, OK), (30, OK), (15, FAILED)).shown() == [(15000, 15000, FAILED), (30000, 60000, OK)]


def test_a_gap_of_more_than_two_and_a_half_periods_ends_an_interval() -> None:
    assert made_of((0, OK), (37, OK), (75, OK)).shown() == [(0, 37000, OK), (75000, 75000, OK)]


def test_a_late_result_between_two_intervals_of_its_outcome_merges_them() -> None:
    timeline = Timeline(
        [Interval(0, 0, OK, None, False, 1, 7), Interval(60_000, 60_000, OK, None, False, 3, 8)], GAP, _none
    )
    timeline.add(Moment(30_000, OK, None, late=True))

    assert timeline.intervals == [Interval(0, 60_000, OK, None, True, 4)]
    assert [gone.id for gone in timeline.superseded] == [7, 8]


def test_a_late_result_inside_an_interval_of_another_outcome_splits_it_at_its_neighbours() -> None:
    kept = made_of((0, OK), (15, OK), (40, OK), (55, OK), (20, FAILED))

    assert kept.shown() == [(0, 15000, OK), (20000, 20000, FAILED), (40000, 55000, OK)]
    assert [one.revision for one in kept.timeline.intervals] == [2, 2, 2]


def test_the_reason_is_of_the_first_result() -> None:
    timeline = Timeline([], GAP, _none)
    timeline.add(Moment(15_000, FAILED, Reason.TIMEOUT))
    timeline.add(Moment(30_000, FAILED, Reason.REFUSED))
    timeline.add(Moment(0, FAILED, Reason.NO_ROUTE))

    assert [one.reason for one in timeline.intervals] == [Reason.NO_ROUTE]


def test_an_extended_row_stays_the_same_row() -> None:
    timeline = Timeline([Interval(0, 15_000, OK, None, False, 1, 7)], GAP, _none)
    timeline.add(Moment(30_000, OK, None))

    assert (timeline.intervals[0].id, timeline.superseded) == (7, [])


def _none(whole: Interval, at_ms: int) -> tuple[Moment, Moment]:
    raise AssertionError("nothing is split here")
