"""Why a machine is not in contact: its goodbye, the hour, its commune's habit, or somebody must be told."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from sansang_collector.expected import NOTHING_USUAL, Usual, slot_of
from sansang_collector.habit_slots import NO_HABIT, observed, usually_off
from sansang_collector.inventory.calendars import Calendar, calendars
from sansang_collector.inventory.hours import parse_hours
from sansang_collector.inventory.model import Commune, Inventory, Kind, Province
from sansang_collector.liveness import Known, Liveness, Present, State, state_of
from sansang_collector.web.phrases import VIETNAM

HOURS = "mon-fri 07:30-11:30 13:30-17:00"
CODE = "06019"
CALENDAR = Calendar(parse_hours(HOURS))
USUAL = Usual({CODE: CALENDAR}, {})
MONDAY = datetime(2026, 6, 22, tzinfo=VIETNAM)


def on(day: int, clock: str) -> float:
    """Unix seconds of a time of the clock, ``day`` days after a Monday."""
    hours, minutes = clock.split(":")
    return (MONDAY + timedelta(days=day, hours=int(hours), minutes=int(minutes))).timestamp()


def stands(left: float, now: float, usual: Usual = USUAL, **more: Any) -> Liveness:
    """How a machine last in contact at ``left`` stands now."""
    facts: dict[str, Any] = {"commune": CODE, "role": "counter", "retired_at": None, "contact": left}
    facts |= {"known_silent": False, "goodbye": None, "back": None} | more
    return state_of(Known(**facts), Present(now, 0, usual))


def test_a_machine_in_contact_is_online_at_any_hour() -> None:
    assert stands(on(0, "10:00"), on(0, "10:00") + 45) == Liveness(State.ONLINE)
    assert stands(on(6, "03:00"), on(6, "03:00") + 10).state is State.ONLINE


def test_a_machine_never_heard_of_is_never_seen_and_a_retired_one_is_no_silent_one() -> None:
    assert stands(0, on(0, "10:00"), contact=None) == Liveness(State.NEVER_SEEN)
    assert stands(on(0, "09:00"), on(0, "10:00"), retired_at=5.0) == Liveness(State.RETIRED, 5.0)


def test_who_is_switched_off_at_ten_without_a_word_is_silent_until_it_is_back() -> None:
    left = on(0, "10:00")

    for now in (left + 46, on(0, "12:00"), on(0, "22:00"), on(5, "10:00"), on(90, "10:00")):
        assert stands(left, now) == Liveness(State.SILENT, left)


@pytest.mark.parametrize("left", ["16:30", "16:45", "17:00", "17:29", "23:00"])
def test_who_goes_home_without_a_word_is_off_until_the_next_morning_and_then_missed_since_the_opening(
    left: str,
) -> None:
    off = Liveness(State.EXPECTED_OFF, on(0, left), "hours", on(1, "07:30"))

    assert [stands(on(0, left), now) for now in (on(0, left) + 46, on(1, "07:59"))] == [off, off]
    assert stands(on(0, left), on(1, "08:00")) == Liveness(State.SILENT, on(1, "07:30"))


def test_just_before_the_edge_of_the_day_a_machine_is_missed() -> None:
    assert stands(on(0, "16:29"), on(0, "16:30")).state is State.SILENT


def test_a_weekend_and_a_holiday_are_no_silence() -> None:
    monday_off = Usual({CODE: CALENDAR._replace(holidays=frozenset({int((on(7, "12:00") + 7 * 3600) // 86400)}))}, {})

    assert stands(on(4, "17:00"), on(6, "10:00")).state is State.EXPECTED_OFF
    assert stands(on(4, "17:00"), on(7, "10:00")).state is State.SILENT
    assert stands(on(4, "17:00"), on(7, "10:00"), monday_off).state is State.EXPECTED_OFF
    assert stands(on(4, "17:00"), on(8, "10:00"), monday_off) == Liveness(State.SILENT, on(8, "07:30"))


@pytest.mark.parametrize("role", ["mini", "vantage"])
def test_what_is_always_on_is_missed_at_any_hour(role: str) -> None:
    assert stands(on(5, "23:00"), on(5, "23:01"), role=role) == Liveness(State.SILENT, on(5, "23:00"))


def test_without_hours_and_habits_whoever_is_away_is_missed() -> None:
    assert stands(on(0, "23:00"), on(0, "23:01"), NOTHING_USUAL) == Liveness(State.SILENT, on(0, "23:00"))


@pytest.mark.parametrize("reason", ["shutdown", "sleep", "logoff", "stop"])
def test_a_goodbye_explains_until_the_next_opening(reason: str) -> None:
    left = on(0, "10:00")
    said = Liveness(State.GOODBYE, left, reason, on(0, "13:30"))

    assert [stands(left, now, goodbye=reason) for now in (left + 46, on(0, "13:59"))] == [said, said]
    assert stands(left, on(0, "14:00"), goodbye=reason) == Liveness(State.SILENT, on(0, "13:30"))


def test_a_goodbye_in_the_evening_explains_the_weekend() -> None:
    left = on(4, "17:02")

    assert stands(left, on(7, "07:59"), goodbye="shutdown").state is State.GOODBYE
    assert stands(left, on(7, "08:00"), goodbye="shutdown") == Liveness(State.SILENT, on(7, "07:30"))


def test_a_goodbye_explains_until_the_time_it_named_and_ten_minutes() -> None:
    left, back = on(0, "14:00"), on(0, "15:00")

    assert stands(left, back + 599, goodbye="sleep", back=back) == Liveness(State.GOODBYE, left, "sleep", back)
    assert stands(left, back + 600, goodbye="sleep", back=back) == Liveness(State.SILENT, back)
    assert stands(left, on(0, "20:00"), goodbye="sleep", back=on(0, "18:00")).state is State.EXPECTED_OFF


@pytest.mark.parametrize("reason", ["restart", "update"])
def test_a_restart_explains_ten_minutes(reason: str) -> None:
    left = on(0, "10:00")

    assert stands(left, left + 599, goodbye=reason).state is State.GOODBYE
    assert stands(left, left + 600, goodbye=reason) == Liveness(State.SILENT, left)
    assert stands(on(0, "17:00"), on(0, "18:00"), goodbye=reason).state is State.EXPECTED_OFF


def test_where_nobody_says_when_people_work_a_goodbye_explains_until_the_machine_is_back() -> None:
    assert stands(on(0, "10:00"), on(30, "10:00"), NOTHING_USUAL, goodbye="shutdown").state is State.GOODBYE


def test_what_is_always_on_is_missed_a_day_after_its_goodbye() -> None:
    left = on(0, "10:00")

    assert stands(left, on(1, "09:59"), role="mini", goodbye="stop").state is State.GOODBYE
    assert stands(left, on(1, "10:00"), role="mini", goodbye="stop") == Liveness(State.SILENT, left)


def habit(weeks: int, share_at: dict[str, float], day: int) -> bytes:
    """What ``weeks`` weeks teach in which this share of the machines was on at these times of one day, all else on."""
    made = NO_HABIT
    for _ in range(weeks):
        for quarter in range(96):
            clock = f"{quarter // 4}:{quarter % 4 * 15:02}"
            made = observed(made, slot_of(on(day, clock)), share_at.get(clock, 1.0))
    return made


def test_a_habit_says_nothing_until_it_has_two_weeks_behind_it() -> None:
    slot = slot_of(on(5, "09:00"))
    seen = [usually_off(habit(weeks, {"9:00": 0.0}, 5), slot) for weeks in (0, 1, 2, 3)]

    assert seen == [False, False, True, True]


def test_a_habit_follows_people_within_a_month() -> None:
    made, slot = habit(8, {"9:00": 0.0}, 5), slot_of(on(5, "09:00"))
    weeks = 0
    while usually_off(made, slot):
        made, weeks = observed(made, slot, 1.0), weeks + 1

    assert 1 <= weeks <= 4


def test_one_machine_of_four_left_on_over_night_keeps_no_habit_from_being_one() -> None:
    assert not usually_off(habit(4, {"9:00": 0.25}, 5), slot_of(on(5, "09:00")))
    assert usually_off(habit(4, {"9:00": 0.2}, 5), slot_of(on(5, "09:00")))


def test_who_is_usually_off_on_friday_afternoon_is_not_missed_then_but_the_next_morning() -> None:
    afternoon = {f"{hour}:{minute:02}": 0.0 for hour in range(13, 18) for minute in (0, 15, 30, 45)}
    usual = Usual({CODE: CALENDAR}, {CODE: habit(3, afternoon, 4)})
    left = on(4, "11:30")

    assert stands(left, on(4, "15:00")).state is State.SILENT
    assert stands(left, on(4, "15:00"), usual) == Liveness(State.EXPECTED_OFF, left, "habit", on(7, "07:30"))
    assert stands(left, on(7, "08:00"), usual) == Liveness(State.SILENT, on(7, "07:30"))
    assert stands(on(4, "09:00"), on(4, "15:00"), usual) == Liveness(State.SILENT, on(4, "09:00"))


def test_a_habit_alone_says_when_nobody_works_where_no_hours_are_entered() -> None:
    night = {f"{hour}:{minute:02}": 0.0 for hour in (*range(7), *range(18, 24)) for minute in (0, 15, 30, 45)}
    learned = NO_HABIT
    for day in range(21):
        for quarter in range(96):
            clock = f"{quarter // 4}:{quarter % 4 * 15:02}"
            learned = observed(learned, slot_of(on(day, clock)), night.get(clock, 1.0))
    usual = Usual({}, {CODE: learned})

    assert stands(on(21, "18:00"), on(22, "06:59"), usual) == Liveness(
        State.EXPECTED_OFF, on(21, "18:00"), "habit", on(22, "07:00")
    )
    assert stands(on(21, "18:00"), on(22, "07:00"), usual) == Liveness(State.SILENT, on(22, "07:00"))
    assert stands(on(21, "17:00"), on(21, "17:01"), usual).state is State.SILENT
    assert stands(on(21, "17:00"), on(22, "06:00"), usual, goodbye="shutdown").state is State.GOODBYE


def test_a_commune_has_its_own_hours_and_holidays_beside_the_provinces() -> None:
    inventory = Inventory(
        province=Province(name="Lạng Sơn", code="20", hours=HOURS, holidays=("2026-06-23",)),
        communes=(
            Commune(code="06019", name="Một", kind=Kind.XA),
            Commune(
                code="06020", name="Hai", kind=Kind.XA, hours="sat 08:00-10:00", holidays=("2026-06-24..2026-06-27",)
            ),
        ),
    )
    found = calendars(inventory)

    assert [found["06019"].is_open(on(day, "10:00")) for day in range(7)] == [
        True,
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert [found["06020"].is_open(on(day, "09:00")) for day in range(14)] == [*[False] * 12, True, False]
    edges = ("07:29", "07:30", "11:29", "11:30", "16:59", "17:00")
    assert [found["06019"].is_open(on(0, clock)) for clock in edges] == [False, True, True, False, True, False]


def test_five_o_clock_in_sixty_five_communes_switches_nothing_falsely() -> None:
    chance = Random(17)
    machines = [(f"{5900 + number // 4:05}", "mini" if number % 16 == 3 else "counter") for number in range(260)]
    usual = Usual({code: CALENDAR for code, _ in machines}, {})
    leaving = {n: on(0, "16:30") + chance.triangular(0, 3600, 1860) for n in range(260) if chance.random() < 0.85}
    leaving = {n: at for n, at in leaving.items() if machines[n][1] == "counter"}
    wordless = {n for n in leaving if chance.random() < 0.2}
    missed, seen = set(), set()
    for now in range(int(on(0, "16:25")), int(on(1, "07:59")), 60):
        for number, (code, role) in enumerate(machines):
            gone = leaving.get(number, now) < now
            known = Known(
                code, role, None, min(leaving.get(number, now), now), known_silent=False,
                goodbye="shutdown" if gone and number not in wordless else None, back=None,
            )  # fmt: skip
            state = state_of(known, Present(now, 0, usual)).state
            seen.add(state)
            if state is State.SILENT:
                missed.add(number)

    assert len(leaving) > 190
    assert len(wordless) > 30
    assert missed == set()
    assert seen == {State.ONLINE, State.GOODBYE, State.EXPECTED_OFF}
