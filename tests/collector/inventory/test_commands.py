"""``sansang-collector inventory`` and ``coverage`` as an administrator types them."""

import json
from pathlib import Path

import pytest

from sansang_collector import cli
from sansang_collector.inventory import units
from sansang_collector.store import Store
from tests.collector.inventory.folders import folder, with_row
from tests.support.ledgers import add_agent


def run(capsys: pytest.CaptureFixture[str], *arguments: str, lang: str = "en") -> tuple[int, str, str]:
    status = cli.main([*arguments, "--lang", lang])
    said = capsys.readouterr()
    return status, said.out.strip(), said.err.strip()


def test_a_new_folder_is_accepted_by_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "inventory")
    assert run(capsys, "inventory", "init", place, "--province", "Lạng Sơn")[0] == 0
    status, said, notes = run(capsys, "inventory", "check", place)

    assert (status, notes) == (0, "")
    assert said.splitlines() == [
        f"{place} is good.",
        "Lạng Sơn: 65 communes, 65 lines, 11 access nodes, 3 rings, 35 services (5 asked), 0 contacts.",
        "Its topology is an example, not the real one (example: true in topology.yml).",
    ]


def test_one_broken_row_fails_check_with_its_row_and_column_and_no_stack_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder(tmp_path / "inventory", lines_csv=with_row("lines.csv", "x,06001,ftth,VNPT,an-11,"))
    status, out, said = run(capsys, "inventory", "check", str(place))

    assert (status, out) == (1, "")
    assert said.splitlines()[0] == (
        f"{place}/lines.csv:7: access_node: unknown access node 'an-11'; did you mean 'an-1'?"
    )
    assert "Traceback" not in said


def test_a_folder_that_holds_files_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(tmp_path / "inventory")
    before = (place / "communes.csv").read_bytes()

    assert run(capsys, "inventory", "init", str(place), "--province", "Lạng Sơn") == (
        1, "", f"{place} already holds province.yml; nothing was written.",
    )  # fmt: skip
    assert (place / "communes.csv").read_bytes() == before


def test_another_province_without_the_package_is_one_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "find_spec", lambda _name: None)
    status, _, said = run(capsys, "inventory", "init", str(tmp_path / "x"), "--province", "Cao Bằng")

    assert (status, said.endswith("pip install 'sansang[units]'")) == (2, True)
    assert not (tmp_path / "x").exists()


def test_a_province_that_is_none_is_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "inventory", "init", str(tmp_path / "x"), "--province", "Cao Banh") == (
        1, "", "There is no province 'Cao Banh'. Did you mean 'Cao Bằng'?",
    )  # fmt: skip


def test_import_shows_first_and_writes_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(tmp_path / "inventory")
    sheet = tmp_path / "xa.csv"
    sheet.write_text("Mã xã;Số quầy\n6001;5\n", encoding="utf-8")
    first = run(capsys, "inventory", "import", str(sheet), str(place))
    second = run(capsys, "inventory", "import", str(sheet), str(place), "--yes")
    third = run(capsys, "inventory", "import", str(sheet), str(place), "--yes")

    assert first[1].splitlines() == [
        "~ communes 06001: counters: 2 → 5", "Nothing is written yet; the same with --yes writes it.",
    ]  # fmt: skip
    assert first[2].splitlines()[-1] == (
        f"{sheet}: row 2: code: '6001' is taken as '06001' (spreadsheets drop leading zeros)"
    )
    assert second[1].splitlines()[-1] == f"{place}/communes.csv is written."
    assert third[1] == "Nothing in it is new."


def test_a_spreadsheet_with_mistakes_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(tmp_path / "inventory")
    sheet = tmp_path / "xa.csv"
    sheet.write_text("Mã xã,Số quầy\n06001,năm\n", encoding="utf-8")

    assert run(capsys, "inventory", "import", str(sheet), str(place), "--yes") == (
        1, "", f"{sheet}:2: counters: must be a whole number, not 'năm'",
    )  # fmt: skip


def test_apply_shows_the_differences_and_show_what_is_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("--data", str(tmp_path / "data"))
    place = folder(tmp_path / "inventory")
    dry = run(capsys, "inventory", "apply", str(place), "--dry-run", *data)
    assert dry[1].splitlines()[-1] == "Nothing is applied: this was a dry run."
    assert run(capsys, "inventory", "show", *data)[::2] == (1, "No inventory is in force.")

    first = run(capsys, "inventory", "apply", str(place), "--note", "first", *data)
    folder(place, communes_csv=with_row("communes.csv", "06076,Xã Quý Hòa,xã,,,,"))
    second = run(capsys, "inventory", "apply", str(place), *data)
    again = run(capsys, "inventory", "apply", str(place), *data)
    shown = run(capsys, "inventory", "show", *data)[1].splitlines()

    assert first[1].splitlines()[-2].startswith("Version 1 (")
    assert second[1].splitlines()[0] == "+ communes 06076 Xã Quý Hòa"
    assert again[1] == "Nothing differs from what is in force."
    assert shown[0].startswith("Version 2 (")
    assert shown[1].startswith("Lạng Sơn: 5 communes, 5 lines, 4 access nodes, 1 rings, 4 services (3 asked)")
    assert shown[2].endswith(": first")
    assert len(json.loads(run(capsys, "inventory", "show", "1", "--json", *data)[1])["communes"]) == 4
    assert run(capsys, "inventory", "show", "7", *data)[::2] == (1, "There is no version 7.")


def test_a_folder_with_mistakes_is_not_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path / "data"))
    place = folder(tmp_path / "inventory")
    run(capsys, "inventory", "apply", str(place), *data)
    folder(place, topology_yml="rings:\n  - id: a\n    nodes: [an-1]\n")
    status, _, said = run(capsys, "inventory", "apply", str(place), *data)

    assert (status, "a ring needs two access nodes or more" in said) == (1, True)
    assert run(capsys, "inventory", "show", *data)[1].startswith("Version 1 (")


@pytest.mark.parametrize("said", ["06004", "Xã Quốc Khánh", "quoc khanh"])
def test_a_path_is_told_in_words_with_whom_to_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    data = ("--data", str(tmp_path / "data"))
    place = str(folder(tmp_path / "inventory"))
    status, out, _ = run(capsys, "inventory", "path", said, "dvc-http", "--folder", place, *data, lang="vi")
    lines = [" ".join(line.split()) for line in out.splitlines()]

    assert (status, lines[0]) == (0, "Xã Quốc Khánh (06004), máy bất kỳ: dvc-http đi qua, kể từ máy trở ra:")
    assert lines[1] == "1. máy trạm Máy trạm cán bộ CNTT của xã"
    assert (
        "trạm truy nhập Trạm Quốc Khánh Đường truyền trực đường truyền: Trực đường truyền 0000 000 000 (24/7)"
        in (lines[9])
    )
    assert lines[-1].endswith("Dịch vụ công đơn vị quản lý dịch vụ: Zalo Nhóm thử")


def test_a_path_speaks_english_of_one_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = (
        "inventory",
        "path",
        "06001",
        "gateway",
        "--folder",
        str(folder(tmp_path / "inventory")),
        "--machine",
        "pc-2",
    )
    out = run(capsys, *asked, "--data", str(tmp_path / "data"))[1].splitlines()

    assert out[0] == "Xã Đoàn Kết (06001), pc-2: gateway crosses, from the machine outwards:"
    assert [line.split(". ")[1].split("  ")[0] for line in out[1:]] == [
        "this computer", "local network", "power", "area power Huyện Tràng Định", "terminal VNPT",
    ]  # fmt: skip


def test_what_the_centre_asks_is_told_from_the_centre_inwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--folder", str(folder(tmp_path / "inventory")), "--data", str(tmp_path / "data"))
    out = run(capsys, "inventory", "path", "06001", "terminal:06001-tslcd2", *place)[1].splitlines()

    assert out[0] == "Xã Đoàn Kết (06001): the centre's terminal:06001-tslcd2 crosses, from the centre inwards:"
    assert out[1].split()[:3] == ["1.", "this", "system"]
    assert "area power Huyện Tràng Định" in out[-1]


def test_without_a_check_all_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("inventory", "path", "06001", "--folder", str(folder(tmp_path / "inventory")))

    assert run(capsys, *asked, "--data", str(tmp_path / "data"))[1].split() == [
        "gateway", "line", "core", "names", "internet", "report", "dvc-http", "dvc-tls", "qlvb-tcp",
        "terminal:06001-tslcd2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("06002", "gateway"), "There is no commune '06002'. Did you mean '06004'?"),
        (("06001", "gatway"), "There is no check 'gatway' in Xã Đoàn Kết. Did you mean 'gateway'?"),
        (("06001", "gateway", "--machine", "pc-9"), "There is no machine 'pc-9' in Xã Đoàn Kết. Did you mean 'pc-2'?"),
    ],
)
def test_names_that_are_not_there_are_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], said: str
) -> None:
    place = ("--folder", str(folder(tmp_path / "inventory")), "--data", str(tmp_path / "data"))

    assert run(capsys, "inventory", "path", *asked, *place) == (1, "", said)


def test_coverage_counts_machines_that_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ("--data", str(tmp_path / "data"))
    run(capsys, "inventory", "apply", str(folder(tmp_path / "inventory")), *data)
    before = run(capsys, "coverage", *data, "--json", "--commune", "06004")[1]
    store = Store(tmp_path / "data")
    store.write_sync(lambda connection: add_agent(connection, "06004", "pc-2"))
    store.close()
    after = run(capsys, "coverage", *data, "--json", "--commune", "06004")[1]

    assert next(spot["kind"] for spot in json.loads(before)) == "one_pc"
    assert next(spot["kind"] for spot in json.loads(after)) == "no_inward_target"


def test_coverage_groups_communes_and_says_what_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ("--folder", str(folder(tmp_path / "inventory")), "--data", str(tmp_path / "data"))
    lines = run(capsys, "coverage", *place)[1].splitlines()

    assert lines[:4] == [
        "no machine reports from here – 2 of 4 communes",
        "    Cannot tell: anything about this centre.",
        "    Install sansang on the machines at the counters.",
        "    06073 Xã Hoa Thám, 06253 Xã Văn Quan",
    ]
    assert "nobody to call entered (the commune's IT officer) – 4 of 4 communes" in lines
    assert "    All communes." in lines


def test_without_an_inventory_path_and_coverage_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "No inventory is in force; apply one, or name a folder with --folder."

    assert run(capsys, "coverage", "--data", str(tmp_path)) == (1, "", said)
    assert run(capsys, "inventory", "path", "06001", "--data", str(tmp_path)) == (1, "", said)
