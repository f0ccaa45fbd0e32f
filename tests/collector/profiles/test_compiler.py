"""What each role is asked, who asks the services, and whom to call."""

import msgspec
import pytest

from sansang_agent.contract.assignment import Assignment, Role, assignment_hash
from sansang_agent.contract.check import Check
from sansang_agent.contract.codec import encode
from sansang_agent.contract.rung import Owner
from sansang_collector.inventory.model import Asker, Contact, Inventory, Service
from sansang_collector.profiles.compiler import Plan
from sansang_collector.profiles.election import Machine, elected
from sansang_collector.profiles.templates import PLACEHOLDERS, templates
from sansang_collector.topology import build
from tests.collector.profiles.fleets import MAIL, PORTAL, ROLES, TLS, an_inventory, compiled, machines

COUNTER, SECOND, KIOSK, MINI, VANTAGE = 1, 2, 3, 4, 5
"""The machines of one commune, and the vantage."""


def ids(checks: tuple[Check, ...]) -> set[str]:
    return {check.id for check in checks}


@pytest.fixture
def one() -> dict[int, Assignment]:
    return compiled(an_inventory(1), machines(1))


def test_every_template_is_read_and_leaves_no_placeholder_unknown() -> None:
    assert set(templates()) == set(Role)
    for assignment in compiled(an_inventory(3), machines(3)).values():
        text = encode(assignment).decode()
        assert [name for name in PLACEHOLDERS if name in text] == []


def test_checks_have_the_names_the_topology_gives_them(one: dict[int, Assignment]) -> None:
    topology = build(an_inventory(1))

    for id_ in (COUNTER, KIOSK, MINI):
        named = ids(one[id_].profile.checks) | ids(one[id_].on_ask)
        assert named - {"machine"} <= topology.templates["00004"].keys()
    assert ids(one[VANTAGE].profile.checks) - {"machine"} == topology.inward.keys()


def test_what_has_no_address_is_asked_by_nobody() -> None:
    bare = msgspec.structs.replace(
        an_inventory(1, ()), topology=msgspec.convert({}, type(an_inventory(1).topology)), access_nodes=(), lines=()
    )

    assert ids(compiled(bare, machines(1))[MINI].profile.checks) == {"machine", "gateway"}
    assert ids(compiled(bare, machines(1))[VANTAGE].profile.checks) == {"machine", "gateway"}


def test_without_an_access_node_s_address_the_first_hop_stands_for_the_line() -> None:
    inventory = an_inventory(1)
    dark = msgspec.structs.replace(
        inventory, access_nodes=tuple(msgspec.structs.replace(node, address="") for node in inventory.access_nodes)
    )

    (line,) = (check for check in compiled(dark, machines(1))[COUNTER].profile.checks if check.id == "line")
    assert (type(line).__name__, line.target) == ("PathCheck", "10.255.0.1")


def test_the_small_machine_asks_the_services_and_the_others_only_when_somebody_asks_them(
    one: dict[int, Assignment],
) -> None:
    services = {"dvc-http", "dvc-tls", "tsa-timestamp", "mail-tcp", "mail-tls"}

    assert services <= ids(one[MINI].profile.checks)
    assert one[MINI].on_ask == ()
    assert not services & ids(one[COUNTER].profile.checks)
    assert ids(one[COUNTER].on_ask) == services
    assert not any(check.confirm for check in one[COUNTER].on_ask)


@pytest.mark.parametrize(
    ("silent", "asks"),
    [(set(), MINI), ({MINI}, COUNTER), ({MINI, COUNTER}, SECOND), ({MINI, COUNTER, SECOND}, KIOSK),
     ({MINI, COUNTER, SECOND, KIOSK}, MINI)],
)  # fmt: skip
def test_the_next_takes_over_from_who_is_silent(silent: set[int], asks: int) -> None:
    them = [machine for machine in machines(1) if machine.role is not Role.VANTAGE]

    assert elected(them, silent) == asks


def test_who_asks_keeps_it_against_its_equals_but_not_against_a_better_one() -> None:
    them = [machine for machine in machines(1) if machine.role is not Role.VANTAGE]

    assert elected(them, {MINI}, incumbent=SECOND) == SECOND
    assert elected(them, set(), incumbent=SECOND) == MINI


def test_who_takes_over_comes_at_the_same_times() -> None:
    def times(assignments: dict[int, Assignment], who: int) -> dict[str, float | None]:
        return {check.id: check.phase for check in assignments[who].profile.checks if check.id.startswith("dvc")}

    inventory, them = an_inventory(9), machines(9)

    assert times(compiled(inventory, them), MINI) == times(compiled(inventory, them, frozenset({MINI})), COUNTER)


def test_one_vantage_looks_and_another_waits() -> None:
    second = Machine(99, "00000", "hai", Role.VANTAGE)
    found = compiled(an_inventory(2), [*machines(2), second])

    assert {check.period for check in found[9].profile.checks if check.id.startswith("terminal:")} == {5.0}
    assert ids(found[99].profile.checks) == {"machine", "gateway"}


def test_services_of_the_vantage_are_asked_by_it_alone() -> None:
    axis = Service(id="truc", name="Trục", host="truc.example", checks=(TLS,), asked_by=Asker.VANTAGE)
    found = compiled(an_inventory(2, (PORTAL, axis)), machines(2))

    assert [id_ for id_, one in found.items() if "truc-tls" in ids(one.profile.checks) | ids(one.on_ask)] == [9]
    assert "dvc-tls" not in ids(found[9].profile.checks)


def test_a_machine_in_a_commune_the_inventory_does_not_have_is_assigned_nothing() -> None:
    stray = [Machine(50, "99999", "lac", Role.COUNTER), Machine(51, "00000", "moi", Role.COUNTER),
             Machine(52, "00004", "v", Role.VANTAGE)]  # fmt: skip

    assert not compiled(an_inventory(1), [*machines(1), *stray]).keys() & {50, 51, 52}


def test_contacts_are_the_commune_s_and_a_service_may_have_its_own() -> None:
    contacts = (
        Contact(owner=Owner.TELECOM, desk="Trực tỉnh", phone="0000 000 001"),
        Contact(owner=Owner.TELECOM, commune="00004", desk="Trực xã", phone="0000 000 002"),
        Contact(owner=Owner.SERVICE_OWNER, phone="0000 000 003"),
        Contact(owner=Owner.SERVICE_OWNER, service="mail", phone="0000 000 004"),
    )
    found = compiled(an_inventory(2, (PORTAL, MAIL), contacts=contacts), machines(2))

    assert found[1].contacts.telecom == "Trực xã 0000 000 002"
    assert found[5].contacts.telecom == "Trực tỉnh 0000 000 001"
    assert found[1].contacts.power == ""
    assert found[1].contacts.service_owner == "0000 000 003"
    assert found[1].service_contacts == {"mail-tcp": "0000 000 004", "mail-tls": "0000 000 004"}


def test_the_same_inventory_and_machines_make_the_same_hashes_in_any_order() -> None:
    def hashes(inventory: Inventory, them: list[Machine]) -> dict[int, str]:
        return {id_: assignment_hash(one) for id_, one in compiled(inventory, them).items()}

    forth, back = hashes(an_inventory(9), machines(9)), hashes(an_inventory(9), machines(9)[::-1])

    assert forth == back
    assert len(set(forth.values())) == len(forth)


def test_a_machine_that_falls_silent_changes_its_commune_and_no_other() -> None:
    plan = Plan(an_inventory(4), templates(), machines(4))
    before = plan.elect(set(), {})
    after = plan.elect({MINI}, before)

    assert [code for code in before if before[code] != after[code]] == ["00004"]
    assert len(ROLES) == MINI
