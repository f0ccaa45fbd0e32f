"""Intervals of checks become lights of a rung: the best agent speaks, and nothing is claimed that was not measured."""

from sansang_agent.contract.light import Light
from sansang_agent.contract.outcome import Outcome
from sansang_collector.intervals import Interval
from sansang_collector.rungs import Cover, Stretch, best_light, covers, stretches

GAP = 37
OK, FAILED, UNKNOWN = Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN


def series(agent: int, *intervals: tuple[int, int, Outcome]) -> list[Cover]:
    return covers(agent, [Interval(first, last, outcome, None, False) for first, last, outcome in intervals], GAP)


def shown(*series_covers: list[Cover], start: int = -1000, end: int = 10_000) -> list[tuple[int, int, Light]]:
    found = stretches([cover for one in series_covers for cover in one], start, end, continues=False)
    return [(one.first_ms, one.last_ms, one.light) for one in found]


def test_a_stretch_ends_where_the_next_begins_and_at_its_last_result_when_none_follows() -> None:
    assert shown(series(1, (0, 100, OK), (115, 200, FAILED))) == [(0, 115, Light.OK), (115, 200, Light.FAILED)]


def test_what_is_not_measured_is_a_hole() -> None:
    assert shown(series(1, (0, 100, OK), (500, 600, OK))) == [(0, 100, Light.OK), (500, 600, Light.OK)]


def test_one_agent_that_reaches_it_speaks_for_the_commune() -> None:
    assert shown(series(1, (0, 100, FAILED)), series(2, (3, 103, OK))) == [(0, 3, Light.FAILED), (3, 103, Light.OK)]


def test_some_checks_of_the_best_agent_failing_is_degraded() -> None:
    assert shown(series(1, (0, 100, FAILED)), series(1, (0, 100, OK))) == [(0, 100, Light.DEGRADED)]


def test_a_failure_known_by_one_agent_is_not_hidden_by_another_that_could_not_find_out() -> None:
    assert shown(series(1, (0, 100, UNKNOWN)), series(2, (0, 100, FAILED))) == [(0, 100, Light.FAILED)]


def test_an_agent_that_stops_measuring_stops_speaking_after_its_gap() -> None:
    assert shown(series(1, (0, 100, OK)), series(2, (0, 300, FAILED))) == [(0, 137, Light.OK), (137, 300, Light.FAILED)]


def test_a_light_that_only_comes_from_others_falling_silent_is_not_claimed_beyond_the_last_result() -> None:
    both = (series(1, (0, 120, OK)), series(1, (0, 100, FAILED)))

    assert shown(*both) == [(0, 120, Light.DEGRADED)]


def test_a_window_that_continues_elsewhere_is_not_trimmed() -> None:
    found = stretches(series(1, (0, 100, OK)), 0, 120, continues=True)

    assert found == [Stretch(0, 120, Light.OK, False)]


def test_no_agent_is_not_configured() -> None:
    assert best_light([]) is Light.NOT_CONFIGURED
