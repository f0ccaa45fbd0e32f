"""Applied inventories stay what they were, are told apart by their contents, and differ in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from sansang_agent.contract.settings import SettingsError
from sansang_collector.inventory import versions
from sansang_collector.inventory.differences import differences
from sansang_collector.inventory.model import Inventory
from sansang_collector.store import Store
from tests.collector.inventory.folders import FILES, read, with_row
from tests.support.ledgers import NOW, Place


def apply(store: Store, inventory: Inventory, at: float = NOW, note: str = "") -> versions.Applied | None:
    return store.write_sync(lambda connection: versions.apply(connection, inventory, at, note))


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


@pytest.fixture
def one(tmp_path: Path) -> Inventory:
    return read(tmp_path / "one").inventory


@pytest.fixture
def other(tmp_path: Path) -> Inventory:
    rows = with_row("communes.csv", "06076,Xã Quý Hòa,xã,,,,").replace("06004,Xã Quốc Khánh", "06004,Xã Quốc Khanh")
    return read(tmp_path / "other", communes_csv=rows, contacts_csv="owner\n").inventory


def test_what_was_applied_last_is_in_force_and_nothing_before_it_is_lost(
    store: Store, one: Inventory, other: Inventory
) -> None:
    applied = [apply(store, one), apply(store, other, NOW + 1, "new commune"), apply(store, one, NOW + 2, "back")]
    with store.read() as connection:
        current = versions.current(connection)
        second = versions.numbered(connection, 2)
        past = versions.history(connection)
        none = versions.numbered(connection, 9)

    assert current is not None
    assert second is not None
    assert (current.inventory, current.applied) == (one, applied[2])
    assert (second.inventory, none) == (other, None)
    assert [(use.number, use.note) for use in past] == [(3, "back"), (2, "new commune"), (1, "")]
    assert past[0].hash == past[2].hash == versions.inventory_hash(one)


def test_applying_what_is_in_force_makes_no_version(store: Store, one: Inventory) -> None:
    first, again = apply(store, one), apply(store, one)

    assert (first is not None, again) == (True, None)


def test_contents_that_are_no_longer_those_of_their_hash_are_not_used(store: Store, one: Inventory) -> None:
    apply(store, one)
    damaged = update(versions.INVENTORY).values(body=b'{"province":{"name":"x","code":"20"}}')
    store.write_sync(lambda connection: connection.execute(damaged))
    with store.read() as connection, pytest.raises(SettingsError, match="version 1 is not what was applied"):
        versions.current(connection)


def test_an_empty_ledger_has_nothing_in_force(store: Store) -> None:
    with store.read() as connection:
        assert versions.current(connection) is None


def test_differences_are_said_entry_by_entry_and_field_by_field(one: Inventory, other: Inventory) -> None:
    assert [str(difference) for difference in differences(one, other)] == [
        "~ communes 06004: name: Xã Quốc Khánh → Xã Quốc Khanh",
        "+ communes 06076 Xã Quý Hòa",
        "- contacts service_owner/dvc",
        "- contacts telecom",
    ]
    assert differences(one, one) == []
    assert str(differences(None, one)[0]) == "+ province 20 Lạng Sơn"


def test_differences_of_rings_and_services_name_what_changed(tmp_path: Path, one: Inventory) -> None:
    changed = read(
        tmp_path / "changed",
        topology_yml="example: true\n" + FILES["topology.yml"].replace("an-1, an-2, an-3", "an-2, an-3"),
        services_yml=FILES["services.yml"].replace("id: qlvb,", "id: qlvb, max_per_second: 2.5,"),
    ).inventory

    assert [str(difference) for difference in differences(one, changed)] == [
        "~ topology: example: False → True",
        "~ rings ring-1: nodes: an-1; an-2; an-3 → an-2; an-3",
        "~ services qlvb: max_per_second: 1 → 2.5",
    ]


def test_a_version_written_by_hand_in_one_transaction_is_undone_whole(store: Store, one: Inventory) -> None:
    def half(connection: Connection) -> None:
        versions.apply(connection, one, NOW, "")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write_sync(half)
    with store.read() as connection:
        assert versions.history(connection) == []
