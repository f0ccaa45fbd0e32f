"""Signed policies beside an inventory: carried as they are, judged by their form, and missed where machines refuse."""

from pathlib import Path

import pytest

from sansang_agent.contract.assignment import Role
from sansang_agent.contract.settings import SettingsError
from sansang_agent.contract.signed_policy import seal
from sansang_collector.inventory.differences import differences
from sansang_collector.inventory.folder import read_folder
from sansang_collector.inventory.model import Inventory
from sansang_collector.inventory.policies import FOLDER, refused
from sansang_collector.inventory.units import official_names
from sansang_collector.inventory.versions import inventory_hash
from sansang_collector.profiles.compiler import Plan
from sansang_collector.profiles.election import Machine
from sansang_collector.profiles.templates import templates
from tests.collector.inventory.folders import folder


def sealed(hosts: str = "dvc.example.vn", serial: int = 1) -> str:
    """Signed by nobody: the collector has no keys and must not need any."""
    text = f"name: province\nserial: {serial}\nexpires: 2027-06-30\nhosts: [{hosts}]\n"
    return seal("0123456789abcdef", bytes(64), text.encode())


def with_policies(place: Path, *files: str, services: str = "") -> Inventory:
    changed = {"services_yml": services} if services else {}
    made = folder(place, **changed)
    (made / FOLDER).mkdir()
    for number, text in enumerate(files):
        (made / FOLDER / f"{number}.policy").write_text(text, encoding="utf-8")
    return read_folder(made, official_names).inventory


ONE_SERVICE = """\
services:
  - {id: dvc, name: Cổng, host: HOST, checks: [{kind: http}, {kind: tls, port: 9443}], check_on_site: false}
"""


def test_policies_are_carried_unread_to_every_machine(tmp_path: Path) -> None:
    found = with_policies(tmp_path, sealed())
    machine = Machine(1, "06001", "pc-1", Role.COUNTER)
    plan = Plan(found, templates(), [machine])

    assert plan.assignment(machine, {}).policies == (sealed(),)


def test_another_policy_makes_another_version_and_shows_as_its_digest(tmp_path: Path) -> None:
    one = with_policies(tmp_path / "one", sealed(serial=1))
    other = with_policies(tmp_path / "other", sealed(serial=2))
    (change,) = differences(one, other)

    assert inventory_hash(one) != inventory_hash(other)
    assert str(change).startswith("~ policies 0.policy: text: ")
    assert len(change.new) == 12


def test_what_is_no_signed_policy_is_a_mistake_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        with_policies(tmp_path, "hosts: [a.vn]\n", sealed("'*'"), "x" * 70_000)

    said = [str(mistake).removeprefix(f"{tmp_path}/") for mistake in caught.value.mistakes]
    assert said[0] == "policies/0.policy: is no signed policy: its first line is not sansang-policy-v1"
    assert "hosts[0]: '*' is not a name" in said[1]
    assert said[2] == "policies/2.policy: is no signed policy: it is longer than 65536 bytes"


def test_a_service_that_machines_refuse_is_named_and_one_that_a_policy_names_is_not(tmp_path: Path) -> None:
    services = ONE_SERVICE.replace("HOST", "dvc.example.vn")
    without = with_policies(tmp_path / "without", services=services)
    having = with_policies(tmp_path / "with", sealed(), services=services)

    named = [(one.what, one.host, one.port) for one in refused(without) if one.what.startswith("services")]
    assert named == [("services dvc", "dvc.example.vn", 443), ("services dvc", "dvc.example.vn", 9443)]
    assert [one.port for one in refused(having) if one.what.startswith("services")] == [9443]


@pytest.mark.parametrize(("host", "is_refused"), [("a.gov.vn", False), ("10.1.2.3", False), ("8.8.8.8", True)])
def test_the_state_s_names_and_private_addresses_are_asked(tmp_path: Path, host: str, is_refused: bool) -> None:
    found = with_policies(tmp_path, services=ONE_SERVICE.replace("HOST", host).replace(", {kind: tls, port: 9443}", ""))

    assert bool([one for one in refused(found) if one.what.startswith("services")]) is is_refused


@pytest.mark.parametrize(("path", "is_refused"), [("/", False), ("/login", True)])
def test_a_page_of_a_private_address_is_missed_unless_it_is_the_first(
    tmp_path: Path, path: str, is_refused: bool
) -> None:
    service = ONE_SERVICE.replace("HOST", "10.1.2.3").replace("{kind: http}", f"{{kind: http, path: {path}}}")
    found = refused(with_policies(tmp_path, services=service))

    assert bool([one for one in found if one.what.startswith("services")]) is is_refused
