"""Whatever looks say, and in whatever order: no incident ends unless it was found well, and every step makes sense."""

from random import Random

import pytest

from sansang_collector.diagnosis import lifecycle
from sansang_collector.diagnosis.graph import Graph
from sansang_collector.diagnosis.incident import Happening, Incident, Phase
from sansang_collector.diagnosis.verdict import Assessment, Level, Verdict
from tests.support.following import Follower, a_verdict, province

T = 1_782_450_000.0
MAY_FOLLOW = {
    None: {Phase.SUSPECT, Phase.OPEN},
    Phase.SUSPECT: {Phase.OPEN, Phase.DROPPED},
    Phase.OPEN: {Phase.CLOSING, Phase.DROPPED},
    Phase.CLOSING: {Phase.OPEN, Phase.RESOLVED, Phase.DROPPED},
    Phase.RESOLVED: {Phase.OPEN},
    Phase.DROPPED: set[Phase](),
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return province()


def any_verdict(graph: Graph, dice: Random, now: float) -> Verdict:
    parts = [part for part in graph.parts if not part.id.startswith(("pc", "collector"))]
    part = dice.choice(parts)
    hit = (part.commune,) if part.commune else tuple(dice.sample(graph.communes, dice.randint(2, 6)))
    level = dice.choice([Level.DOWN, Level.DOWN, Level.LOSSY])
    others = [one.id for one in parts if part.commune and one.commune == part.commune and dice.random() < 0.5]
    return a_verdict(
        part.id,
        *others,
        onset=now - dice.choice([5, 20, 100, 200]),
        level=level,
        score=dice.uniform(20, 90),
        communes=hit,
        agents=tuple(dice.sample(range(1, 40), dice.randint(0, 8))),
        needs_confirmation=bool(part.commune) and level is Level.DOWN,
        expected_off=bool(part.commune) and dice.random() < 0.1,
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_incident_ends_unless_it_was_found_well_and_phases_follow_each_other(graph: Graph, seed: int) -> None:
    dice = Random(seed)
    follower = Follower(graph)
    now, found, ever_well = T, list[Verdict](), set[tuple[str, Level]]()
    for _ in range(300):
        now += dice.choice([1, 5, 5, 5, 30])
        found = [one for one in found if dice.random() < 0.9]
        found += [any_verdict(graph, dice, now) for _ in range(dice.choice([0, 0, 0, 1, 2]))]
        held = lifecycle.held(list(follower.incidents.values()), now)
        well = {(one.part, one.level) for one in held if dice.random() < 0.3}
        ever_well |= well
        before = dict(follower.incidents)
        follower.look(now, *found, suspects=found[:1], well=well, cut_off=dice.random() < 0.05)
        for number, one in follower.incidents.items():
            check_step(before.get(number), one, now)
            if one.phase is Phase.RESOLVED:
                assert (one.verdict.part, one.verdict.level) in ever_well
    assert len([one for one in follower.told if one[0] is Happening.OPENED]) > 3


def check_step(before: Incident | None, after: Incident, now: float) -> None:
    """One look's change of one incident."""
    was = None if before is None else before.phase
    assert after.phase is was or after.phase in MAY_FOLLOW[was]
    assert (after.resolved_at is None) == (after.phase not in (Phase.RESOLVED, Phase.DROPPED))
    assert after.phase in (Phase.SUSPECT, Phase.DROPPED) or after.opened_at is not None
    assert after.ended_at is None or after.onset <= after.ended_at <= now


def test_the_order_of_verdicts_and_incidents_makes_no_difference(graph: Graph) -> None:
    dice = Random(7)
    follower = Follower(graph)
    for turn in range(60):
        now = T + 5 * turn
        found = [any_verdict(graph, dice, now) for _ in range(2)]
        incidents = list(follower.incidents.values())
        steps = lifecycle.step(incidents, Assessment(now, tuple(found)), now, follower.context)
        other = lifecycle.step(incidents, Assessment(now, tuple(reversed(found))), now, follower.context)

        assert sorted(map(repr, steps)) == sorted(map(repr, other))
        follower.look(now, *found)
