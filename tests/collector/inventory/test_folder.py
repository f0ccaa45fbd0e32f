"""A folder's files become one inventory, or every mistake in them is said at once, each in its exact words."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest

from sansang_agent.contract.settings import SettingsError
from sansang_collector.inventory.folder import read_folder
from sansang_collector.inventory.model import Kind, Known, LineKind
from sansang_collector.inventory.units import official_names
from tests.collector.inventory.folders import FILES, folder, read, with_row, without


def wrong(place: Path, **changed: str | bytes) -> list[str]:
    """The mistakes of the changed folder, the folder's own name left out."""
    with pytest.raises(SettingsError) as caught:
        read_folder(folder(place, **changed), official_names)
    return [str(mistake).removeprefix(f"{place}/") for mistake in caught.value.mistakes]


def test_a_good_folder_is_read_whole(tmp_path: Path) -> None:
    found = read(tmp_path).inventory
    first = found.communes[0]

    assert (first.code, first.name, first.kind, first.counters) == ("06001", "Xã Đoàn Kết", Kind.XA, 2)
    assert (first.counter_agents, first.ups) == (("pc-1", "pc-2"), Known.YES)
    assert [line.kind for line in found.lines if line.commune == "06001"] == [LineKind.FTTH, LineKind.TSLCD2]
    assert found.topology.rings[0].nodes == ("an-1", "an-2", "an-3")
    assert [service.id for service in found.services if service.asked] == ["dvc", "qlvb", "truc"]
    assert found.contacts[1].phone == "0000 000 000"


CODE = "is not a commune's code: five digits"
BAD_ROWS: Mapping[str, tuple[dict[str, str], str]] = {
    "duplicate code": (
        {"communes_csv": with_row("communes.csv", "06004,Xã Quốc Khánh,xã,,,,")},
        "communes.csv:6: code: duplicate code '06004' (first in row 3)",
    ),
    "lost zero": (
        {"communes_csv": with_row("communes.csv", "6076,Xã Quý Hòa,xã,,,,")},
        f"communes.csv:6: code: '6076' {CODE}; did you mean '06076'? Spreadsheets drop leading zeros",
    ),
    "no code": (
        {"communes_csv": with_row("communes.csv", ",Xã Quý Hòa,xã,,,,")},
        "communes.csv:6: code: is empty",
    ),
    "unknown kind": (
        {"communes_csv": with_row("communes.csv", "06076,Xã Quý Hòa,xa,,,,")},
        "communes.csv:6: kind: must be one of xã, phường, đặc khu",
    ),
    "kind against name": (
        {"communes_csv": with_row("communes.csv", "06076,Xã Quý Hòa,phường,,,,")},
        "communes.csv:6: kind: is 'phường', but the name begins with 'Xã'",
    ),
    "too many counter machines": (
        {"communes_csv": with_row("communes.csv", "06076,Xã Quý Hòa,xã,,1,pc-1 pc-2,")},
        "communes.csv:6: counters: is 1, but 2 machines are said to stand at counters",
    ),
    "more cells than headings": (
        {"communes_csv": with_row("communes.csv", "06076,Xã Quý Hòa,xã,,1,pc-1,no,extra")},
        "communes.csv:6: has 8 cells, but there are 7 headings",
    ),
    "unknown column": (
        {"communes_csv": without("communes.csv", "former_district", "former_distict")},
        "communes.csv:1: former_distict: unknown column 'former_distict'; did you mean 'former_district'?",
    ),
    "missing column": (
        {"access_nodes_csv": "name\nTrạm\n", "lines_csv": "id,commune,kind\n", "topology_yml": ""},
        "access_nodes.csv:1: id: missing column 'id'",
    ),
    "unknown access node": (
        {"lines_csv": with_row("lines.csv", "06253-ftth,06253,ftth,VNPT,an-11,")},
        "lines.csv:7: access_node: unknown access node 'an-11'; did you mean 'an-1'?",
    ),
    "unknown commune of a line": (
        {"lines_csv": with_row("lines.csv", "x,06005,ftth,VNPT,an-1,")},
        "lines.csv:7: commune: unknown commune '06005'; did you mean '06004'?",
    ),
    "commune on two nodes": (
        {"lines_csv": with_row("lines.csv", "06001-b,06001,tslcd2,VNPT,an-2,")},
        ("lines.csv:7: access_node: commune 06001 is on two access nodes with its tslcd2 line: "
        "'an-2' here, 'an-1' in '06001-tslcd2'"),
    ),
    "address taken": (
        {"lines_csv": with_row("lines.csv", "06073-b,06073,ftth,VNPT,an-1,10.20.0.1")},
        "lines.csv:7: terminal_address: '10.20.0.1' is the address of '06001-tslcd2' already",
    ),
    "no address": (
        {"lines_csv": with_row("lines.csv", "06073-b,06073,ftth,VNPT,an-1,10.20.0.300")},
        "lines.csv:7: terminal_address: '10.20.0.300' is no address",
    ),
    "uplinks in a circle": (
        {"access_nodes_csv": with_row("access_nodes.csv", "an-4,,an-5,", "an-5,,an-6,", "an-6,,an-4,")},
        "access_nodes.csv:6: uplink: access nodes hang from each other in a circle: an-4 → an-5 → an-6 → an-4",
    ),
    "a node that hangs from itself": (
        {"access_nodes_csv": with_row("access_nodes.csv", "an-4,,an-4,")},
        "access_nodes.csv:6: uplink: access nodes hang from each other in a circle: an-4 → an-4",
    ),
    "ring with one node": (
        {"topology_yml": "rings:\n  - id: ring-1\n    nodes: [an-1]\n"},
        ("topology.yml:3: rings[0].nodes: a ring needs two access nodes or more; 'an-1' alone hangs from the core "
        "without a ring"),
    ),
    "ring with an unknown node": (
        {"topology_yml": "rings:\n  - id: ring-1\n    nodes:\n      - an-1\n      - an-9\n"},
        "topology.yml:5: rings[0].nodes[1]: unknown access node 'an-9'; did you mean 'an-3'?",
    ),
    "a node twice on a ring": (
        {"topology_yml": "rings:\n  - id: ring-1\n    nodes: [an-1, an-2, an-1]\n"},
        "topology.yml:3: rings[0].nodes[2]: 'an-1' stands on this ring twice",
    ),
    "a node on two rings": (
        {"topology_yml": "rings:\n  - {id: a, nodes: [an-1, an-2]}\n  - {id: b, nodes: [an-3, an-2]}\n"},
        "topology.yml:3: rings[1].nodes[1]: 'an-2' stands on ring 'a' already",
    ),
    "a spur on a ring": (
        {"topology_yml": "rings:\n  - {id: a, nodes: [an-1, an-spur]}\n"},
        "topology.yml:2: rings[0].nodes[1]: 'an-spur' hangs from 'an-2', so it stands on no ring",
    ),
    "two rings of one id": (
        {
            "access_nodes_csv": with_row("access_nodes.csv", "an-4,,,"),
            "topology_yml": "rings:\n  - {id: a, nodes: [an-1, an-2]}\n  - {id: a, nodes: [an-3, an-4]}\n",
        },
        "topology.yml:3: rings[1].id: duplicate id 'a' (also rings[0])",
    ),
    "a ring without nodes": (
        {"topology_yml": "rings:\n  - {id: a, nodes: []}\n"},
        "topology.yml:2: rings[0].nodes: a ring needs two access nodes or more, in their order around it",
    ),
    "unknown key": (
        {"topology_yml": "ring: []\n"},
        "topology.yml:1: ring: unknown key 'ring'; did you mean 'rings'?",
    ),
    "a URL as a host": (
        {"services_yml": "services:\n  - {id: dvc, name: Cổng, host: 'https://dvc.example/'}\n"},
        ("services.yml:2: services[0].host: 'https://dvc.example/' is a URL; write the host alone, and the path "
        "with the check"),
    ),
    "two services of one id": (
        {"services_yml": "services:\n  - {id: dvc, name: Cổng}\n  - {id: dvc, name: Cổng}\n"},
        "services.yml:3: services[1].id: duplicate id 'dvc' (also services[0])",
    ),
    "two checks of one kind": (
        {"services_yml": "services:\n  - id: dvc\n    name: Cổng\n    checks: [{kind: tls}, {kind: tls, port: 444}]\n"},
        "services.yml:4: services[0].checks[1].kind: there is a tls check already; a service has one of each kind",
    ),
    "unknown service of a contact": (
        {"contacts_csv": with_row("contacts.csv", "service_owner,dvcc,,Trực,1022,,")},
        "contacts.csv:4: service: unknown service 'dvcc'; did you mean 'dvc'?",
    ),
    "no telephone number": (
        {"contacts_csv": with_row("contacts.csv", "commune_it,,,Trực,gọi anh Nam,,")},
        "contacts.csv:4: phone: 'gọi anh Nam' is no telephone number",
    ),
    "unknown power area": (
        {"communes_csv": "code,name,kind,power_area\n06001,Xã Đoàn Kết,xã,lo-371\n", "lines_csv": "id,commune,kind\n",
         "topology_yml": "power_areas: [{id: lo-372}]\n"},
        "communes.csv:2: power_area: unknown power area 'lo-371'; did you mean 'lo-372'?",
    ),
    "hours that overlap": (
        {"province_yml": 'name: Lạng Sơn\ncode: "20"\nhours: mon-fri 07:30-11:30 11:00-17:00\n'},
        "province.yml:3: hours: opens twice on mon at 11:00",
    ),
    "no such holiday": (
        {"province_yml": 'name: Lạng Sơn\ncode: "20"\nholidays: [2026-02-30]\n'},
        "province.yml:3: holidays[0]: there is no day '2026-02-30'",
    ),
    "a name of another commune": (
        {"communes_csv": with_row("communes.csv", "06076,Xã Hoa Thám,xã,,,,")},
        "communes.csv:6: name: 'Xã Hoa Thám' is the name of 06073; 06076 is Xã Quý Hòa",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_mistake_is_said_in_its_exact_words_and_nothing_else_is(tmp_path: Path, what: str) -> None:
    changed, said = BAD_ROWS[what]

    assert wrong(tmp_path, **changed) == [said]


def test_two_swapped_names_are_said_at_both_rows(tmp_path: Path) -> None:
    text = FILES["communes.csv"].replace("Đoàn Kết", "*").replace("Quốc Khánh", "Đoàn Kết").replace("*", "Quốc Khánh")

    assert wrong(tmp_path, communes_csv=text) == [
        "communes.csv:2: name: the names of 06001 and 06004 are swapped: 06001 is Xã Đoàn Kết",
        "communes.csv:3: name: the names of 06004 and 06001 are swapped: 06004 is Xã Quốc Khánh",
    ]


def test_every_mistake_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    said = wrong(
        tmp_path,
        communes_csv=with_row("communes.csv", "6076,Xã Quý Hòa,xã,,,,", "06079,Xã Hồng Phong,xã,,viele,,"),
        lines_csv=with_row("lines.csv", "06253-ftth,06253,ftth,VNPT,an-11,"),
        topology_yml="rings:\n  - id: ring-1\n    nodes: [an-1]\n",
        services_yml="servces: []\n",
    )

    assert [line.split(": ")[0] for line in said] == [
        "communes.csv:6", "communes.csv:7", "lines.csv:7", "services.yml:1", "topology.yml:3",
    ]  # fmt: skip


def test_a_file_that_is_not_there_is_missed_only_where_it_is_needed(tmp_path: Path) -> None:
    place = folder(tmp_path)
    for name in ("communes.csv", "contacts.csv"):
        (place / name).unlink()

    with pytest.raises(SettingsError) as caught:
        read_folder(place, official_names)
    assert str(caught.value).splitlines()[0] == f"{place}/communes.csv: there is no such file"
    assert "contacts" not in str(caught.value)


def test_a_file_of_another_name_is_not_passed_over(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "line.csv").write_text("id\n", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"line.csv: is no file of an inventory; did you mean 'lines.csv'\?"):
        read_folder(place, official_names)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such folder; make one with: sansang-collector inventory init"):
        read_folder(tmp_path / "none", official_names)


def test_what_can_be_read_without_loss_is_read_and_noted(tmp_path: Path) -> None:
    plain = read(tmp_path).inventory
    semicolons = FILES["lines.csv"].replace(",", ";")
    decomposed = unicodedata.normalize("NFD", FILES["communes.csv"])
    found = read(
        tmp_path,
        lines_csv=semicolons,
        communes_csv=decomposed,
        access_nodes_csv=FILES["access_nodes.csv"].encode("utf-16"),
        contacts_csv=FILES["contacts.csv"].encode("utf-8-sig"),
        topology_yml=unicodedata.normalize("NFD", FILES["topology.yml"]),
    )

    assert found.inventory == plain
    assert [note.removeprefix(f"{tmp_path}/") for note in found.notes] == [
        "communes.csv: letters and their marks stood apart (NFD); they are taken as composed (NFC)",
        "lines.csv: columns are separated by semicolons",
        'access_nodes.csv: is UTF-16 (Excel\'s "Unicode Text")',
    ]


def test_semicolons_inside_cells_separate_nothing(tmp_path: Path) -> None:
    many = "; ".join(f"pc-{n}" for n in range(30))
    found = read(tmp_path, communes_csv=FILES["communes.csv"].replace("2,pc-1; pc-2", f"40,{many}"))

    assert len(found.inventory.communes[0].counter_agents) == 30
    assert found.notes == []


def test_windows_1258_is_not_guessed_in_the_folder_itself(tmp_path: Path) -> None:
    text = "code,name,kind\n06001,Xã Đoàn Kết,xã\n06004,Xã Quốc Khánh,xã\n06073,Xã Hoa Thám,xã\n06253,Xã Văn Quan,xã\n"
    decomposed = unicodedata.normalize("NFD", text).replace("đ", "đ")
    half = "".join(cp1258(letter) for letter in text)

    assert decomposed != text
    assert wrong(tmp_path, communes_csv=half.encode("cp1258"))[0] == (
        "communes.csv: is not UTF-8 (see line 2) but, it seems, Windows-1258; "
        "take it in with: sansang-collector inventory import"
    )


def cp1258(letter: str) -> str:
    """A letter as Windows-1258 has it: the base letter whole, a tone as a mark behind it."""
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        base, tone = unicodedata.normalize("NFD", letter)[0], unicodedata.normalize("NFD", letter)[1:]
        shaped = [mark for mark in tone if mark in "\u0302\u0306\u031b"]
        tones = "".join(mark for mark in tone if mark not in shaped)
        return unicodedata.normalize("NFC", base + "".join(shaped)) + tones
    return letter


def test_bytes_that_are_no_table_are_one_sentence(tmp_path: Path) -> None:
    said = wrong(tmp_path, communes_csv=b"code,name,kind\n\x81\x8d\x9d\n")

    assert said[0] == ("communes.csv: is neither UTF-8 (see line 2) nor Windows-1258; save it again as 'CSV UTF-8'")


def test_a_quotation_mark_that_is_not_closed_names_its_row(tmp_path: Path) -> None:
    said = wrong(tmp_path, communes_csv=FILES["communes.csv"] + '06076,"Xã Quý Hòa,xã\n')

    assert said[0] == "communes.csv: row 6 cannot be read as a row of a table: unexpected end of data"


def test_the_order_of_rows_makes_no_other_inventory(tmp_path: Path) -> None:
    before = read(tmp_path).inventory
    head, *rows = FILES["lines.csv"].splitlines()
    after = read(tmp_path, lines_csv="\n".join([head, *reversed(rows)])).inventory

    assert after == before
