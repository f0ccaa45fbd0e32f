"""Planned work and announced power cuts: when they hold and for what, and how a spreadsheet of them is read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sansang_agent.contract.mistake import SettingsError
from sansang_agent.contract.words import catalogue
from sansang_collector import cli
from sansang_collector.audit import AUDIT
from sansang_collector.incidents import maintenance_import, maintenance_rows, maintenance_rules
from sansang_collector.incidents.maintenance import (
    Kind,
    Maintenance,
    Plan,
    State,
    at_work,
    is_short_notice,
    notice_days,
)
from sansang_collector.incidents.maintenance_rules import Ground
from sansang_collector.incidents.maintenance_words import PlanError, Refused
from sansang_collector.inventory import versions
from sansang_collector.inventory.calendars import days_of
from sansang_collector.rights import ALL, just
from sansang_collector.simulation import provinces
from sansang_collector.store import Store
from sansang_collector.written_times import moment_of

NOON = 1_782_450_000.0  # a Friday, 2026-06-26 12:00 in Vietnam
HOUR, DAY = 3600.0, 86400.0
INVENTORY = provinces.make(1, communes=8).inventory
GROUND = Ground(INVENTORY)
ONE, OTHER = (commune.code for commune in INVENTORY.communes[:2])
MOMENTS = "2026-07-01 08:00, 01/07/2026 08:00 or 8h00 ngày 01/07/2026"
VIETNAMESE = catalogue("sansang_collector", "vi").gettext


def plan(**more: Any) -> Plan:
    facts: dict[str, Any] = {
        "kind": Kind.PLANNED_WORK, "title": "Thay cáp quang", "communes": (ONE,),
        "begins": NOON + HOUR, "ends": NOON + 3 * HOUR,
    }  # fmt: skip
    return Plan(**facts | more)


def kept(number: int = 1, **more: Any) -> Maintenance:
    facts: dict[str, Any] = {
        "id": number, "kind": Kind.PLANNED_WORK, "title": "", "parts": (), "communes": (ONE,), "announced_at": NOON,
        "begins": NOON, "ends": NOON + HOUR, "ended_at": None, "cancelled_at": None, "made_by": "", "made_at": NOON,
        "source": "page",
    }  # fmt: skip
    return Maintenance(**facts | more)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("changed", "at", "state"),
    [
        ({}, NOON - 1, State.TO_COME),
        ({}, NOON, State.IN_FORCE),
        ({}, NOON + HOUR, State.OVER),
        ({"ended_at": NOON + 60}, NOON + 61, State.OVER),
        ({"cancelled_at": NOON - 60}, NOON + 61, State.CANCELLED),
    ],
)
def test_work_is_in_force_from_its_beginning_until_it_is_over(changed: dict[str, Any], at: float, state: State) -> None:
    assert kept(**changed).state(at) is state


def test_what_is_worked_on_explains_that_part_and_not_the_whole_commune() -> None:
    work = kept(7, parts=("ring:vong-0",), communes=(ONE, OTHER))

    assert at_work([work], NOON) == ({"ring:vong-0": 7}, {})
    assert at_work([work], NOON - 1) == ({}, {})


def test_a_power_cut_explains_the_power_of_its_communes_and_nothing_else_there() -> None:
    found = at_work([kept(3, kind=Kind.POWER_CUT, communes=(ONE,)), kept(4, communes=(OTHER,))], NOON)

    assert found.parts == {f"site_power:{ONE}": 3}
    assert found.communes == {OTHER: 4}


def test_notice_is_counted_in_working_days_without_holidays() -> None:
    wednesday_after_next = NOON + 12 * DAY

    assert notice_days(NOON, wednesday_after_next, frozenset()) == 8
    assert notice_days(NOON, wednesday_after_next, days_of(("2026-06-30..2026-07-01",))) == 6
    assert is_short_notice(kept(), NOON, frozenset())
    assert not is_short_notice(kept(begins=wednesday_after_next), NOON, frozenset())
    assert not is_short_notice(kept(kind=Kind.POWER_CUT), NOON, frozenset())


@pytest.mark.parametrize(
    ("more", "refused", "field"),
    [
        ({"ends": NOON + HOUR}, Refused.ORDER, "ends"),
        ({"ends": NOON + 40 * DAY}, Refused.LONG, "ends"),
        ({"begins": NOON - 2 * HOUR, "ends": NOON - HOUR}, Refused.PAST, "ends"),
        ({"announced_at": NOON + 1}, Refused.ANNOUNCED, "announced_at"),
        ({"communes": ()}, Refused.PLACES, "communes"),
        ({"communes": ("99999",)}, Refused.COMMUNE, "communes"),
        ({"parts": ("ring:vong-o",)}, Refused.PART, "parts"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_nothing_written(
    store: Store, more: dict[str, Any], refused: Refused, field: str
) -> None:
    with pytest.raises(PlanError) as error:
        store.write_sync(lambda it: maintenance_rows.add(it, plan(**more), GROUND, "lan", NOON))

    assert (error.value.refused, error.value.field) == (refused, field)
    with store.read() as connection:
        assert maintenance_rows.newest(connection, ALL, 10) == (0, [])


def test_a_slip_in_a_parts_name_is_answered_with_the_one_that_is_meant() -> None:
    with pytest.raises(PlanError, match="did you mean 'core'"):
        maintenance_rules.check(plan(parts=("cores",)), GROUND, NOON)


def test_work_on_a_shared_part_is_about_every_commune_below_it(store: Store) -> None:
    node = INVENTORY.lines[0].access_node
    below = {line.commune for line in INVENTORY.lines if line.access_node == node}

    made = store.write_sync(
        lambda it: maintenance_rows.add(
            it, plan(communes=(), parts=(f"access_node:{node}",)), GROUND, "lan", NOON, "page"
        )
    )

    assert set(made.communes) == below
    with store.read() as connection:
        assert maintenance_rows.newest(connection, just(next(iter(below))), 10) == (1, [made])
        assert maintenance_rows.newest(connection, just("99999"), 10) == (0, [])


def test_work_is_cancelled_before_it_begins_and_ended_while_it_is_under_way(store: Store) -> None:
    def deed(change: Callable[..., Maintenance], number: int, at: float) -> Maintenance:
        return store.write_sync(lambda it: change(it, number, "lan", at))

    first, second = (
        store.write_sync(lambda it: maintenance_rows.add(it, plan(), GROUND, "lan", NOON)).id for _ in range(2)
    )
    with pytest.raises(PlanError, match="cancel it instead"):
        deed(maintenance_rows.end, first, NOON)
    assert deed(maintenance_rows.cancel, first, NOON).state(NOON + 2 * HOUR) is State.CANCELLED
    with pytest.raises(PlanError, match="end it instead"):
        deed(maintenance_rows.cancel, second, NOON + 2 * HOUR)
    assert deed(maintenance_rows.end, second, NOON + 2 * HOUR).until == NOON + 2 * HOUR
    with pytest.raises(PlanError, match="over or cancelled already"):
        deed(maintenance_rows.end, second, NOON + 2 * HOUR + 1)
    with pytest.raises(PlanError, match="number 99"):
        deed(maintenance_rows.cancel, 99, NOON)
    with store.read() as connection:
        assert maintenance_rows.standing(connection, NOON + 2 * HOUR + 1) == []
        said = connection.execute(select(AUDIT.c.what, AUDIT.c.commune).order_by(AUDIT.c.id)).all()
    assert [what for what, _ in said] == ["maintenance"] * 2 + ["maintenance_cancel", "maintenance_end"]
    assert {commune for _, commune in said} == {ONE}


@pytest.mark.parametrize(
    "text",
    ["2026-07-01 08:00", "2026-07-01T08:00", "01/07/2026 08:00", "08:00 1/7/2026", "8h00 ngày 01/07/2026",
     "8h ngày 1-7-2026", "08:00:00 01.07.2026"],
)  # fmt: skip
def test_moments_are_read_as_announcements_write_them(text: str) -> None:
    assert moment_of(text) == 1_782_867_600.0


@pytest.mark.parametrize("text", ["", "mai", "2026-07-01", "31/06/2026 08:00", "01/07/2026 25:00", "8h75 1/7/2026"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"no |there is"):
        moment_of(text)


def read(text: str) -> maintenance_import.Reading:
    return maintenance_import.read(text.encode(), "cat-dien.csv", GROUND, NOON)


def test_an_announcement_of_the_power_company_is_read_with_its_own_headings() -> None:
    area = INVENTORY.communes[0].former_district
    found = read(
        "LỊCH NGỪNG GIẢM CUNG CẤP ĐIỆN;;;;\n"
        "Ngày;Từ;Đến;Mã xã;Khu vực điện;Lý do;Ghi chú\n"
        f"01/07/2026;8h00;11h30;{int(ONE)};;Bảo dưỡng đường dây;\n"
        f"02/07/2026;08:00;16:30;;{area};Thay máy biến áp;gấp\n"
        "01/06/2026;8h00;11h30;00004;;Đã xong;\n"
    )

    assert [(one.kind, one.communes, one.parts, one.title) for one in found.plans] == [
        ("power_cut", (ONE,), (), "Bảo dưỡng đường dây"),
        ("power_cut", (), (f"power_area:{area}",), "Thay máy biến áp"),
    ]
    assert found.plans[0].begins == moment_of("2026-07-01 08:00")
    assert "column 'Ghi chú' is not taken" in found.notes
    assert "row 5 is over already and is not taken" in found.notes


def test_every_mistake_of_a_file_is_said_by_row_and_column() -> None:
    with pytest.raises(SettingsError) as error:
        read(
            "begins,ends,communes,kind,announced,power_area\n"
            "2026-07-01 08:00,2026-07-01 07:00,99999,power cut,,\n"
            "morgen,,Xã Không Có,party,soon,\n"
            "2026-07-01 08:00,2026-07-01 09:00,,,,nowhere\n"
        )

    meant = "; did you mean 'power_area:khu-vuc-0'?"
    assert str(error.value).splitlines() == [
        "cat-dien.csv:2: ends: It has to end after it begins.",
        "cat-dien.csv:2: communes: The inventory has no commune '99999'.",
        f"cat-dien.csv:3: begins: 'morgen' is no moment such as {MOMENTS}",
        "cat-dien.csv:3: ends: is empty",
        "cat-dien.csv:3: kind: 'party' is neither power_cut nor planned_work",
        "cat-dien.csv:3: announced: 'soon' is no day such as 2026-06-20 or 20/06/2026",
        "cat-dien.csv:3: communes: 'Xã Không Có' is no commune",
        f"cat-dien.csv:4: power_area: The inventory has no part 'power_area:nowhere'{meant}",
    ]


def test_a_file_without_the_columns_that_are_needed_says_which() -> None:
    with pytest.raises(
        SettingsError, match=r"cat-dien.csv:1: has no column 'ends \(kết thúc\)'; the columns are begins"
    ):
        read("từ,xã\n2026-07-01 08:00,00004\n")
    with pytest.raises(SettingsError, match="has no row of headings"):
        read("a,b\n1,2\n")


def test_every_mistake_is_said_in_vietnamese_too_by_row_and_by_the_column_as_the_file_calls_it() -> None:
    table = (
        "Từ;Đến;Mã xã;Loại;Ngày thông báo\n"
        "01/07/2026 08:00;01/07/2026 07:00;99999;;\n"
        "mai;;Xã Không Có;liên hoan;sớm\n"
        "31/06/2026 08:00;01/07/2026 25:00;00004;;31/02/2026\n"
    )
    with pytest.raises(SettingsError) as error:
        maintenance_import.read(table.encode(), "cat-dien.csv", GROUND, NOON, VIETNAMESE)

    assert str(error.value).splitlines() == [
        "cat-dien.csv:2: Đến: Giờ kết thúc phải sau giờ bắt đầu.",
        "cat-dien.csv:2: Mã xã: Danh mục không có xã '99999'.",
        f"cat-dien.csv:3: Từ: 'mai' không phải thời điểm viết như {MOMENTS.replace(' or ', ' hoặc ')}",
        "cat-dien.csv:3: Đến: để trống",
        "cat-dien.csv:3: Loại: 'liên hoan' không phải power_cut (cắt điện) hay planned_work (bảo trì)",
        "cat-dien.csv:3: Ngày thông báo: 'sớm' không phải ngày viết như 2026-06-20 hoặc 20/06/2026",
        "cat-dien.csv:3: Mã xã: không có xã nào tên 'Xã Không Có'",
        "cat-dien.csv:4: Từ: không có ngày '31/06/2026'",
        "cat-dien.csv:4: Đến: '01/07/2026 25:00' không phải giờ trong ngày",
        "cat-dien.csv:4: Ngày thông báo: không có ngày '31/02/2026'",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfeb\x00e", "cat-dien.csv: có vẻ là UTF-16"),
        ("từ,xã\n".encode(), "cat-dien.csv:1: không có cột 'ends (kết thúc)'; các cột là begins (bắt đầu)"),
        (b"a,b\n1,2\n", "cat-dien.csv:1: không có dòng tiêu đề cột"),
    ],
)
def test_what_is_wrong_with_a_whole_file_is_said_in_vietnamese_too(data: bytes, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        maintenance_import.read(data, "cat-dien.csv", GROUND, NOON, VIETNAMESE)

    assert str(error.value).startswith(said)


def test_work_without_a_word_of_what_it_is_is_refused() -> None:
    with pytest.raises(PlanError, match="Say in a few words what is done"):
        maintenance_rules.check(plan(title=" "), GROUND, NOON)


class Shell:
    """Runs commands on one data directory, with the inventory applied."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capsys = capsys
        store = Store(data)
        store.write_sync(lambda it: versions.put(it, INVENTORY, ("test", 0.0), "test"))
        store.close()

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        status = cli.main(["maintenance", *arguments, "--data", str(self.data), "--lang", "en"])
        found = self._capsys.readouterr()
        return status, found.out, found.err


def test_a_file_is_taken_in_once_and_its_cut_cancelled_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOON)
    shell = Shell(tmp_path, capsys)
    file = tmp_path / "cat-dien.csv"
    file.write_text(f"từ,đến,mã xã\n2026-07-01 08:00,2026-07-01 11:00,{ONE}\n", encoding="utf-8")

    assert "Nothing is written yet" in shell("import", str(file))[1]
    assert "1 are written" in shell("import", str(file), "--yes")[1]
    assert shell("import", str(file), "--yes")[1] == "Nothing in it is new.\n"
    assert "1  to come  announced power cut  08:00:00 2026-07-01 – 11:00:00 2026-07-01" in shell("list")[1]
    assert shell("cancel", "1")[0] == 0
    assert shell("list")[1] == "Nothing is planned.\n"
    assert "1  cancelled" in shell("list", "--all")[1]
    assert shell("cancel", "1")[::2] == (1, "It is over or cancelled already.\n")
    assert shell("import", str(tmp_path / "none.csv"))[::2] == (1, f"{tmp_path}/none.csv: there is no such file\n")


def test_work_announced_from_the_command_line_is_warned_about_where_the_notice_is_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: NOON)
    shell = Shell(tmp_path, capsys)
    add = ("add", "--title", "Thay cáp", "--begins", "2026-07-01 08:00", "--ends", "2026-07-01 11:00")

    status, out, err = shell(*add, "--part", "ring:vong-0")

    assert status == 0
    assert "1  to come  planned work" in out
    assert "Announced 3 working days ahead" in err
    assert shell(*add, "--commune", "1")[::2] == (1, "The inventory has no commune '1'.\n")
