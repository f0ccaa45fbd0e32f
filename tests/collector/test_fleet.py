"""The fleet's list: who is on it, found how, in which order, counted how. Pure, then read from a real ledger."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from sansang_agent.contract.assignment import Role
from sansang_collector import agents, fleet, fleet_changes, overview, roster
from sansang_collector.audit import AUDIT
from sansang_collector.commune import Commune, Places
from sansang_collector.contact import CONTACT, Dropped, write_dropped
from sansang_collector.fleet import Config, Filter, Machine, Order
from sansang_collector.fleet_changes import Change, MisplacedVantageError, UnknownAgentsError
from sansang_collector.gazetteer import Gazetteer
from sansang_collector.liveness import Present, State
from sansang_collector.roster import Roster
from sansang_collector.store import Store
from sansang_collector.view import FleetView
from sansang_collector.web.fleet_csv import csv_of
from sansang_collector.web.fleet_query import Asked
from sansang_collector.web.phrases import Phrases
from tests.support.ledgers import Place

NOW = 1_782_450_000.0
PRESENT = Present(NOW, NOW - 86400)
NAMES = Gazetteer(
    Places(
        {
            "06001": Commune("06001", "Xã Đoàn Kết", "xã", "Huyện Tràng Định", "20"),
            "06196": Commune("06196", "Xã Khánh Khê", "xã", "Huyện Cao Lộc;Huyện Văn Quan", "20"),
        }
    )
)


def machine(number: int = 1, **more: Any) -> Machine:
    """In contact a second ago, in Khánh Khê, with nothing special about it."""
    usual: dict[str, Any] = {
        "commune": "06196", "name": f"may-{number}", "role": "counter", "retired_at": None, "contact": NOW - 1,
        "known_silent": False, "skew": 0.1, "spool_rows": 0, "spool_oldest": None, "version": "0.3.0", "assigned": "",
        "goodbye": None, "back": None, "dropped": None,
    }  # fmt: skip
    return Machine(id=number, **(usual | more))


def names(machines: list[Machine], asked: Filter = Filter(), order: Order = Order.COMMUNE, down: bool = False) -> list[str]:  # fmt: skip  # noqa: B008, E501
    found = fleet.chosen(fleet.rows(machines, PRESENT), asked, NAMES, fleet.nothing_wanted)
    return [row.machine.name for row in fleet.ordered(found, order, down, NAMES, fleet.nothing_wanted)]


@pytest.mark.parametrize("typed", ["khanh khe", "Khánh Khê", "KHE khanh", "06196", "cao loc may-1", "MAY 1", "cao 1"])
def test_a_machine_is_found_by_its_communes_name_without_marks(typed: str) -> None:
    elsewhere = machine(2, commune="06001")

    assert names([machine(1), elsewhere], Filter(text=typed)) == ["may-1"]


@pytest.mark.parametrize("place", ["06196", "Huyện Cao Lộc"])
def test_a_place_is_a_commune_or_a_former_district(place: str) -> None:
    assert names([machine(1), machine(2, commune="06001")], Filter(place=place)) == ["may-1"]


def test_a_retired_machine_is_listed_only_where_it_is_asked_for() -> None:
    machines = [machine(1), machine(2, retired_at=NOW - 60)]

    assert names(machines) == ["may-1"]
    assert names(machines, Filter(state=State.RETIRED)) == ["may-2"]


def test_a_retired_machine_that_goes_on_reporting_is_said_to() -> None:
    reporting, quiet = machine(1, retired_at=NOW - 60), machine(2, retired_at=NOW - 60, contact=NOW - 3600)

    found = fleet.rows([reporting, quiet], PRESENT)

    assert [fleet.still_reports(row, PRESENT) for row in found] == [True, False]


def test_what_needs_somebody_comes_first() -> None:
    machines = [machine(1), machine(2, contact=None), machine(3, contact=NOW - 600, goodbye="shutdown"),
                machine(4, contact=NOW - 600)]  # fmt: skip

    assert names(machines, order=Order.STATE) == ["may-4", "may-2", "may-3", "may-1"]


def test_machines_that_are_alike_keep_their_order_both_ways() -> None:
    machines = [machine(number, version="0.3.0") for number in range(1, 6)]

    assert names(machines, order=Order.VERSION) == names(machines, order=Order.VERSION, down=True)


def test_versions_are_sorted_as_numbers_and_unknown_ones_come_last_both_ways() -> None:
    machines = [machine(1, version="0.10.0"), machine(2, version=None), machine(3, version="0.9.1"),
                machine(4, version="0.9.1rc1")]  # fmt: skip

    assert names(machines, order=Order.VERSION) == ["may-3", "may-4", "may-1", "may-2"]
    assert names(machines, order=Order.VERSION, down=True) == ["may-1", "may-4", "may-3", "may-2"]


def test_a_machine_lags_while_it_does_not_follow_what_the_centre_has_for_it() -> None:
    def wanted(agent: int) -> str | None:
        return {1: "new", 2: "new"}.get(agent)

    found = [machine(1, assigned="new"), machine(2, assigned="old"), machine(3)]

    assert [fleet.config_of(one, wanted) for one in found] == [Config.CURRENT, Config.LAGGING, Config.OWN]


def test_counts_leave_retired_machines_out_of_everything_but_their_own_state() -> None:
    machines = [machine(1), machine(2, retired_at=NOW - 60, version="0.1.0"), machine(3, version="0.2.9")]

    found = fleet.standing(machines, PRESENT, fleet.nothing_wanted).counts

    assert found.states == {State.ONLINE: 2, State.RETIRED: 1}
    assert found.versions == {"0.3.0": 1, "0.2.9": 1}


def test_an_address_says_the_question_again_and_leaves_out_what_is_usual() -> None:
    asked = Asked(Filter(text="khanh khe", state=State.SILENT), Order.STATE, descending=False)

    assert asked.query() == "?state=silent&q=khanh+khe"
    assert asked.turned(Order.CONTACT) == "?state=silent&q=khanh+khe&sort=contact"
    assert asked._replace(order=Order.CONTACT).turned(Order.CONTACT).endswith("sort=-contact")


def view(**more: Any) -> FleetView:
    usual: dict[str, Any] = {
        "id": 1, "commune": "06196", "commune_name": "Xã Khánh Khê", "district": "Huyện Cao Lộc", "name": "may-1",
        "role": "counter", "state": "online", "state_since": None, "why": "", "back": None, "last_contact": NOW,
        "version": "0.3.0", "clock_skew_s": -3.4, "spool_rows": 0, "spool_oldest": None, "config": "own", "dropped": 0,
        "still_reports": False,
    }  # fmt: skip
    return FleetView(**(usual | more))


def test_a_spreadsheet_has_vietnamese_headings_and_the_mark_that_excel_needs() -> None:
    body = csv_of([view()], Phrases("vi"), NOW)

    head, row = body.decode("utf-8-sig").split("\r\n")[:2]
    assert body.startswith(b"\xef\xbb\xbf")
    assert head.startswith('Mã,"Xã, phường",Huyện cũ,Máy,')
    assert row == "06196,Xã Khánh Khê,Huyện Cao Lộc,may-1,máy tại quầy,đang liên lạc,,,2026-06-26 12:00:00,0.3.0,-3,0,,cấu hình riêng,0"  # noqa: E501  # fmt: skip


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_a_spreadsheet_is_a_formula(name: str) -> None:
    row = csv_of([view(commune_name=name, version=name)], Phrases("vi"), NOW).decode("utf-8-sig").split("\r\n")[1]

    assert f"'{name}" in row
    assert f",{name}" not in row


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


def register(store: Store, *names: str) -> list[int]:
    return [store.write_sync(lambda it, name=name: agents.register(it, "06196", name, NOW)) for name in names]  # type: ignore[misc]


def hear(store: Store, agent: int, position: int, at: float = NOW) -> None:
    row = {"agent": agent, "at": at, "boot": "b", "skew": 0.0, "spool_rows": position, "spool_oldest": None,
           "spool_bytes": 0, "silent": False, "position": position}  # fmt: skip
    store.write_sync(lambda it: it.execute(CONTACT.delete().where(CONTACT.c.agent == agent)))
    store.write_sync(lambda it: it.execute(CONTACT.insert().values(row)))


def test_the_roster_follows_contacts_new_machines_changes_and_removals(store: Store) -> None:
    kept = Roster()
    first, second = register(store, "may-1", "may-2")
    hear(store, first, 7)
    assert [row.machine.spool_rows for row in kept.standing(store, PRESENT).rows] == [7, None]

    hear(store, second, 9)
    register(store, "may-0")
    assert [row.machine.name for row in kept.standing(store, PRESENT).rows] == ["may-0", "may-1", "may-2"]
    assert kept.standing(store, PRESENT).rows[2].machine.spool_rows == 9

    store.write_sync(lambda it: fleet_changes.apply(it, [first], Change(role=Role.KIOSK), "test", NOW))
    assert kept.standing(store, PRESENT).rows[1].machine.role == "kiosk"

    store.write_sync(lambda it: it.execute(CONTACT.delete().where(CONTACT.c.agent == second)))
    store.write_sync(lambda it: it.execute(agents.AGENT.delete().where(agents.AGENT.c.id == second)))
    assert [row.machine.name for row in kept.standing(store, PRESENT).rows] == ["may-0", "may-1"]


def test_the_roster_sees_what_was_changed_after_the_clock_was_set_back(store: Store) -> None:
    kept = Roster()
    first, second = register(store, "may-1", "may-2")
    for one, at in ((first, NOW), (second, NOW - 3600)):
        store.write_sync(lambda it, one=one, at=at: fleet_changes.apply(it, [one], Change(Role.KIOSK), "test", at))  # type: ignore[misc]
        roles = [row.machine.role for row in kept.standing(store, PRESENT).rows]

    assert roles == ["kiosk", "kiosk"]


def test_what_a_machine_dropped_is_a_whole_number_however_much_it_says(store: Store) -> None:
    (one,) = register(store, "may-1")
    hear(store, one, 7)
    endless: Dropped = {(one, f"{stream:032x}"): ((0, 2**53 - 1),) for stream in range(1_100)}
    store.write_sync(lambda it: write_dropped(it, endless))

    dropped = Roster().standing(store, PRESENT).rows[0].machine.dropped
    with store.read() as connection:
        view = overview.agent(connection, one, PRESENT)

    assert view is not None
    assert (type(dropped), dropped) == (int, view.dropped)


def test_a_large_fleet_is_kept_and_says_of_when_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MANY", 1)
    kept = Roster()
    first, _ = register(store, "may-1", "may-2")
    kept.standing(store, PRESENT)
    hear(store, first, 7, NOW + 20)

    later = kept.standing(store, PRESENT._replace(at=NOW + 20))
    renewed = kept.standing(store, PRESENT._replace(at=NOW + 31))

    assert (later.present.at, later.rows[0].machine.contact) == (NOW, None)
    assert (renewed.present.at, renewed.rows[0].machine.contact) == (NOW + 31, NOW + 20)


def deeds(store: Store) -> list[tuple[str, str, int, str]]:
    with store.read() as connection:
        columns = (AUDIT.c.who, AUDIT.c.what, AUDIT.c.agent, AUDIT.c.detail)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(AUDIT.c.id))]


def test_every_change_of_a_machine_is_audited_and_none_that_is_no_change(store: Store) -> None:
    (one,) = register(store, "may-1")
    change = Change(role=Role.MINI, retired=True)

    for _ in range(2):
        store.write_sync(lambda it: fleet_changes.apply(it, [one, one], change, "lan", NOW))
    store.write_sync(lambda it: fleet_changes.apply(it, [one], Change(retired=False), "lan", NOW + 1))

    assert deeds(store) == [("lan", "role", one, "counter -> mini"), ("lan", "retire", one, ""),
                            ("lan", "unretire", one, "")]  # fmt: skip


def test_one_machine_that_does_not_exist_keeps_all_as_they_are(store: Store) -> None:
    (one,) = register(store, "may-1")

    with pytest.raises(UnknownAgentsError, match="no such agents: 999"):
        store.write_sync(lambda it: fleet_changes.apply(it, [one, 999], Change(retired=True), "lan", NOW))

    assert deeds(store) == []


def test_a_change_made_after_the_clock_went_back_is_seen_by_all_who_keep_machines_in_memory(store: Store) -> None:
    kept = Roster()
    first, second = register(store, "may-1", "may-2")
    store.write_sync(lambda it: fleet_changes.apply(it, [first], Change(role=Role.MINI), "lan", NOW))
    kept.standing(store, PRESENT)

    store.write_sync(lambda it: fleet_changes.apply(it, [second], Change(retired=True), "lan", NOW - 3600))

    assert kept.standing(store, PRESENT).rows[1].machine.retired_at == NOW - 3600


def test_a_known_machine_that_is_enrolled_again_is_in_use_and_what_it_was_unless_another_role_is_said(
    store: Store,
) -> None:
    def enrol(role: Role | None, at: float) -> fleet_changes.Enrolled:
        return store.write_sync(lambda it: fleet_changes.enrol(it, ("06196", "may-1"), role, "lan", at))

    first = enrol(Role.KIOSK, NOW)
    store.write_sync(lambda it: fleet_changes.remove(it, first.agent, "lan", NOW + 1))
    store.write_sync(lambda it: fleet_changes.remove(it, first.agent, "lan", NOW + 2))
    again = enrol(None, NOW + 3)
    enrol(Role.MINI, NOW + 4)

    assert (again.agent, again.token) == (first.agent, first.token + 1)
    assert [what for _, what, _, _ in deeds(store)] == [
        "enrol", "retire", "revoke", "unretire", "enrol", "role", "enrol"
    ]  # fmt: skip
    assert deeds(store)[5][3] == "kiosk -> mini"


def test_a_machine_of_a_commune_does_not_become_the_vantage_point(store: Store) -> None:
    (one,) = register(store, "may-1")

    with pytest.raises(MisplacedVantageError):
        store.write_sync(lambda it: fleet_changes.apply(it, [one], Change(role=Role.VANTAGE), "lan", NOW))
    with pytest.raises(MisplacedVantageError):
        store.write_sync(lambda it: fleet_changes.enrol(it, ("06196", "may-2"), Role.VANTAGE, "lan", NOW))

    assert deeds(store) == []
