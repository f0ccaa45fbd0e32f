"""How a token is renewed: never at the price of locking a machine out, never all at once."""

from collections.abc import Iterable

import pytest

from sansang_collector.rotation import (
    ANSWERS,
    APART_S,
    ASKED_PER_MINUTE,
    DAY_S,
    WINDOW_S,
    Rotation,
    Stage,
    Valid,
)
from tests.support.ledgers import NOW

DAYS = 30.0
OLD_AGE = NOW - DAYS * DAY_S
OLD, NEW, NEWER = 1, 2, 3


def due(number: int = OLD, *, asked: bool = False, replaces: int | None = None) -> Valid:
    return Valid(number, 100 + number, NOW if asked else OLD_AGE, NOW if asked else None, replaces)


def young(number: int = OLD, *, replaces: int | None = None) -> Valid:
    return Valid(number, 100 + number, NOW, None, replaces)


def settle(rotation: Rotation, numbers: Iterable[int] = (NEW,)) -> list[Stage]:
    """Do in no ledger what is to be done; new tokens get these numbers."""
    tasks = rotation.take_tasks()
    made = iter(numbers)
    for task in tasks:
        if task.stage is Stage.MAKING:
            new = next(made)
            rotation.made(task.renewal, new, f"secret {new}")
        else:
            rotation.done(task.renewal)
    return [task.stage for task in tasks]


@pytest.fixture(name="rotation")
def rotation_() -> Rotation:
    """One token that has come of age."""
    rotation = Rotation()
    rotation.know([due()], NOW, DAYS)
    return rotation


@pytest.fixture(name="offering")
def offering_(rotation: Rotation) -> Rotation:
    """… and its successor, in no answer yet."""
    assert rotation.admits(OLD, NOW)
    assert settle(rotation) == [Stage.MAKING]
    return rotation


def use(rotation: Rotation, token: int, at: float) -> tuple[bool, str | None]:
    """One report: whether it is taken, and what its answer hands out."""
    return rotation.admits(token, at), rotation.offer(token, at)


def test_a_young_token_stays_as_it_is() -> None:
    rotation = Rotation()
    rotation.know([young()], NOW, DAYS)

    assert use(rotation, OLD, NOW) == (True, None)
    assert settle(rotation) == []


def test_a_machine_that_is_away_gets_no_new_token(rotation: Rotation) -> None:
    rotation.know([due()], NOW + WINDOW_S, DAYS)

    assert settle(rotation) == []


def test_the_new_token_is_in_every_answer_until_it_is_used(offering: Rotation) -> None:
    assert [use(offering, OLD, NOW + 15 * each) for each in range(1000)] == [(True, "secret 2")] * 1000
    assert use(offering, NEW, NOW + 20_000) == (True, None)
    assert use(offering, OLD, NOW + 20_000) == (False, None)
    assert settle(offering) == [Stage.OVER]
    assert use(offering, NEW, NOW + 20_001) == (True, None)


def test_it_is_used_once_and_the_old_one_ends_once(offering: Rotation) -> None:
    assert [offering.admits(NEW, NOW + each) for each in range(5)] == [True] * 5
    assert settle(offering) == [Stage.OVER]


def test_a_machine_that_does_not_take_it_over_within_a_day_is_shut_out(offering: Rotation) -> None:
    for each in range(ANSWERS):
        assert use(offering, OLD, NOW + each * APART_S)[0]
    assert use(offering, OLD, NOW + WINDOW_S - 1)[0]

    assert use(offering, OLD, NOW + WINDOW_S) == (False, None)
    assert not offering.admits(NEW, NOW + WINDOW_S)
    assert settle(offering) == [Stage.STUCK]


def test_many_answers_within_a_minute_are_one(offering: Rotation) -> None:
    for each in range(50):
        assert use(offering, OLD, NOW + each)[0]

    assert use(offering, OLD, NOW + WINDOW_S)[0]
    assert settle(offering, [NEWER]) == [Stage.MAKING]


def test_a_machine_that_was_away_gets_another_and_another_day(offering: Rotation) -> None:
    assert use(offering, OLD, NOW) == (True, "secret 2")  # an answer that never arrived

    assert use(offering, OLD, NOW + 30 * DAY_S)[0]
    assert settle(offering, [NEWER]) == [Stage.MAKING]
    assert use(offering, OLD, NOW + 30 * DAY_S + 15) == (True, "secret 3")
    assert use(offering, NEWER, NOW + 30 * DAY_S + 30)[0]


def test_the_answer_that_arrived_late_is_good_all_the_same(offering: Rotation) -> None:
    """It was handed out once, another one was made, and the machine uses the first."""
    use(offering, OLD, NOW)
    use(offering, OLD, NOW + WINDOW_S)
    settle(offering, [NEWER])

    assert use(offering, NEW, NOW + WINDOW_S + 15)[0]
    assert settle(offering) == [Stage.OVER]


def test_after_a_restart_another_one_is_made_and_the_one_handed_out_before_is_still_good() -> None:
    rotation = Rotation()
    rotation.know([due(), young(NEW, replaces=OLD)], NOW, DAYS)

    assert use(rotation, OLD, NOW) == (True, None)
    assert settle(rotation, [NEWER]) == [Stage.MAKING]
    assert use(rotation, OLD, NOW + 15) == (True, "secret 3")
    assert use(rotation, NEW, NOW + 30) == (True, None)
    assert use(rotation, OLD, NOW + 30)[0] is False
    assert settle(rotation) == [Stage.OVER]


def test_after_a_restart_between_its_use_and_the_end_of_the_old_one_that_ends_at_its_next_use() -> None:
    rotation = Rotation()
    rotation.know([due(), young(NEW, replaces=OLD)], NOW, DAYS)

    assert use(rotation, NEW, NOW) == (True, None)
    assert settle(rotation) == [Stage.OVER]


def test_it_is_used_while_another_one_is_being_made() -> None:
    rotation = Rotation()
    rotation.know([due(), young(NEW, replaces=OLD)], NOW, DAYS)
    assert rotation.admits(OLD, NOW)
    (making,) = rotation.take_tasks()
    assert rotation.admits(NEW, NOW)
    rotation.made(making.renewal, NEWER, "secret 3")

    assert use(rotation, OLD, NOW) == (False, None)
    (over,) = rotation.take_tasks()
    assert (over.stage, over.renewal.used) == (Stage.OVER, NEW)


def test_what_could_not_be_done_in_the_ledger_is_done_the_next_time(offering: Rotation) -> None:
    offering.admits(NEW, NOW)
    offering.put_back(offering.take_tasks())

    assert use(offering, OLD, NOW)[0] is False
    assert settle(offering) == [Stage.OVER]


def test_a_token_that_somebody_ended_is_handed_out_no_more(offering: Rotation) -> None:
    offering.know([due()], NOW + 60, DAYS)

    assert use(offering, OLD, NOW + 61) == (True, None)
    assert settle(offering, [NEWER]) == [Stage.MAKING]


def test_what_is_handed_out_goes_on_though_tokens_may_now_get_older(offering: Rotation) -> None:
    offering.know([due(), young(NEW, replaces=OLD)], NOW, 365)

    assert use(offering, OLD, NOW) == (True, "secret 2")


def test_one_that_somebody_wants_renewed_is_whatever_its_age() -> None:
    rotation = Rotation()
    rotation.know([due(asked=True)], NOW, DAYS)

    assert rotation.admits(OLD, NOW)
    assert settle(rotation) == [Stage.MAKING]


def begun_by_minute(fleet: int, minutes: int) -> list[int]:
    """How many renewals begin in each minute of a fleet whose tokens all come of age at once, all of it heard."""
    rotation = Rotation()
    tokens = {number: due(number) for number in range(fleet)}
    begun = []
    for minute in range(minutes):
        now = NOW + minute * 60
        rotation.know(tokens.values(), now, DAYS)
        for number in range(fleet):
            rotation.admits(number, now)
        renewals = [task.renewal for task in rotation.take_tasks()]
        for renewal in renewals:
            tokens[renewal.old] = young(renewal.old)
            rotation.done(renewal)
        begun.append(len(renewals))
    return begun


def test_of_a_province_enrolled_on_one_day_few_are_renewed_in_an_hour_and_all_within_a_day() -> None:
    begun = begun_by_minute(65, 24 * 60)

    assert max(sum(begun[minute : minute + 60]) for minute in range(len(begun))) <= 5
    assert sum(begun) == 65


def test_of_a_large_fleet_one_in_twenty_is_renewed_in_an_hour_evenly() -> None:
    begun = begun_by_minute(1_800, 60)

    assert 85 <= sum(begun) <= 100
    assert max(begun) <= 8


def test_of_a_fleet_that_is_to_be_renewed_at_once_few_are_in_a_minute() -> None:
    rotation = Rotation()
    every = [due(number, asked=True) for number in range(1000)]
    begun = []
    for minute in range(4):
        rotation.know(every, NOW + minute * 60, DAYS)
        begun.append(sum(rotation.admits(one.id, NOW) and bool(rotation.take_tasks()) for one in every))

    assert begun == [ASKED_PER_MINUTE] * 4


def test_a_secret_stands_in_no_repr(offering: Rotation) -> None:
    use(offering, OLD, NOW)

    assert "secret" not in repr(offering._of)
