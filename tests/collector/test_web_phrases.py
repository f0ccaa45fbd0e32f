"""Numbers, times and spans as people say them."""

import pytest

from sansang_collector.web.codes import normal
from sansang_collector.web.phrases import Phrases

NOON = 1_782_450_000.0  # 2026-06-26 12:00:00 in Vietnam
VI = Phrases("vi")
EN = Phrases("en")


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "0 giây", "0 seconds"),
        (1, "1 giây", "1 second"),
        (59.9, "59 giây", "59 seconds"),
        (61, "1 phút", "1 minute"),
        (3600, "1 giờ", "1 hour"),
        (7500, "2 giờ 5 phút", "2 hours 5 minutes"),
        (86400 * 3 + 3600, "3 ngày 1 giờ", "3 days 1 hour"),
    ],
)
def test_a_span_is_said_in_its_largest_units(seconds: float, vi: str, en: str) -> None:
    assert (VI.duration(seconds), EN.duration(seconds)) == (vi, en)


@pytest.mark.parametrize(
    ("age", "said"), [(None, "chưa lần nào"), (1, "vừa xong"), (-5, "vừa xong"), (120, "2 phút trước")]
)
def test_the_past_is_said_from_now(age: float | None, said: str) -> None:
    assert VI.ago(None if age is None else NOON - age, NOON) == said


def test_today_needs_no_date_and_another_day_does() -> None:
    assert VI.moment(NOON - 60, NOON) == "11:59:00"
    assert VI.moment(NOON - 86400, NOON) == "12:00:00 25/06/2026"
    assert EN.moment(NOON - 86400, NOON) == "12:00:00 2026-06-25"


def test_the_day_changes_at_midnight_in_vietnam() -> None:
    midnight = NOON - 12 * 3600

    assert VI.moment(midnight - 1, midnight) == "23:59:59 25/06/2026"


def test_numbers_are_written_as_the_language_does() -> None:
    assert (VI.milliseconds(0.41), EN.milliseconds(0.41)) == ("0,41 ms", "0.41 ms")
    assert VI.milliseconds(123.4) == "123 ms"
    assert (VI.count(3321), EN.count(3321)) == ("3.321", "3,321")


def test_a_little_loss_is_not_none() -> None:
    assert (VI.percent(0.004), VI.percent(0), VI.percent(0.2)) == ("0,4 %", "0 %", "20 %")


@pytest.mark.parametrize(
    ("skew", "said"),
    [(None, "–"), (0.4, "đúng giờ"), (125, "nhanh 2 phút"), (-7200, "chậm 2 giờ")],
)
def test_a_clock_is_fast_slow_or_right(skew: float | None, said: str) -> None:
    assert VI.skew(skew) == said


def test_phases_are_said_in_their_order_and_a_newer_agents_last_by_its_own_name() -> None:
    said = VI.phases({"connect": 12.0, "quic": 1.0, "resolve": 3.1})

    assert said == [("tra tên miền", 3.1), ("kết nối", 12.0), ("quic", 1.0)]


@pytest.mark.parametrize("typed", ["K7F2QD", " k7f2qd ", "k7f-2qd", "K7F 2QD"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert normal(typed) == "K7F2QD"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert normal("oil0iL") == "011011"


@pytest.mark.parametrize("typed", ["", "K7F2Q", "K7F2QDD", "K7F2QU", "<b>K7F", "KÝ TỰ 6"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normal(typed) == ""


def test_a_time_without_a_date_of_its_own_is_said_as_the_nearest_one() -> None:
    assert VI.date(253_402_300_799) == "31/12/9999"  # a certificate without an end; in Vietnam it is the year 10000
    assert VI.date(-1e300).startswith("01/01/")
    assert VI.moment(1e300, NOON) == "23:59:59 31/12/9999"
