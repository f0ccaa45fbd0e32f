"""Who is on call: shifts over midnight, turns, holidays, overrides, and never nobody."""

from hypothesis import given
from hypothesis import strategies as st

from sansang_alerts import rota, vietnam
from sansang_alerts.rota import Duty, Override, Why
from sansang_alerts.settings import Day, Shift, Team
from tests.alerts.rotas import at, team

WORKDAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NONE: frozenset[int] = frozenset()
WEEKDAYS = Shift(people=("tel-1", "tel-2"), days=WORKDAYS, begins="07:00", ends="17:00")
NIGHTS = Shift(people=("night-1", "night-2"), begins="17:00", ends="07:00")
ALL_DAY = Shift(people=("tel-1", "tel-2", "tel-3"))


def first(of: Team, moment: str, *overrides: Override, holidays: frozenset[int] = NONE) -> str:
    return rota.people_at(of, at(moment), overrides, holidays).people[0]


def test_a_shift_begins_with_its_first_minute_and_ends_before_its_last() -> None:
    of = team(WEEKDAYS)

    assert first(of, "2026-11-26 06:59") == "desk"
    assert first(of, "2026-11-26 07:00") == "tel-1"
    assert first(of, "2026-11-26 16:59") == "tel-1"
    assert first(of, "2026-11-26 17:00") == "desk"


def test_a_shift_over_midnight_is_of_the_day_on_which_it_begins() -> None:
    of = team(Shift(people=("fri",), days=("fri",), begins="22:00", ends="06:00"))

    assert first(of, "2026-11-27 23:00") == "fri"
    assert first(of, "2026-11-28 05:59") == "fri"
    assert first(of, "2026-11-28 06:00") == "desk"
    assert first(of, "2026-11-28 23:00") == "desk"


def test_a_shift_that_ends_when_it_begins_lasts_a_day() -> None:
    of = team(Shift(people=("sun",), days=("sun",), begins="08:00", ends="08:00"))

    assert first(of, "2026-11-29 08:00") == "sun"
    assert first(of, "2026-11-30 07:59") == "sun"
    assert first(of, "2026-11-30 08:00") == "desk"


def test_where_two_shifts_overlap_the_first_in_the_file_counts() -> None:
    of = team(WEEKDAYS, NIGHTS, Shift(people=("weekend",)))

    assert first(of, "2026-11-26 10:00") == "tel-1"
    assert first(of, "2026-11-28 10:00") == "weekend"
    assert first(of, "2026-11-28 18:00") == "night-1"


def test_a_gap_falls_to_the_fallback_and_says_so() -> None:
    duty = rota.on_call(team(WEEKDAYS), at("2026-11-27 18:00"), (), NONE)

    assert duty == Duty(("desk",), at("2026-11-30 07:00"), True, Why.FALLBACK)


def test_people_take_turns_with_the_hand_over_of_their_shift() -> None:
    weekly = Shift(people=("a", "b", "c"), begins="08:00", ends="08:00", rotate_days=7, from_day="2026-11-23")
    of = team(weekly)

    assert rota.people_at(of, at("2026-11-23 08:00"), (), NONE).people == ("a", "b", "c")
    assert first(of, "2026-11-30 07:59") == "a"
    assert rota.people_at(of, at("2026-11-30 08:00"), (), NONE).people == ("b", "c", "a")
    assert first(of, "2026-12-14 08:00") == "a"
    assert first(of, "2026-11-22 08:00") == "c"  # before the first day turns count backwards


def test_the_hand_over_is_told_ahead() -> None:
    weekly = Shift(people=("a", "b"), begins="08:00", ends="08:00", rotate_days=7, from_day="2026-11-23")

    assert rota.on_call(team(weekly), at("2026-11-25 12:00"), (), NONE).until == at("2026-11-30 08:00")
    assert rota.on_call(team(WEEKDAYS), at("2026-11-26 12:00"), (), NONE).until == at("2026-11-26 17:00")


def test_who_is_always_on_call_hands_over_to_nobody() -> None:
    assert rota.on_call(team(ALL_DAY), at("2026-11-25 12:00"), (), NONE).until is None
    assert rota.on_call(team(), at("2026-11-25 12:00"), (), NONE) == Duty(("desk",), None, True, Why.FALLBACK)


def test_holidays_have_shifts_of_their_own() -> None:
    tet = vietnam.days_of(["2026-02-16..2026-02-20"])
    working = Shift(people=("tel-1",), days=WORKDAYS, begins="07:00", ends="17:00", holidays="not")
    of = team(working, Shift(people=("tet-1",), begins="07:00", ends="17:00", holidays="only"))

    assert first(of, "2026-02-13 08:00", holidays=tet) == "tel-1"
    assert first(of, "2026-02-16 08:00", holidays=tet) == "tet-1"
    assert first(of, "2026-02-20 08:00", holidays=tet) == "tet-1"
    assert first(of, "2026-02-21 08:00", holidays=tet) == "desk"


def test_the_night_before_a_holiday_goes_on_into_it() -> None:
    tet = vietnam.days_of(["2026-02-16"])
    of = team(Shift(people=("night",), begins="17:00", ends="07:00", holidays="not"))

    assert first(of, "2026-02-16 06:59", holidays=tet) == "night"
    assert first(of, "2026-02-16 18:00", holidays=tet) == "desk"
    assert first(of, "2026-02-17 06:59", holidays=tet) == "desk"


def test_an_override_takes_the_first_place_and_the_others_come_after() -> None:
    stand_in = Override("line", "tel-9", at("2026-11-26 08:00"), at("2026-11-26 20:00"))
    of = team(ALL_DAY)

    duty = rota.on_call(of, at("2026-11-26 08:00"), [stand_in], NONE)

    assert duty == Duty(("tel-9", "tel-2", "tel-3"), at("2026-11-26 20:00"), False, Why.OVERRIDE)
    assert first(of, "2026-11-26 07:59", stand_in) == "tel-1"
    assert first(of, "2026-11-26 20:00", stand_in) == "tel-1"


def test_a_colleague_of_the_same_shift_may_take_the_place() -> None:
    stand_in = Override("line", "tel-3", at("2026-11-26 08:00"), at("2026-11-26 20:00"))

    assert rota.people_at(team(ALL_DAY), at("2026-11-26 09:00"), [stand_in], NONE).people == ("tel-3", "tel-2")


def test_an_override_fills_a_gap() -> None:
    stand_in = Override("line", "tel-9", at("2026-11-28 08:00"), at("2026-11-28 20:00"))

    assert rota.people_at(team(WEEKDAYS), at("2026-11-28 09:00"), [stand_in], NONE) == Duty(
        ("tel-9",), None, False, Why.OVERRIDE
    )


def test_of_two_overrides_the_later_made_counts_and_other_teams_have_their_own() -> None:
    begins, ends = at("2026-11-26 08:00"), at("2026-11-26 20:00")
    made = [Override("line", "x", begins, ends, 1), Override("line", "y", begins, ends, 2)]
    made.append(Override("power", "z", begins, ends, 3))

    assert first(team(ALL_DAY), "2026-11-26 09:00", *made) == "y"


def test_the_coming_days_are_told_without_a_gap() -> None:
    found = rota.coming(team(WEEKDAYS, NIGHTS), at("2026-11-26 00:00"), at("2026-11-28 00:00"), (), NONE)

    assert [(one.people[0], one.ends - one.begins) for one in found] == [
        ("night-1", 7 * 3600),
        ("tel-1", 10 * 3600),
        ("night-1", 14 * 3600),
        ("tel-1", 10 * 3600),
        ("night-1", 7 * 3600),
    ]
    assert [one.begins for one in found[1:]] == [one.ends for one in found[:-1]]


PEOPLE = st.sampled_from(["a", "b", "c", "d"])
CLOCKS = st.integers(0, 47).map(lambda half: vietnam.clock_of(half * 30))
SHIFTS = st.builds(
    Shift,
    people=st.lists(PEOPLE, min_size=1, unique=True).map(tuple),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    begins=CLOCKS,
    ends=CLOCKS,
    rotate_days=st.sampled_from([0, 1, 7]),
    from_day=st.sampled_from([None, "2026-11-23", "2027-01-01"]),
    holidays=st.sampled_from(["also", "only", "not"]),
)
TEAMS = st.lists(SHIFTS, max_size=4).map(lambda shifts: team(*shifts))
MONDAY = vietnam.day_of("2026-11-23")
HOLIDAYS = st.frozensets(st.integers(MONDAY - 1, MONDAY + 8), max_size=3)
MINUTES = st.integers(0, 7 * 1440 - 1)
OVERRIDES = st.lists(
    st.tuples(PEOPLE, st.integers(0, 300), st.integers(1, 100)).map(
        lambda made: Override(
            "line", made[0], vietnam.moment(MONDAY, 30 * made[1]), vietnam.moment(MONDAY, 30 * sum(made[1:]))
        )
    ),
    max_size=3,
)


@given(TEAMS, OVERRIDES, HOLIDAYS, MINUTES)
def test_every_minute_has_exactly_one_first_person(
    of: Team, overrides: list[Override], holidays: frozenset[int], minute: int
) -> None:
    duty = rota.people_at(of, vietnam.moment(MONDAY, minute), overrides, holidays)

    assert duty.people
    assert len(set(duty.people)) == len(duty.people)
    assert duty.is_fallback == (duty.people == ("desk",))


@given(TEAMS, OVERRIDES, HOLIDAYS)
def test_a_week_told_in_stretches_is_the_week_asked_minute_by_minute(
    of: Team, overrides: list[Override], holidays: frozenset[int]
) -> None:
    begins, ends = vietnam.moment(MONDAY), vietnam.moment(MONDAY + 7)
    told = rota.coming(of, begins, ends, overrides, holidays)

    asked = {half: rota.people_at(of, begins + half * 1800, overrides, holidays) for half in range(7 * 48)}

    assert (told[0].begins, told[-1].ends) == (begins, ends)
    for half, duty in asked.items():
        now = begins + half * 1800
        (stretch,) = [one for one in told if one.begins <= now < one.ends]
        assert (stretch.people, stretch.is_fallback, stretch.why) == (duty.people, duty.is_fallback, duty.why)


@given(TEAMS, OVERRIDES, HOLIDAYS, MINUTES)
def test_nothing_changes_before_the_hand_over_and_something_does_then(
    of: Team, overrides: list[Override], holidays: frozenset[int], minute: int
) -> None:
    now = vietnam.moment(MONDAY, minute)
    duty = rota.on_call(of, now, overrides, holidays)
    if duty.until is None:
        return

    same = duty._replace(until=None)

    assert duty.until > now
    assert rota.people_at(of, duty.until, overrides, holidays) != same
    assert rota.people_at(of, duty.until - 60, overrides, holidays) == same
