"""How long to wait before a message is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_alerts.backoff import LONGEST_S, MOST_ASKED_S, wait_s


def test_each_wait_is_twice_the_last_up_to_five_minutes() -> None:
    assert [wait_s(attempt, 1) for attempt in range(1, 10)] == [2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_chance_spreads_what_failed_together() -> None:
    assert (wait_s(3, 0), wait_s(3, 0.5), wait_s(3, 1)) == (4, 6, 8)


def test_what_the_other_side_asks_for_is_kept() -> None:
    assert wait_s(1, 0, 60) == 60
    assert wait_s(1, 1, 60) == pytest.approx(66)


def test_asking_for_a_short_wait_does_not_hurry_us() -> None:
    assert wait_s(5, 0, 1) == 16


def test_nobody_silences_a_channel_for_days() -> None:
    assert wait_s(1, 1, 1e9) <= MOST_ASKED_S * 1.1


@given(st.integers(-5, 10**9), st.floats(0, 1), st.none() | st.floats(-1e12, 1e12))
def test_a_wait_is_always_some_time_and_never_for_ever(attempt: int, chance: float, after_s: float | None) -> None:
    assert 1 <= wait_s(attempt, chance, after_s) <= max(LONGEST_S, MOST_ASKED_S * 1.1)
