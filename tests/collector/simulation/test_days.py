"""When simulated people work: hours, lunch, closing time, weekends, and the same day again for the same seed."""

from itertools import pairwise
from statistics import mean

from sansang_agent.contract.report import GoodbyeReason
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.simulation.days import Hours, Stint, days_of, stints
from sansang_collector.simulation.noise import QUIET, Noise
from tests.collector.simulation.provinces import FRIDAY, OPEN, at

HOURS = Hours(parse_hours(OPEN), frozenset(), breaker=False)
BREAKER = HOURS._replace(breaker=True)
DAY = 86400.0


def days(hours: Hours, midnight: float = FRIDAY, noise: Noise = QUIET, count: int = 1000) -> list[list[Stint]]:
    return [stints(hours, f"pc-{n}", midnight, noise, "commune") for n in range(count)]


def test_a_day_is_the_same_however_often_it_is_asked_for() -> None:
    assert days(HOURS, noise=Noise(), count=50) == days(HOURS, noise=Noise(), count=50)


def test_most_leave_around_five_and_a_fifth_of_them_without_a_word() -> None:
    ends = [day[-1] for day in days(HOURS)]
    left = [one for one in ends if one.ends < FRIDAY + DAY]

    assert 0.80 < len(left) / len(ends) < 0.90
    assert abs(mean(one.ends for one in left) - at("17:00")) < 60
    assert max(abs(one.ends - at("17:00")) for one in left) <= 20 * 60
    assert 0.15 < sum(one.goodbye is None for one in left) / len(left) < 0.25


def test_whoever_throws_the_breaker_leaves_nobody_on() -> None:
    ends = [day[-1].ends for day in days(BREAKER)]

    assert max(ends) <= at("17:20")
    assert len([one for one in ends if one == max(ends)]) > 100


def test_machines_are_on_when_the_doors_open() -> None:
    assert all(day[0].begins <= at("07:30") for day in days(HOURS))


def test_some_sleep_over_lunch_and_are_back_by_half_past_one() -> None:
    asleep = [
        (one, then) for day in days(HOURS) for one, then in pairwise(day)
        if one.goodbye is GoodbyeReason.SLEEP
    ]  # fmt: skip

    assert 200 < len(asleep) < 300
    assert all(at("11:30") < one.ends < then.begins <= at("13:30") for one, then in asleep)


def test_nobody_comes_on_a_saturday_but_machines_left_on_stay_on() -> None:
    saturday = days(HOURS, FRIDAY + DAY)
    stayed = [day[-1].ends == FRIDAY + DAY for day in days(HOURS)]

    assert [bool(day) for day in saturday] == stayed
    assert all(day == [Stint(FRIDAY + DAY, FRIDAY + 2 * DAY)] for day in saturday if day)


def test_a_holiday_is_no_working_day() -> None:
    closed = HOURS._replace(holidays=days_of(["2026-06-25..2026-06-27"]))

    assert closed.holidays == {"2026-06-25", "2026-06-26", "2026-06-27"}
    assert all(len(day) <= 1 for day in days(closed, count=100))


def test_stints_follow_each_other_with_gaps_between() -> None:
    for day in days(HOURS, noise=Noise()):
        assert all(one.begins < one.ends for one in day)
        assert all(one.ends < then.begins for one, then in pairwise(day))
