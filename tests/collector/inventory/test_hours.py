"""Opening hours and holidays as people write them."""

import pytest

from sansang_collector.inventory.hours import Opening, check_holiday, parse_hours


def test_a_week_is_read_in_either_language() -> None:
    english = parse_hours("mon-wed 07:30-11:30 13:30-17:00; sat 07:30-11:30")

    assert english[:2] == (Opening(0, 450, 690), Opening(0, 810, 1020))
    assert english[-1] == Opening(5, 450, 690)
    assert parse_hours("T2-T4 7h30-11h30, 13h30-17h00; T7 7:30-11:30") == english
    assert parse_hours("") == ()
    assert len(parse_hours("24/7")) == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mon 07:30", "'07:30' is no time span such as 07:30-11:30"),
        ("mon", "'mon' needs days and times, as in 'mon-fri 07:30-11:30 13:30-17:00; sat 07:30-11:30'"),
        ("someday 07:30-11:30", "'someday' is no day (mon tue wed thu fri sat sun, or T2 to T7 and CN)"),
        ("fri-mon 07:30-11:30", "'fri-mon' goes backwards"),
        ("mon 11:30-07:30", "'11:30-07:30' ends before it begins"),
        ("mon 07:60-08:00", "'07:60-08:00' is no time of a day"),
        ("mon 07:30-25:00", "'07:30-25:00' is no time of a day"),
        ("mon 07:30-11:30 11:00-12:00", "opens twice on mon at 11:00"),
        ("mon 07:30-11:30 tue 07:30-11:30", "'tue' stands behind the times; begin a new part with ';'"),
    ],
)
def test_what_is_wrong_is_said_of_the_part_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        parse_hours(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("day", ["2026-09-02", "2028-02-29", "2026-02-14..2026-02-22"])
def test_days_and_spans_are_holidays(day: str) -> None:
    check_holiday(day)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-02-29", "there is no day '2026-02-29'"),
        ("2/9/2026", "'2/9/2026' is no day such as 2026-09-02"),
        ("2026-02-22..2026-02-14", "'2026-02-22..2026-02-14' goes backwards"),
    ],
)
def test_days_that_are_none_are_refused(day: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message is compared
        check_holiday(day)
    assert str(caught.value) == said
