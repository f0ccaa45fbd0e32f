"""Which of the messages that wait may leave: people are never buried, programs get each by itself."""

from typing import Any

from sansang_alerts.notice import State
from sansang_alerts.pace import GAP_S, MOST_SINGLY, SINGLES, WINDOW_S, Waiting, choose, may_come

NOW = 1_000_000.0


def waiting(number: int, alert: int | None = 0, **more: Any) -> Waiting:
    said: dict[str, Any] = {"state": State.WAITING, "due_at": NOW, "held_until": 0.0, "attempts": 0}
    return Waiting(id=number, alert=number if alert == 0 else alert, **(said | more))


def chosen(*rows: Waiting, is_person: bool = True) -> tuple[int, ...]:
    return choose(rows, NOW, is_person)


def test_a_few_messages_go_one_after_the_other() -> None:
    assert chosen(*map(waiting, range(1, MOST_SINGLY + 1))) == (1,)


def test_more_are_one_message() -> None:
    assert chosen(*map(waiting, range(1, MOST_SINGLY + 2))) == tuple(range(1, MOST_SINGLY + 2))


def test_programs_get_each_by_itself() -> None:
    assert chosen(*map(waiting, range(1, 100)), is_person=False) == (1,)


def test_while_one_is_under_way_the_others_wait() -> None:
    assert chosen(waiting(3, state=State.SENDING, held_until=NOW + 1), waiting(4)) == ()


def test_what_a_dead_sender_left_comes_first_and_by_itself() -> None:
    left = waiting(7, state=State.SENDING, held_until=NOW - 1, attempts=1)
    assert chosen(*map(waiting, range(1, 7)), left) == (7,)


def test_after_so_many_within_a_minute_the_next_one_waits_a_while() -> None:
    crowded = [NOW - WINDOW_S + 1] * (SINGLES - 1)
    assert may_come(crowded, NOW)
    assert not may_come([*crowded, NOW - GAP_S + 1], NOW)
    assert may_come([*crowded, NOW - GAP_S], NOW)
    assert may_come([NOW - WINDOW_S] * 99, NOW)


def test_what_comes_later_of_an_alert_waits_for_what_came_before() -> None:
    assert chosen(waiting(1, 5, due_at=NOW + 60), waiting(2, 5), waiting(3, 6)) == (3,)


def test_what_was_tried_before_is_no_part_of_another_message() -> None:
    rows = [waiting(1, attempts=1), *map(waiting, range(2, 9))]
    assert chosen(*rows) == (1,)
    assert chosen(*rows[1:], waiting(9, attempts=1)) == tuple(range(2, 9))


def test_what_follows_on_what_was_tried_before_waits_for_it() -> None:
    rows = [waiting(1), waiting(2, 50, attempts=1), waiting(3, 50), *map(waiting, range(4, 9))]
    assert chosen(*rows) == (1, *range(4, 9))


def test_what_was_sent_later_than_now_by_a_clock_set_back_since_holds_nothing_up() -> None:
    assert may_come([NOW + 3600.0] * SINGLES, NOW)


def test_what_is_about_no_fault_is_no_part_of_another_message() -> None:
    assert chosen(*map(waiting, range(1, 8)), waiting(8, None)) == tuple(range(1, 8))


def test_nothing_passes_a_bundle_that_waits_for_another_attempt() -> None:
    assert chosen(waiting(9, None, is_bundle=True, due_at=NOW + 2), waiting(10)) == ()


def test_a_digest_that_waits_for_another_attempt_holds_up_nothing() -> None:
    assert chosen(waiting(9, None, due_at=NOW + 2), waiting(10)) == (10,)


def test_nothing_due_chooses_nothing() -> None:
    assert chosen(waiting(1, due_at=NOW + 1)) == ()
    assert chosen() == ()
