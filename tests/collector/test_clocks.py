"""Dating results without trusting any clock but the collector's."""

import msgspec
import pytest

from sansang_agent.contract.report import Report, Sent
from sansang_collector import clocks
from tests.support.reports import report

RECEIVED = 1_795_000_000.0
SENT = Sent(boot="boot-1", mono=1000.0, wall=17.0)


def taken(mono: float, boot: str = "boot-1", wall: float = 99.0) -> Report:
    return msgspec.convert(report(1, mono, boot=boot, wall=wall), Report)


def test_within_one_boot_only_the_monotonic_clock_counts() -> None:
    assert clocks.stamp(taken(940.0), SENT, RECEIVED, None, -500) == (RECEIVED - 60.5, False)


def test_nothing_was_measured_after_it_arrived() -> None:
    assert clocks.stamp(taken(1000.0), SENT, RECEIVED, None, 90_000) == (RECEIVED, False)


def test_an_earlier_boot_is_dated_from_when_it_began_whatever_its_wall_clock_says() -> None:
    boot = clocks.Boot(skew=600.0, began=RECEIVED - 9000)

    for wall in (RECEIVED - 3 * 86400, RECEIVED + 3 * 86400):
        assert clocks.stamp(taken(5.0, "boot-0", wall), SENT, RECEIVED, boot, -500) == (RECEIVED - 8995.5, False)


def test_where_its_beginning_is_not_known_its_wall_clock_is_corrected_by_its_skew() -> None:
    boot = clocks.Boot(skew=600.0, began=None)

    assert clocks.stamp(taken(5.0, "boot-0", RECEIVED - 3000), SENT, RECEIVED, boot) == (RECEIVED - 3600, False)


def test_an_earlier_boot_of_which_nothing_is_known_is_unsure() -> None:
    assert clocks.stamp(taken(5.0, "boot-0", RECEIVED - 3000), SENT, RECEIVED, None) == (RECEIVED - 3000, True)


@pytest.mark.parametrize("boot", [clocks.Boot(600.0, None), clocks.Boot(0.0, RECEIVED - 1)])
def test_an_earlier_boot_that_would_lie_after_its_arrival_is_unsure(boot: clocks.Boot) -> None:
    assert clocks.stamp(taken(5.0, "boot-0", RECEIVED + 3000), SENT, RECEIVED, boot) == (RECEIVED, True)


def test_an_envelope_shows_when_its_boot_began() -> None:
    assert clocks.known_boot(SENT, RECEIVED) == (17.0 - RECEIVED, RECEIVED - 1000)


def test_live_is_at_most_two_periods_old() -> None:
    assert clocks.is_live(clocks.Stamp(RECEIVED - 30, unsure=False), RECEIVED, 15)
    assert not clocks.is_live(clocks.Stamp(RECEIVED - 30.1, unsure=False), RECEIVED, 15)


def test_a_check_asked_more_often_than_reports_leave_is_not_late_for_it() -> None:
    assert clocks.is_live(clocks.Stamp(RECEIVED - 29, unsure=False), RECEIVED, 5)
    assert clocks.is_live(clocks.Stamp(RECEIVED - 599, unsure=False), RECEIVED, 300)


def test_what_is_unsure_is_never_live() -> None:
    assert not clocks.is_live(clocks.Stamp(RECEIVED, unsure=True), RECEIVED, 15)


def test_the_skew_is_the_agents_clock_minus_ours() -> None:
    assert clocks.skew(Sent(boot="b", mono=1, wall=RECEIVED + 60), RECEIVED) == 60
