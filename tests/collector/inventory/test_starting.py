"""A province's first files are accepted as they are, and nothing in them is asked that nobody entered."""

import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from sansang_collector.inventory import units
from sansang_collector.inventory.folder import Read, read_folder
from sansang_collector.inventory.model import Hosted, Kind
from sansang_collector.inventory.starting import first_files
from sansang_collector.topology import build


def started(place: Path, province: str) -> Read:
    place.mkdir()
    for name, contents in first_files(units.units_of(province)).items():
        (place / name).write_bytes(contents)
    return read_folder(place, units.official_names)


@pytest.mark.parametrize("said", ["Lạng Sơn", "lang son", "Tỉnh Lạng Sơn", unicodedata.normalize("NFD", "Lạng Sơn")])
def test_the_province_is_found_however_it_is_written(said: str) -> None:
    assert units.units_of(said).province.code == "20"


def test_lang_son_starts_with_all_its_communes_and_is_good(tmp_path: Path) -> None:
    found = started(tmp_path / "inventory", "Lạng Sơn")
    communes = {commune.code: commune for commune in found.inventory.communes}

    assert found.notes == []
    assert len(communes) == 65
    assert sum(commune.kind is Kind.PHUONG for commune in communes.values()) == 4
    assert communes["06001"].name == "Xã Đoàn Kết"
    assert all(21.4 < (commune.lat or 0) < 22.4 and 106.1 < (commune.lon or 0) < 107.3 for commune in communes.values())
    assert {commune.former_district.split(";")[0] for commune in communes.values()} >= {"Huyện Bình Gia"}


def test_the_first_topology_is_an_example_that_nobody_is_asked_for(tmp_path: Path) -> None:
    found = started(tmp_path / "inventory", "Lạng Sơn").inventory

    assert found.topology.example
    assert not any(line.terminal_address for line in found.lines)
    assert not any(node.address for node in found.access_nodes)
    assert list(build(found).inward) == ["gateway", "core"]
    assert all(node.id.startswith("vi-du-") and node.name.startswith("VÍ DỤ") for node in found.access_nodes)
    assert len([ring for ring in found.topology.rings if len(ring.nodes) > 1]) == 3


def test_the_first_contacts_are_none_because_none_is_made_up(tmp_path: Path) -> None:
    assert started(tmp_path / "inventory", "Lạng Sơn").inventory.contacts == ()


def test_every_service_of_the_catalogue_is_to_be_checked_on_site_and_says_where_it_is_from(tmp_path: Path) -> None:
    found = started(tmp_path / "inventory", "Lạng Sơn").inventory
    five = {"ioffice", "igate", "hop-truc-tuyen", "bao-cao", "lgsp"}

    assert all(service.check_on_site and service.source for service in found.services)
    assert {service.id for service in found.services if service.hosted is Hosted.PROVINCE} >= five
    assert [service.id for service in found.services if service.asked] == [
        "dichvucong", "dieuphoi", "hotich", "thanhtoan", "ioffice",
    ]  # fmt: skip
    assert [service.id for service in found.services if service.asked_by == "vantage"] == ["lgsp"]


def test_another_province_without_its_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "find_spec", lambda _name: None)

    with pytest.raises(units.MissingPackageError):
        units.units_of("Cao Bằng")
    assert len(units.units_of("Lạng Sơn").communes) == 65


def test_another_province_starts_with_its_own_communes_and_is_good(tmp_path: Path) -> None:
    found = started(tmp_path / "inventory", "cao bang").inventory

    assert (found.province.name, found.province.code) == ("Cao Bằng", "04")
    assert len(found.communes) == 56
    assert all(commune.former_district for commune in found.communes)
    assert not any("langson" in service.host for service in found.services)


def test_what_is_known_to_be_wrong_in_the_package_is_set_right() -> None:
    quang_ninh = {commune.code: commune.name for commune in units.units_of("Quảng Ninh").communes}

    assert quang_ninh["06978"] == "Xã Ba Chẽ"
    assert "06970" not in quang_ninh
    assert "phường on 30 April 2026" in units.units_of("Đồng Nai").notes[0]


def test_names_are_composed_and_begin_with_a_capital_everywhere() -> None:
    for province in ("Hà Nội", "Thành phố Huế", "TP Hồ Chí Minh"):
        names = [commune.name for commune in units.units_of(province).communes]

        assert names
        assert all(name == unicodedata.normalize("NFC", name) and name[0].isupper() for name in names)


def test_a_province_that_is_none_gets_a_suggestion() -> None:
    with pytest.raises(units.NoProvinceError) as caught:
        units.units_of("Cao Bàng Tỉnh")
    assert caught.value.close == "Cao Bằng"


def test_the_package_is_loaded_only_for_other_provinces(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from sansang_collector.cli import main\n"
        f"main(['inventory', 'init', {str(tmp_path / 'new')!r}, '--province', 'Lang Son'])\n"
        f"main(['inventory', 'check', {str(tmp_path / 'new')!r}])\n"
        "print(*{'vietnamadminunits', 'shapely', 'numpy'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)

    assert done.stderr.strip() == ""
