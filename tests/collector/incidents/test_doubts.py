"""Doubts of the inventory are shown after the second incident, until somebody settles them."""

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import select

from sansang_collector import topology
from sansang_collector.audit import AUDIT
from sansang_collector.diagnosis.doubts import Doubt
from sansang_collector.incidents import doubts
from sansang_collector.incidents.doubts import DoubtView, NoDoubtError, Noted, Settled
from sansang_collector.rights import ALL, Communes, just
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from sansang_collector.topology import Topology
from tests.support.ledgers import NOW, Place

FELL = Doubt("00004", "ring:vong-1", "ring:vong-2")
STAYED = Doubt("00004", "ring:vong-1", "")


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


def note(store: Store, incident: int, *found: Doubt, at: float = NOW) -> None:
    store.write_sync(lambda it: doubts.note(it, [Noted(incident, found)], at))


def standing(store: Store, of: Communes = ALL, known: Topology | None = None) -> list[DoubtView]:
    with store.read() as connection:
        return doubts.standing(connection, of, known)


def test_once_is_no_doubt_and_the_same_incident_counts_once(store: Store) -> None:
    for _ in range(3):
        note(store, 7, FELL)

    assert standing(store) == []


def test_twice_on_the_wrong_side_is_a_proposal(store: Store) -> None:
    note(store, 7, FELL)
    note(store, 9, FELL, at=NOW + 5)

    (found,) = standing(store)
    assert found == DoubtView(
        commune="00004", declared="ring:vong-1", probable="ring:vong-2", incidents=(7, 9), seen_at=NOW + 5
    )  # fmt: skip


def test_having_stayed_alive_and_having_fallen_elsewhere_add_up(store: Store) -> None:
    note(store, 7, STAYED)
    note(store, 9, FELL)

    assert [(one.probable, one.incidents) for one in standing(store)] == [("ring:vong-2", (7, 9))]


def test_those_of_other_communes_are_not_shown(store: Store) -> None:
    for incident in (7, 9):
        note(store, incident, FELL, FELL._replace(commune="00007"))

    assert [one.commune for one in standing(store, just("00007"))] == ["00007"]


def test_what_was_settled_is_audited_and_takes_two_new_incidents_to_come_back(store: Store) -> None:
    for incident in (7, 9):
        note(store, incident, FELL)
    settled = Settled(commune="00004", declared="ring:vong-1")
    store.write_sync(lambda it: doubts.settle(it, settled, "trực ca", NOW + 9))

    assert standing(store) == []
    with store.read() as connection:
        deed = connection.execute(select(AUDIT.c.who, AUDIT.c.what, AUDIT.c.commune, AUDIT.c.detail)).one()
    assert tuple(deed) == ("trực ca", "settle_doubt", "00004", "ring:vong-1")
    with pytest.raises(NoDoubtError, match="00004"):
        store.write_sync(lambda it: doubts.settle(it, settled, "trực ca", NOW + 10))
    note(store, 11, FELL)
    assert standing(store) == []
    note(store, 12, FELL)
    assert [one.incidents for one in standing(store)] == [(11, 12)]


def test_what_the_inventory_has_corrected_since_is_no_doubt_any_more(store: Store) -> None:
    made = provinces.make(1, communes=8).inventory
    one, other = made.access_nodes[0].id, made.access_nodes[-1].id
    commune = next(line.commune for line in made.lines if line.access_node == one)
    for incident in (7, 9):
        note(store, incident, Doubt(commune, f"access_node:{one}", f"access_node:{other}"))
    lines = tuple(
        msgspec.structs.replace(line, access_node=other) if line.commune == commune else line for line in made.lines
    )

    assert len(standing(store, known=topology.build(made))) == 1
    assert standing(store, known=topology.build(msgspec.structs.replace(made, lines=lines))) == []
