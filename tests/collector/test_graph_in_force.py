"""When the graph of what is in force is made anew: at once for another inventory, now and then while machines come."""

from collections.abc import Iterator

import pytest

from sansang_collector import agents
from sansang_collector.agents import AGENT
from sansang_collector.graph_in_force import APART_S, CALM_S, COST, GraphInForce
from sansang_collector.inventory.versions import Applied, Version
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from tests.support.ledgers import NOW, Place

MADE = provinces.make(1, communes=4)
HOME = MADE.inventory.communes[0].code
LOOK_S = 5.0


class Ledger:
    """A province whose machines come one by one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.graphs = GraphInForce()
        self.applied = 1
        self.names = 0

    def comes(self, count: int = 1) -> None:
        for _ in range(count):
            self.names += 1
            self.store.write_sync(lambda it: agents.register(it, HOME, f"may-{self.names}", NOW))

    def retires(self, id_: int) -> None:
        mark = {"retired_at": NOW, "changed_at": NOW}
        self.store.write_sync(lambda it: it.execute(AGENT.update().where(AGENT.c.id == id_).values(mark)))

    def look(self, at: float) -> bool:
        version = Version(Applied(self.applied, "", NOW, ""), MADE.inventory)
        with self.store.read() as connection:
            return self.graphs.look(connection, version, NOW + at)

    @property
    def known(self) -> int:
        return len(self.graphs.graph.agents) if self.graphs.graph else 0


@pytest.fixture
def ledger(place: Place) -> Iterator[Ledger]:
    store = Store(place)
    yield Ledger(store)
    store.close()


def test_the_first_machine_and_another_inventory_count_at_once(ledger: Ledger) -> None:
    ledger.look(0)
    ledger.comes()
    assert ledger.look(LOOK_S)
    ledger.applied = 2
    assert ledger.look(2 * LOOK_S)


def test_one_more_machine_counts_with_the_next_look_and_so_does_one_less(ledger: Ledger) -> None:
    ledger.comes(2)
    ledger.look(0)
    ledger.comes()
    assert [ledger.look(at) for at in (10, 10 + CALM_S - 0.1, 10 + CALM_S)] == [False, False, True]
    ledger.retires(1)
    assert [ledger.look(at) for at in (20, 25)] == [False, True]
    assert ledger.known == 2


def test_while_machines_come_at_every_look_the_graph_is_made_once_a_minute(ledger: Ledger) -> None:
    ledger.comes()
    ledger.look(0)
    made = []
    for at in range(5, 306, 5):
        ledger.comes()
        made += [at] if ledger.look(at) else []
    assert made == [60, 120, 180, 240, 300]


def test_what_took_long_is_not_done_again_soon(ledger: Ledger) -> None:
    ledger.comes()
    ledger.look(0)
    ledger.graphs.took(10.0)
    ledger.comes()
    assert not any(ledger.look(at) for at in (10, 20, APART_S, COST * 10.0 - 0.1))
    assert ledger.look(COST * 10.0)


def test_a_clock_that_went_back_holds_nothing_up(ledger: Ledger) -> None:
    ledger.comes()
    ledger.look(0)
    ledger.comes()
    assert ledger.look(-3600)


def test_a_graph_that_could_not_be_made_is_made_the_next_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.comes()
    with monkeypatch.context() as patched:
        patched.setattr("sansang_collector.graph_in_force.build", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ledger.look(0)
    assert ledger.look(LOOK_S)
    assert ledger.known == 1
