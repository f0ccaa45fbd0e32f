"""``sansang-collector explain`` on a ledger with incidents, and beside a collector that is running on it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from sansang_collector import agents
from sansang_collector.cli import main
from sansang_collector.diagnosis.incident import Incident, Phase
from sansang_collector.incidents import rows
from sansang_collector.incidents.tables import INCIDENT, INCIDENT_COMMUNE, MAINTENANCE, SITUATION
from sansang_collector.inventory import versions
from sansang_collector.store import Store
from tests.support.incidents import KHANH_KHE, ON_RING, TAM_THANH, at, dark_commune, lang_son, page_down, ring_cut
from tests.support.web_collector import web_collector


def put(connection: Connection, one: Incident, **more: Any) -> int:
    """Keep an incident as the lifecycle does."""
    verdict = one.verdict
    row = {
        "code": one.code, "part": verdict.part, "kind": verdict.part.partition(":")[0], "level": verdict.level.value,
        "phase": one.phase.value, "owner": one.owner.value, "severity": one.severity.value, "onset": one.onset,
        "opened_at": one.opened_at, "resolved_at": one.resolved_at, "changed_at": one.changed_at,
        "body": rows.packed(one), **more,
    }  # fmt: skip
    number = int(connection.execute(INCIDENT.insert().values(row).returning(INCIDENT.c.id)).scalar_one())
    connection.execute(INCIDENT_COMMUNE.insert(), [{"incident": number, "commune": code} for code in one.hit])
    return number


def fill(connection: Connection) -> None:
    """An inventory, a ring that is cut, and a commune that was dark yesterday."""
    versions.put(connection, lang_son(), ("test", at("07:00")), "")
    agents.register(connection, KHANH_KHE, "may-1", at("07:00"))
    put(connection, ring_cut())
    over = dark_commune(
        phase=Phase.RESOLVED, code="D4RK42", onset=at("08:14", day=25), ended_at=at("09:02", day=25),
        resolved_at=at("09:03", day=25),
    )  # fmt: skip
    put(connection, over)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    store = Store(tmp_path)
    store.write_sync(fill)
    store.close()
    return tmp_path


def add(folder: Path, one: Incident, **more: Any) -> int:
    store = Store(folder)
    number: int = store.write_sync(lambda connection: put(connection, one, **more))
    store.close()
    return number


def explain(folder: Path, *words: str) -> int:
    return main(["explain", *words, "--data", str(folder), "--lang", "en"])


@pytest.mark.parametrize("name", ["1", "M4T7QX", "m4t7qx", "M4T-7QX", "m4t 7qx"])
def test_an_incident_is_explained_by_number_or_code_however_it_was_written_down(
    ledger: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(ledger, name) == 0
    assert capsys.readouterr().out.startswith("Ring Văn Quan – Bình Gia disconnected since 08:14")


def test_vietnamese_is_what_is_spoken_unless_something_else_is_asked_for(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "1", "--data", str(ledger)]) == 0
    assert capsys.readouterr().out.startswith("Vòng truyền dẫn Văn Quan – Bình Gia mất kết nối từ 08:14")


@pytest.mark.parametrize("name", ["06253", "Xã Văn Quan", "xa van quan", "van quan"])
def test_a_commune_is_told_with_all_that_hits_it_now(
    ledger: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(ledger, page_down(code="P4G3DN"))

    assert explain(ledger, name) == 0

    out = capsys.readouterr().out
    assert out.startswith("Xã Văn Quan (06253): ")
    assert "Incident: M4T7QX" in out
    assert "Incident: P4G3DN" in out


def test_a_name_may_be_given_in_several_words(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(ledger, "Khánh", "Khê") == 0
    assert capsys.readouterr().out.startswith("Xã Khánh Khê (06286)")


def test_a_commune_that_nothing_hits_is_told_how_it_stands_and_what_hit_it_last(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(ledger, KHANH_KHE) == 0

    out = capsys.readouterr().out
    assert "No incident hits it now." in out
    assert "The last one, D4RK42: Xã Khánh Khê cut off from 08:14 " in out


def test_a_commune_without_any_incident_yet_has_no_last_one(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(ledger, TAM_THANH) == 0
    assert "The last one" not in capsys.readouterr().out


def test_programs_get_one_object(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(ledger, "1", "--json") == 0
    incident = json.loads(capsys.readouterr().out)
    assert explain(ledger, KHANH_KHE, "--json") == 0
    commune = json.loads(capsys.readouterr().out)

    assert (incident["code"], len(incident["communes"]), incident["causes"][0]["part"]) == ("M4T7QX", 7, "ring:vq-bg")
    assert (commune["commune"], commune["name"], commune["last"]["code"]) == (KHANH_KHE, "Xã Khánh Khê", "D4RK42")
    assert commune["serving"]["state"] in {"closed", "not_measured"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("99", "There is no incident 99; the newest is number 2."),
        ("99999999999999999999", "There is no incident 99999999999999999999; the newest is number 2."),
        ("M4T7QY", "There is no incident and no commune 'M4T7QY'. Did you mean 'M4T7QX'?"),
        ("Khanh Ke", "There is no incident and no commune 'Khanh Ke'. Did you mean 'Xã Khánh Khê'?"),
        ("16286", "There is no incident and no commune '16286'. Did you mean '06286'?"),
        ("qqqq wwww", "There is no incident and no commune 'qqqq wwww'."),
        ("{x} %s", "There is no incident and no commune '{x} %s'."),
    ],
)
def test_what_is_not_there_is_said_with_what_is_probably_meant(
    ledger: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(ledger, name) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip() == said


def test_a_folder_without_a_ledger_is_said_and_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(tmp_path / "nowhere", "1") == 1
    assert "There is no ledger in" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


def test_before_the_first_incident_there_is_no_newest_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store(tmp_path).close()

    assert explain(tmp_path, "1") == 1
    assert capsys.readouterr().err.strip() == "There has been no incident yet."


def test_plans_situations_and_people_stand_beside_what_was_measured(
    ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(ledger)

    def around(connection: Connection) -> tuple[int, int]:
        plan = {
            "kind": "planned_work", "title": "Thay cáp", "parts": "[]", "announced_at": 0.0, "begins": at("05:00"),
            "ends": at("07:00"), "made_by": "test", "made_at": 0.0, "source": "page",
        }  # fmt: skip
        situation = {"code": "S1TU4T", "kind": "neighbours", "opened_at": 0.0, "told_at": 0.0, "body": b"{}"}
        planned = connection.execute(MAINTENANCE.insert().values(plan).returning(MAINTENANCE.c.id)).scalar_one()
        found = connection.execute(SITUATION.insert().values(situation).returning(SITUATION.c.id)).scalar_one()
        return int(planned), int(found)

    planned, situation = store.write_sync(around)
    store.close()
    number = add(
        ledger, dark_commune(held_back=f"situation:{situation}"), situation=situation, maintenance=planned,
        acknowledged_by="truc-ca-1", acknowledged_at=at("08:16"), assigned_to="Tổ điện",
    )  # fmt: skip

    assert explain(ledger, str(number)) == 0

    out = capsys.readouterr().out
    assert "Announced work “Thay cáp” should have ended at" in out
    assert "part of situation S1TU4T (several communes beside each other), with 1 incident." in out
    assert "Acknowledged by truc-ca-1" in out
    assert "given to Tổ điện" in out
    assert "because there is only one machine" in out


def test_it_is_told_beside_a_running_collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with web_collector(tmp_path) as running:
        running.write_ledger(fill)

        assert explain(running.folder, ON_RING[0]) == 0

    assert "Incident: M4T7QX" in capsys.readouterr().out
