"""What was learned is kept in few rows, and a restart goes on with it."""

from collections.abc import Iterator
from functools import partial

import pytest

from sansang_collector import topology
from sansang_collector.agents import AGENT
from sansang_collector.diagnosis.graph import AgentAt, Graph, build
from sansang_collector.diagnosis.learning import Learned
from sansang_collector.diagnosis.manner import Evenings
from sansang_collector.incidents import manners
from sansang_collector.incidents.manners import Turns
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

MADE = provinces.make(1, communes=20)
IDS = {machine.id for machine in MADE.machines}
COMMUNE = MADE.inventory.communes[0].code


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


@pytest.fixture(scope="module")
def graph() -> Graph:
    return build(topology.build(MADE.inventory), [AgentAt(*one) for one in MADE.machines])


def taught(graph: Graph) -> Learned:
    learned = Learned(graph)
    learned.heard |= IDS
    learned.reports[:] = range(len(graph.agents))
    learned.evenings[COMMUNE] = Evenings((1, 2), ((2, 1030),))
    return learned


def test_every_machine_is_written_once_an_hour_and_only_some_of_them_at_a_time(graph: Graph) -> None:
    learned, turns = taught(graph), Turns({}, NOW)
    written: list[int] = []
    for second in range(0, 3600, 10):
        due = turns.due(learned, NOW + second)
        assert len(due.manners) <= len(IDS) // 60 + 1
        written += due.manners
        learned.heard |= IDS  # all go on reporting

    assert len(written) == len(set(written))
    assert len(written) > 0.95 * len(IDS)


def test_who_was_not_heard_is_not_written_again(graph: Graph) -> None:
    learned, turns = taught(graph), Turns({}, NOW)

    assert turns.due(learned, NOW, all_of_it=True).manners.keys() == IDS
    assert turns.due(learned, NOW + 7200) == ({}, {})


def test_a_restart_goes_on_with_what_was_learned(graph: Graph, store: Store) -> None:
    learned = taught(graph)
    for later in (0, 1):
        learned.heard |= IDS
        rows = Turns({}, NOW).due(learned, NOW, all_of_it=True)
        store.write_sync(partial(manners.write, rows=rows, at=NOW + later))
    with store.read() as connection:
        kept = manners.read(connection)
    again = Learned(graph)
    again.restore(*kept)

    assert list(again.reports) == list(learned.reports)
    assert again.evenings == learned.evenings
    assert Turns(kept.evenings, NOW).due(again, NOW + 60) == ({}, {})


def test_of_a_retired_machine_nothing_is_read(store: Store, graph: Graph) -> None:
    rows = Turns({}, NOW).due(taught(graph), NOW, all_of_it=True)
    store.write_sync(lambda it: manners.write(it, rows, NOW))
    store.write_sync(lambda it: it.execute(AGENT.update().where(AGENT.c.id == 1).values(retired_at=NOW)))

    with store.read() as connection:
        assert manners.read(connection).manners.keys() == IDS - {1}
