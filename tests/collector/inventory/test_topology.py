"""Inventories become parts and paths: what each check crosses, and that a whole nation's machines are written out."""

from pathlib import Path

import pytest

from sansang_agent.contract.rung import Component, Network, Owner, Rung
from sansang_collector.expansion import expand
from sansang_collector.inventory.model import Line, LineKind
from sansang_collector.topology import Topology, build, line_for, sections
from tests.collector.inventory.folders import FILES, read


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    return build(read(tmp_path).inventory)


def crossed(topology: Topology, commune: str, check: str) -> list[str]:
    return [topology.parts[n].id for n in topology.templates[commune][check].path]


INSIDE = ["lan:06001", "site_power:06001", "power_area:huyen-trang-dinh"]
NEAR = ["terminal:06001-tslcd2", "access_link:06001-tslcd2"]
TRUNK = [
    "access_node:an-1",
    "shared_risk:tuyen-cot",
    "arc:ring-1/an-1..an-2",
    "ring:ring-1",
    "core",
]


def test_the_gateway_lies_behind_the_local_network_and_the_power(topology: Topology) -> None:
    assert crossed(topology, "06001", "gateway") == [*INSIDE, NEAR[0]]


def test_the_line_ends_at_its_access_node(topology: Topology) -> None:
    assert crossed(topology, "06001", "line") == [*INSIDE, *NEAR, TRUNK[0]]


def test_reports_go_by_the_ring_and_the_core_to_the_collector(topology: Topology) -> None:
    assert crossed(topology, "06001", "report") == [*INSIDE, *NEAR, *TRUNK, "collector"]


def test_a_national_service_lies_beyond_the_wan_and_asks_a_name_server(topology: Topology) -> None:
    beyond = ["wan", "ndc", "dns", "svc_tcp:dvc"]

    assert crossed(topology, "06001", "dvc-http") == [*INSIDE, *NEAR, *TRUNK, *beyond, "svc_app:dvc"]
    assert crossed(topology, "06001", "dvc-tls") == [*INSIDE, *NEAR, *TRUNK, *beyond]


def test_a_provincial_service_by_address_over_the_internet_takes_the_other_line(topology: Topology) -> None:
    near = ["terminal:06001-ftth", "access_link:06001-ftth"]

    assert crossed(topology, "06001", "qlvb-tcp") == [*INSIDE, *near, *TRUNK, "pdc", "svc_tcp:qlvb"]


def test_what_hangs_from_a_node_crosses_that_node_and_its_ring(topology: Topology) -> None:
    assert crossed(topology, "06004", "core")[3:] == [
        "terminal:06004-tslcd2", "access_link:06004-tslcd2", "shared_risk:tuyen-cot", "access_node:an-spur",
        "access_node:an-2", "arc:ring-1/an-1..an-2", "arc:ring-1/an-2..an-3", "ring:ring-1", "core",
    ]  # fmt: skip


def test_a_mobile_line_has_neither_node_nor_core(topology: Topology) -> None:
    near = ["terminal:06073-4g", "access_link:06073-4g"]

    assert crossed(topology, "06073", "report")[3:] == [*near, "wan", "collector"]
    assert crossed(topology, "06073", "internet")[3:] == [*near, "wan"]


def test_a_line_of_unknown_node_still_goes_to_the_core(topology: Topology) -> None:
    assert crossed(topology, "06253", "core")[3:] == ["terminal:06253-tslcd2", "access_link:06253-tslcd2", "core"]


def test_a_service_without_host_or_for_the_vantage_is_no_check_of_a_machine(topology: Topology) -> None:
    assert not [check for check in topology.templates["06001"] if check.startswith(("hop", "truc"))]


def test_every_part_has_its_rung_and_owner(topology: Topology) -> None:
    by_id = {part.id: part for part in topology.parts}

    assert (by_id["ring:ring-1"].rung, by_id["ring:ring-1"].owner) == (Rung.LINE, Owner.TELECOM)
    assert by_id["lan:06001"].commune == "06001"
    assert by_id["core"].commune == ""
    assert topology.numbers == {part.id: n for n, part in enumerate(topology.parts)}


def test_the_vantage_asks_only_addresses_that_somebody_entered(topology: Topology) -> None:
    assert list(topology.inward) == ["gateway", "core", "access_node:an-1", "terminal:06001-tslcd2"]
    assert [topology.parts[n].id for n in topology.inward["terminal:06001-tslcd2"]] == [
        "collector", *reversed(TRUNK), *reversed(NEAR), *INSIDE[1:],
    ]  # fmt: skip


@pytest.mark.parametrize(("nodes", "count"), [(2, 0), (3, 2), (4, 5), (6, 14)])
def test_a_ring_has_as_many_sections_as_two_cuts_can_part(nodes: int, count: int) -> None:
    assert len(sections([f"n{n}" for n in range(nodes)])) == count


def test_the_line_of_a_network_is_the_first_of_its_kind_there_is() -> None:
    tslcd, ftth, mobile = (Line(id=kind, commune="06001", kind=kind) for kind in LineKind)

    assert line_for([ftth, tslcd], Network.BOTH) is tslcd
    assert line_for([mobile, tslcd], Network.INTERNET) is mobile
    assert line_for([mobile, ftth], Network.TSLCD) is ftth
    assert line_for([], Network.BOTH) is None


def test_a_declared_resolver_and_its_owner_stand_in_the_path(tmp_path: Path) -> None:
    resolvers = "resolvers:\n  - {id: tinh, name: DNS tỉnh, network: tslcd, owner: telecom}\n"
    found = build(read(tmp_path, topology_yml=FILES["topology.yml"] + resolvers).inventory)
    part = found.parts[found.templates["06001"]["names"].path[-1]]

    assert (part.id, part.name, part.owner) == ("dns:tinh", "DNS tỉnh", Owner.TELECOM)


def test_machines_are_written_out_each_with_itself_and_its_software(topology: Topology) -> None:
    made = expand(topology, {"06001": ["pc-1", "pc-2"], "06004": ["pc-1"], "99999": ["pc-9"]})
    shared = crossed(topology, "06001", "dvc-http")

    assert [part.id for part in made.path("06001/pc-2", "gateway")] == [
        "pc:06001/pc-2", *crossed(topology, "06001", "gateway"),
    ]  # fmt: skip
    assert [part.id for part in made.path("06001/pc-2", "dvc-http")] == [
        "pc:06001/pc-2", "pc_app:06001/pc-2", *shared,
    ]  # fmt: skip
    assert next(part.kind for part in made.path("", "access_node:an-1")) is Component.COLLECTOR
    assert made.unplaced == ["99999/pc-9"]
    assert len(made.offsets) - 1 == 3 * len(topology.templates["06001"]) + len(topology.inward)
    with pytest.raises(KeyError):
        made.path("06001/pc-1", "none")


def test_a_topology_is_the_same_every_time_it_is_built(tmp_path: Path) -> None:
    found = read(tmp_path).inventory

    assert build(found) == build(found)
