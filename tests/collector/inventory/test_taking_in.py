"""What people keep in spreadsheets goes into the folder: shown first, mended where clear, refused where not."""

import unicodedata
from pathlib import Path

import pytest

from sansang_agent.contract.settings import SettingsError
from sansang_collector.inventory import taking_in
from sansang_collector.inventory.folder import read_folder
from sansang_collector.inventory.headings import ACCESS_NODES, COMMUNES, CONTACTS, LINES, table_for
from sansang_collector.inventory.spelling import spelling
from sansang_collector.inventory.taking_in import Taking, take_in
from sansang_collector.inventory.units import official_names
from tests.collector.inventory.folders import FILES, folder
from tests.collector.inventory.test_folder import cp1258


def take(place: Path, contents: str | bytes) -> Taking:
    """What importing a spreadsheet into the usual folder would do."""
    file = place / "bang tinh.csv"
    file.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return take_in(file, folder(place / "inventory"), official_names)


def refused(place: Path, contents: str | bytes) -> list[str]:
    """The mistakes of such an import, without the place the files are in."""
    with pytest.raises(SettingsError) as caught:
        take(place, contents)
    return [str(mistake).removeprefix(f"{place}/") for mistake in caught.value.mistakes]


def shown(taking: Taking) -> list[str]:
    return [str(one) for one in taking.differences]


VIETNAMESE = (
    "DANH SÁCH ĐƯỜNG TRUYỀN NĂM 2026;;;;;\n"
    ";;;;;\n"
    "STT;Mã xã;Loại kênh;Nhà cung cấp;Băng thông (Mbps);Ngày đấu nối\n"
    "1;6001;TSLCD cấp II;VNPT;200;20/6/2025\n"
    "2;6253;Cáp quang;VNPT;150,5;1/7/2025\n"
)


def test_vietnamese_headings_titles_and_habits_are_understood(tmp_path: Path) -> None:
    taking = take(tmp_path, VIETNAMESE)

    assert taking.table is LINES
    assert shown(taking) == [
        "~ lines 06001-tslcd2: down_mbps: – → 200",
        "~ lines 06001-tslcd2: connected_on: – → 2025-06-20",
        "+ lines 06253-ftth",
    ]
    assert taking.notes == [
        "columns are separated by semicolons",
        "row 3: column 'STT' is not taken",
        "row 4: commune: '6001' is taken as '06001' (spreadsheets drop leading zeros)",
        "row 5: commune: '6253' is taken as '06253' (spreadsheets drop leading zeros)",
    ]


def test_nothing_is_written_until_it_is_asked_for_and_then_the_folder_is_still_good(tmp_path: Path) -> None:
    taking = take(tmp_path, VIETNAMESE)
    place = tmp_path / "inventory"
    assert (place / "lines.csv").read_text(encoding="utf-8") == FILES["lines.csv"]

    taking_in.write(taking, place)
    lines = {line.id: line for line in read_folder(place, official_names).inventory.lines}
    assert (lines["06001-tslcd2"].down_mbps, lines["06001-tslcd2"].terminal_address) == (200, "10.20.0.1")
    assert (lines["06253-ftth"].down_mbps, lines["06253-ftth"].connected_on) == (150.5, "2025-07-01")
    assert take_in(tmp_path / "bang tinh.csv", place, official_names).differences == []


NAMES = "Mã xã,Tên xã,Số quầy\n06001,Xã Đoàn Kết,4\n06073,Xã Hoa Thám,3\n"


@pytest.mark.parametrize(
    ("contents", "note"),
    [
        (NAMES.encode("utf-8-sig"), None),
        (NAMES.encode("utf-16"), 'is UTF-16 (Excel\'s "Unicode Text")'),
        (NAMES.encode("utf-16-le"), "is UTF-16 without a mark at its beginning"),
        (NAMES.replace(",", "\t").encode("utf-16"), 'is UTF-16 (Excel\'s "Unicode Text")'),
        (NAMES.replace(",", "\t").encode(), "columns are separated by tabs"),
        ("".join(cp1258(one) for one in NAMES).encode("cp1258"), "is no Unicode; it is read as Windows-1258"),
        (unicodedata.normalize("NFD", NAMES).encode(), "letters and their marks stood apart (NFD)"),
    ],
    ids=["BOM", "UTF-16", "UTF-16 without BOM", "UTF-16 with tabs", "tabs", "Windows-1258", "NFD"],
)
def test_every_way_of_saving_says_the_same(tmp_path: Path, contents: bytes, note: str | None) -> None:
    taking = take(tmp_path, contents)

    assert taking.table is COMMUNES
    assert shown(taking) == [
        "~ communes 06001: counters: 2 → 4",
        "~ communes 06073: counters: – → 3",
    ]
    assert taking.notes[0].startswith(note) if note else taking.notes == []


def test_every_mistake_is_said_at_once_by_row_and_column_and_nothing_is_written(tmp_path: Path) -> None:
    said = refused(
        tmp_path,
        "Mã xã,Loại,Nhà mạng,Trạm,Số kênh,IP WAN\n"
        "06001,tslcd2,VNPT,an-2,1,\n"
        "6002,tslcd2,VNPT,an-1,1,\n"
        "06253,vệ tinh,VNPT,an-1,1,\n"
        "06253,ftth,VNPT,an-22,nhiều,\n"
        "06073,4g,,,1,10.20.0.1\n",
    )

    assert said == [
        "bang tinh.csv:3: commune: unknown commune '06002'; did you mean '06004'?",
        "bang tinh.csv:4: kind: must be one of tslcd2, ftth, 4g",
        "bang tinh.csv:5: access_node: unknown access node 'an-22'; did you mean 'an-2'?",
        "bang tinh.csv:5: channels: must be a whole number, not 'nhiều'",
        "bang tinh.csv:6: terminal_address: '10.20.0.1' is the address of '06001-tslcd2' already",
    ]
    assert (tmp_path / "inventory" / "lines.csv").read_text(encoding="utf-8") == FILES["lines.csv"]


def test_a_commune_that_lands_on_two_nodes_is_said_at_the_spreadsheets_row(tmp_path: Path) -> None:
    said = refused(tmp_path, "id,commune,kind,provider,access_node\n06001-b,06001,tslcd2,VNPT,an-2\n")

    assert said == [
        (
            "bang tinh.csv:2: access_node: commune 06001 is on two access nodes with its tslcd2 line: "
            "'an-2' here, 'an-1' in '06001-tslcd2'"
        )
    ]


def test_two_rows_for_one_commune_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "code,counters\n06001,3\n06001,4\n") == [
        "bang tinh.csv:3: code: duplicate code '06001' (first in row 2)"
    ]


def test_swapped_names_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "code,name\n06001,Xã Quốc Khánh\n06004,Xã Đoàn Kết\n") == [
        "bang tinh.csv:2: name: the names of 06001 and 06004 are swapped: 06001 is Xã Đoàn Kết",
        "bang tinh.csv:3: name: the names of 06004 and 06001 are swapped: 06004 is Xã Quốc Khánh",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Xã Quý Hòa", "Xã Quý Hoà", True),
        ("Xã Thụy Hùng", "xã Thuỵ  Hùng", True),
        ("Xã Hòa Bình", "Xã Hóa Bình", False),
        ("Xã Tân Tri", "Xã Tân Trì", False),
        ("Xã Văn Lãng", "Xã Vân Lãng", False),
    ],
)
def test_a_tone_on_another_letter_is_the_same_name(one: str, other: str, same: bool) -> None:
    assert (spelling(one) == spelling(other)) is same


def test_the_other_spelling_of_a_name_changes_nothing(tmp_path: Path) -> None:
    assert shown(take(tmp_path, "Mã xã,Tên xã,Số quầy\n06073,XÃ HOA THÁM,3\n06001,Xã Đoàn Kết,2\n")) == [
        "~ communes 06073: counters: – → 3"
    ]


def test_a_new_commune_needs_what_every_commune_needs(tmp_path: Path) -> None:
    assert refused(tmp_path, "Mã xã,Số quầy\n06076,3\n") == [
        "bang tinh.csv:2: kind: is empty, and communes.csv does not have 06076 yet",
        "bang tinh.csv:2: name: is empty, and communes.csv does not have 06076 yet",
    ]


def test_mistakes_of_the_folder_that_were_there_before_do_not_hold_an_import_up(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "inventory",
        services_yml="servces: []\n",
        contacts_csv=FILES["contacts.csv"].split("service_owner")[0],
    )
    file = tmp_path / "xa.csv"
    file.write_text(NAMES, encoding="utf-8")

    assert len(take_in(file, place, official_names).differences) == 2


def test_contacts_are_told_apart_by_owner_service_and_commune(tmp_path: Path) -> None:
    taking = take(tmp_path, "Phụ trách,Mã xã,Bộ phận trực,Số trực\nVNPT,6001,Tổ kỹ thuật,0000 111 222\n")

    assert (taking.table, shown(taking)) == (CONTACTS, ["+ contacts telecom/06001"])


@pytest.mark.parametrize(
    ("headings", "table"),
    [
        (["Mã trạm", "Tên trạm", "IP quản lý"], ACCESS_NODES),
        (["STT", "MA XA", "TEN XA"], COMMUNES),
        (["Mã xã", "Nhà mạng", "Tốc độ"], LINES),
        (["Họ tên", "Ngày sinh"], None),
    ],
)
def test_a_table_is_known_by_its_headings(headings: list[str], table: object) -> None:
    assert table_for(headings) is table


def test_headings_that_fit_nothing_and_workbooks_are_one_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path, "Họ tên,Ngày sinh\nA,1/1/2000\n") == [
        (
            "bang tinh.csv:1: its headings fit no table; say which one it is with --table "
            "(communes, lines, access_nodes, contacts)"
        )
    ]
    book = tmp_path / "sổ.xlsx"
    book.write_bytes(b"PK\x03\x04")
    with pytest.raises(SettingsError, match="is a workbook; save its sheet as 'CSV UTF-8' and import that"):
        take_in(book, tmp_path, official_names)
    with pytest.raises(SettingsError, match=r"none.csv: there is no such file"):
        take_in(tmp_path / "none.csv", tmp_path, official_names)
