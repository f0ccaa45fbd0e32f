"""How often somebody may try to log in: by name and address, on a clock of the test."""

import pytest

from sansang_collector.client_address import neighbourhood
from sansang_collector.login_failures import NOBODY, LoginFailures
from sansang_collector.login_limits import ADDRESS, NAME, NAME_AT_ADDRESS, LoginLimits

NOW = 1_782_450_000.0


def wrong(limits: LoginLimits, number: int, name: str = "an", address: str = "192.0.2.1", now: float = NOW) -> float:
    """So many tries at one moment; how long the last one has to wait."""
    return [limits.begin(name, address, now) for _ in range(number)][-1]


def test_five_tries_are_free_and_the_next_ones_wait_ever_longer_but_never_for_good() -> None:
    limits, now, waits = LoginLimits(), NOW, []
    assert wrong(limits, NAME_AT_ADDRESS.free) == 0
    for _ in range(8):
        wait = limits.begin("an", "192.0.2.1", now)
        waits.append(wait)
        now += wait
        assert limits.begin("an", "192.0.2.1", now) == 0

    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_whoever_must_wait_makes_the_wait_no_longer_by_asking() -> None:
    limits = LoginLimits()
    wrong(limits, 5)

    assert [limits.begin("an", "192.0.2.1", NOW + 10) for _ in range(100)] == [20] * 100
    assert limits.begin("an", "192.0.2.1", NOW + 30) == 0


def test_half_an_hour_without_a_try_forgets_all() -> None:
    limits = LoginLimits()
    wrong(limits, 6)

    assert wrong(limits, 5, now=NOW + 1800) == 0


def test_a_right_password_forgets_the_wrong_ones_before_it() -> None:
    limits = LoginLimits()
    wrong(limits, 5)
    limits.succeeded("an", "192.0.2.1", NOW)

    assert wrong(limits, 5) == 0
    assert wrong(limits, 1) == 30


def test_another_address_does_not_wait_for_somebody_elses_tries() -> None:
    limits = LoginLimits()
    wrong(limits, 6)

    assert limits.begin("an", "192.0.2.2", NOW) == 0
    assert limits.begin("bình", "192.0.2.1", NOW) == 0


def test_one_address_may_not_try_every_name() -> None:
    limits = LoginLimits()
    waits = [limits.begin(f"name{number}", "192.0.2.1", NOW) for number in range(ADDRESS.free + 1)]

    assert waits == [0] * ADDRESS.free + [30]


def test_many_addresses_may_not_try_one_name_for_long() -> None:
    limits = LoginLimits()
    waits = [limits.begin("an", f"192.0.2.{number}", NOW) for number in range(NAME.free + 1)]

    assert waits == [0] * NAME.free + [30]


def test_whoever_logged_in_here_before_gets_in_while_the_world_tries_their_name() -> None:
    limits = LoginLimits()
    limits.begin("an", "198.51.100.7", NOW)
    limits.succeeded("an", "198.51.100.7", NOW)
    for number in range(200):
        limits.begin("an", f"192.0.2.{number}", NOW + 60)

    assert limits.begin("an", "203.0.113.9", NOW + 60) > 0
    assert limits.begin("an", "198.51.100.7", NOW + 60) == 0


def test_that_others_at_an_address_guess_does_not_keep_out_whom_it_is_known_for() -> None:
    limits = LoginLimits()
    limits.begin("an", "192.0.2.1", NOW)
    limits.succeeded("an", "192.0.2.1", NOW)
    for number in range(50):
        limits.begin(f"name{number}", "192.0.2.1", NOW)

    assert limits.begin("bình", "192.0.2.1", NOW) > 0
    assert limits.begin("an", "192.0.2.1", NOW) == 0


def test_being_known_is_no_licence_to_guess() -> None:
    limits = LoginLimits()
    limits.succeeded("an", "192.0.2.1", NOW)

    assert wrong(limits, 6) == 30


def test_a_try_that_could_not_be_made_counts_for_nothing() -> None:
    limits = LoginLimits()
    for _ in range(100):
        assert limits.begin("an", "192.0.2.1", NOW) == 0
        limits.not_made("an", "192.0.2.1")


def test_a_clock_set_back_makes_nobody_wait_until_it_has_caught_up() -> None:
    limits = LoginLimits()
    wrong(limits, 5)

    assert limits.begin("an", "192.0.2.1", NOW - 86_400) == 30
    assert limits.begin("an", "192.0.2.1", NOW - 86_400 + 30) == 0


def test_names_and_addresses_without_end_fill_no_memory() -> None:
    limits = LoginLimits(most=100)
    for number in range(10_000):
        limits.begin(f"name{number}", f"192.0.{number // 256}.{number % 256}", NOW)
        limits.succeeded(f"name{number}", f"192.0.{number // 256}.{number % 256}", NOW)

    assert limits.remembered <= 400


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("fe80::1%eth0", "fe80::2"),
        ("unix", "unix"),
    ],
)
def test_whoever_has_many_addresses_counts_once(one: str, other: str) -> None:
    assert neighbourhood(one) == neighbourhood(other)


def test_neighbours_count_apart() -> None:
    assert len({neighbourhood(one) for one in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "")}) == 5


def test_failures_are_told_once_a_minute_for_each_account_and_none_is_lost() -> None:
    failures = LoginFailures()

    assert [failures.count("an", NOW + second) for second in range(60)] == [1, *[0] * 59]
    assert failures.count("bình", NOW + 59) == 1
    assert failures.count(NOBODY, NOW + 59) == 1
    assert failures.count("an", NOW + 60) == 60
    assert failures.count("an", NOW + 61) == 0
    assert failures.untold("an") == 1
    assert failures.untold("an") == 0
