"""Blind spots are found where they are, and said with what they hide and what would mend them, in both languages."""

from pathlib import Path

import pytest

from sansang_agent.contract.rung import Component, Owner
from sansang_agent.contract.words import LANGUAGES
from sansang_collector.inventory.contacts import Directory
from sansang_collector.inventory.coverage import ALIKE, Blind, BlindSpot, blind_spots
from sansang_collector.inventory.coverage_words import CoverageWords
from sansang_collector.inventory.model import Contact, Inventory
from tests.collector.inventory.folders import read


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return read(tmp_path).inventory


def spots(inventory: Inventory, commune: str, **machines: list[str]) -> list[BlindSpot]:
    known = {code.removeprefix("c"): names for code, names in machines.items()}
    return [spot for spot in blind_spots(inventory, known, {"06001": False, "06004": True}) if spot.commune == commune]


def test_a_commune_that_has_everything_lacks_only_its_own_desk(inventory: Inventory) -> None:
    assert spots(inventory, "06001") == [BlindSpot(Blind.NO_CONTACT, "06001", Owner.COMMUNE_IT)]


def test_every_lack_is_its_own_blind_spot(inventory: Inventory) -> None:
    assert [(spot.kind, spot.detail) for spot in spots(inventory, "06004")] == [
        (Blind.ONE_PC, ""),
        (Blind.NO_INWARD_TARGET, ""),
        (Blind.GATEWAY_SILENT, ""),
        (Blind.NO_UPS, ""),
        (Blind.NO_CONTACT, Owner.COMMUNE_IT),
    ]
    assert [(spot.kind, spot.detail) for spot in spots(inventory, "06253")][:5] == [
        (Blind.NO_PC, ""),
        (Blind.NO_INWARD_TARGET, ""),
        (Blind.NO_ACCESS_NODE, "06253-tslcd2"),
        (Blind.GATEWAY_PING_UNKNOWN, ""),
        (Blind.UPS_UNKNOWN, ""),
    ]


def test_machines_that_report_count_beside_those_the_inventory_names(inventory: Inventory) -> None:
    assert Blind.ONE_PC not in {spot.kind for spot in spots(inventory, "06004", c06004=["pc-2"])}
    assert Blind.ONE_PC in {spot.kind for spot in spots(inventory, "06004", c06004=["pc-1"])}


def test_a_mobile_line_lacks_no_access_node(inventory: Inventory) -> None:
    assert Blind.NO_ACCESS_NODE not in {spot.kind for spot in spots(inventory, "06073")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Blind)
def test_every_kind_says_what_it_hides_and_what_mends_it(kind: Blind, language: str) -> None:
    words = CoverageWords(language)

    assert words.title(kind)
    assert words.cannot_tell(kind).endswith(".")
    assert words.mend(kind).endswith(".")
    assert len({CoverageWords(one).mend(kind) for one in LANGUAGES}) == 2
    assert set(ALIKE) == set(Blind)


def test_what_looks_alike_is_named_by_the_glossary() -> None:
    assert Component.TERMINAL in ALIKE[Blind.NO_INWARD_TARGET]
    assert CoverageWords("vi").cannot_tell(Blind.ONE_PC) == (
        "Không phân biệt được: máy trạm, phần mềm trên máy trạm, mạng nội bộ."
    )


def test_the_most_particular_desk_is_called() -> None:
    general = Contact(owner=Owner.TELECOM, phone="0000 1")
    local = Contact(owner=Owner.TELECOM, commune="06001", phone="0000 2")
    service = Contact(owner=Owner.SERVICE_OWNER, service="dvc", zalo="Nhóm")
    unreachable = Contact(owner=Owner.TELECOM, commune="06004", desk="Trực")
    desks = Directory([general, local, service, unreachable])

    assert desks.find(Owner.TELECOM, "06001") is local
    assert desks.find(Owner.TELECOM, "06004") is general
    assert desks.find(Owner.SERVICE_OWNER, "06001", "dvc") is service
    assert desks.find(Owner.SERVICE_OWNER, "06001", "other") is None
    assert desks.find(Owner.POWER) is None
