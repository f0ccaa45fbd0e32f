"""The running diagnosis learns from what it follows, believes it, and goes on with it after a restart."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest

from sansang_agent.contract.rung import Owner
from sansang_collector import topology
from sansang_collector.agents import AGENT
from sansang_collector.diagnosis.beliefs import LATE_UNLEARNED
from sansang_collector.diagnosis.evidence import Evidence
from sansang_collector.diagnosis.graph import AgentAt, build
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.diagnosis.sighting import Seen, Sighting
from sansang_collector.diagnosis.verdict import Verdict
from sansang_collector.expected import NOTHING_USUAL
from sansang_collector.habituation import BELIEVE_S, Habituation
from sansang_collector.incidents import manners
from sansang_collector.incidents.manners import Kept
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from sansang_collector.topology import build as parts_of
from tests.support.ledgers import Place

MADE = provinces.make(1, communes=12)
GRAPH = build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])
NOON = datetime.fromisoformat("2026-06-22T12:00+07:00").timestamp()
NOTHING = Kept({}, {})


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    rows = [
        {"id": id_, "commune": commune, "name": name, "created_at": 0.0, "role": role.value}
        for id_, commune, name, role in MADE.machines
    ]
    store.write_sync(lambda connection: connection.execute(AGENT.insert(), rows))
    yield store
    store.close()


def taught(late: float = 8.0) -> tuple[Habituation, Evidence]:
    """Two hours of one machine whose reports all come late, folded every half minute."""
    habituation, evidence = Habituation(lambda: NOTHING_USUAL), Evidence(GRAPH, NOON)
    habituation.know(GRAPH, lambda: NOTHING, NOON)
    for number in range(480):
        at = NOON + 15 * number
        seen = Seen("core", at - 1, 0, 5, ms=4.0)
        one = Sighting(
            agent=1, stream="a" * 32, seq=number + 1, received=at + late, at=at, live=True, results=(seen,)
        )  # fmt: skip
        evidence.apply(one)
        habituation.take(one)
        habituation.looked(evidence, [], at)
    return habituation, evidence


def test_what_is_learned_is_believed_a_minute_later_and_tells_the_evidence_what_is_slow() -> None:
    habituation, evidence = taught()
    beliefs = habituation.beliefs(NOON + 7200)

    assert beliefs is not None
    assert beliefs.late[0] > LATE_UNLEARNED
    assert evidence.usual_ms[GRAPH.check(0, "core")] == pytest.approx(4.0, rel=0.25)
    assert habituation.beliefs(NOON + 7200 + BELIEVE_S - 1) is None
    assert habituation.beliefs(NOON + 7200 + BELIEVE_S) is not None


def test_a_restart_goes_on_with_what_was_learned(store: Store) -> None:
    before, _ = taught()
    store.write_sync(before.due(NOON + 7200, all_of_it=True).write)
    assert before.due(NOON + 7200, all_of_it=True).is_nothing

    def kept() -> Kept:
        with store.read() as connection:
            return manners.read(connection)

    after = Habituation(lambda: NOTHING_USUAL)
    after.know(GRAPH, kept, NOON + 7300)
    own, other = (one.beliefs(NOON + 7300) for one in (before, after))

    assert own is not None
    assert other is not None
    assert other.late[0] == pytest.approx(own.late[0], rel=0.01)


def test_another_inventory_keeps_what_was_learned_of_machines_that_stay() -> None:
    habituation, _ = taught()
    gone = MADE.inventory.communes[-1].code
    left = msgspec.structs.replace(
        MADE.inventory,
        communes=MADE.inventory.communes[:-1],
        lines=tuple(line for line in MADE.inventory.lines if line.commune != gone),
    )
    smaller = build(parts_of(left), [AgentAt(*one) for one in MADE.machines])
    habituation.know(smaller, lambda: NOTHING, NOON + 7200)

    assert habituation.learned is not None
    assert habituation.learned.graph is smaller
    assert habituation.learned.late[0] > 400
    assert habituation.learned.usual_ms[smaller.check(0, "core")] == pytest.approx(4.0, rel=0.25)


def test_sides_of_an_incident_are_taken_once_and_written_with_the_rest() -> None:
    habituation, evidence = taught()
    ring = max(MADE.inventory.topology.rings, key=lambda one: len(one.nodes))
    under = [line.commune for line in MADE.inventory.lines if line.access_node in ring.nodes]
    onset = NOON + 7200
    evidence.advance(onset + 90)
    for number, one in enumerate(GRAPH.agents):
        evidence.spoke[number] = onset - 7 if one.commune in under[1:] else onset + 80
    incident = Incident(
        id=4, phase=Phase.OPEN, verdict=Verdict(part=f"ring:{ring.id}", score=30, onset=onset), onset=onset,
        detected_at=onset + 10, owner=Owner.TELECOM,
    )  # fmt: skip

    for after in (30, 61, 66):
        habituation.looked(evidence, [incident], onset + after)
    due = habituation.due(onset + 70)

    assert [(one.incident, [doubt.commune for doubt in one.doubts]) for one in due.noted] == [(4, [under[0]])]
    assert habituation.due(onset + 71).noted == ()
