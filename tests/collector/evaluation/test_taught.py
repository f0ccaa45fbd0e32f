"""What is learned of evenings alone, held against the world they were played in."""

import pytest

from sansang_collector.diagnosis.leaving import BREAKER, PERHAPS_BREAKER
from sansang_collector.evaluation.ground import Ground, ground
from sansang_collector.evaluation.taught import taught, workdays_before
from sansang_collector.simulation.faults import parse_time
from sansang_collector.simulation.quick import Quick
from sansang_collector.simulation.quick_scene import Options

THURSDAY = parse_time("2026-06-25", 0)
JUST_CLOSED = parse_time("2026-06-25T17:12", 0)


def test_the_days_before_are_working_days_and_the_oldest_comes_first() -> None:
    before = workdays_before(THURSDAY, 5)

    assert before == [parse_time(f"2026-06-{day}", 0) for day in (18, 19, 22, 23, 24)]


def first_asked(on: Ground, id_: int) -> tuple[int, str]:
    """The first check of a machine: its number and its name."""
    number = on.graph.agent_numbers[id_]
    agent = on.graph.agents[number]
    name = next(iter(on.graph.names[agent.key.partition("/")[0]]))
    return on.graph.check(number, name), name


def test_four_evenings_tell_who_throws_the_breaker_and_how_long_answers_take() -> None:
    on, seed = ground(5, 6), 3
    quick = Quick(on.made, (), THURSDAY, THURSDAY + 60, seed=seed)
    world = quick.scene.world
    throw = {code for code, place in world.places.items() if place.hours.breaker}
    assert 0 < len(throw) < len(world.places)

    made = taught(on, JUST_CLOSED, 4, seed, Options())

    breaker = dict(zip(on.graph.communes, made.believed(JUST_CLOSED).breaker, strict=True))
    assert {code for code, rate in breaker.items() if rate >= BREAKER} == throw
    assert {rate for code, rate in breaker.items() if code not in throw} == {PERHAPS_BREAKER}
    vantage = on.made.machines[-1].id
    check, name = first_asked(on, vantage)
    assert made.usual_ms[check] == pytest.approx(quick.usual_ms(vantage)[name], rel=0.01)
