"""When a collector counts as silent, and when as back: by a clock that the test holds."""

from collections.abc import Mapping

from sansang_agent.silence_watch import CALM_S, Deed, SilenceWatch

AFTER_S = 300.0
DAY_S = 86_400.0


def walked(answers: Mapping[float, float], last: float, *, is_silent: bool = False) -> list[tuple[float, Deed]]:
    """What is done from 0 to ``last``, looked at every five seconds; from the first of each answers to the second the
    collector answers every 15 s."""
    watch, heard = SilenceWatch(AFTER_S, 0.0, is_silent=is_silent), None
    found: list[tuple[float, Deed]] = []
    for look in range(0, int(last) + 1, 5):
        now = float(look)
        if now % 15 == 0 and any(first <= now <= end for first, end in answers.items()):
            heard = now
        if (deed := watch.look(now, heard)) is not Deed.NOTHING:
            found.append((now, deed))
    return found


def test_a_collector_that_answers_is_not_silent() -> None:
    assert walked({0: DAY_S}, 3600) == []


def test_five_minutes_without_an_answer_are_a_silence_that_begins_once() -> None:
    assert walked({0: 600}, 7200) == [(900, Deed.BEGINS)]


def test_one_that_never_answered_is_silent_five_minutes_after_the_start() -> None:
    assert walked({}, 7200) == [(300, Deed.BEGINS)]


def test_it_is_over_when_answers_have_come_for_a_minute() -> None:
    found = walked({0: 600, 1800: DAY_S}, 3600)

    assert found == [(900, Deed.BEGINS), (1800 + CALM_S, Deed.ENDS)]


def test_single_answers_in_a_silence_are_no_end_of_it() -> None:
    assert walked({0: 600, 1800: 1830, 3000: 3000, 4200: 4215}, 7200) == [(900, Deed.BEGINS)]


def test_the_next_silence_is_another_one() -> None:
    found = walked({0: 600, 1800: 3600}, 7200)

    assert found == [(900, Deed.BEGINS), (1860, Deed.ENDS), (3900, Deed.BEGINS)]


def test_a_silence_from_before_the_start_is_not_begun_again() -> None:
    assert walked({}, 3600, is_silent=True) == []
    assert walked({900: DAY_S}, 3600, is_silent=True) == [(960, Deed.ENDS)]


def test_a_machine_that_slept_has_not_waited_meanwhile() -> None:
    watch = SilenceWatch(AFTER_S, 0.0)
    watch.look(0.0, 0.0)

    assert watch.look(8 * 3600.0, 0.0) is Deed.NOTHING
    assert watch.look(8 * 3600.0 + 10, 0.0) is Deed.NOTHING
    for late in range(20, 310, 10):
        found = watch.look(8 * 3600.0 + late, 0.0)
    assert found is Deed.BEGINS
