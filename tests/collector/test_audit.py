"""What people do at the centre stands in the audit, and is read on a page, by API, as CSV and by command."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sansang_collector import audit, audit_end, cli
from sansang_collector.audit import Deed
from sansang_collector.store import Store
from sansang_collector.store.ledger_schema import MIGRATIONS
from sansang_collector.store.opening import open_migrated
from tests.collector.inventory.folders import FILES, folder
from tests.support.collector_process import running_collector
from tests.support.web_collector import COMMUNE, NOON, WebCollector, web_collector

HOSTILE = '=HYPERLINK("http://evil.example";"x")'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WebCollector]:
    with web_collector(tmp_path) as started:
        store = Store(tmp_path)
        for deed in (
            Deed(NOON - 40 * 86400, "cũ", "apply", "", None, "phiên bản 1"),
            Deed(NOON - 60, HOSTILE, "role", COMMUNE, started.agent, "<b>counter</b> -> mini"),
        ):
            store.write_sync(lambda it, deed=deed: audit.note(it, deed))  # type: ignore[misc]
        store.close()
        yield started


def admin(running: WebCollector) -> httpx.Client:
    return httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {running.token('admin')}"})


def test_the_page_shows_who_did_what_in_vietnamese_and_escapes_it(running: WebCollector) -> None:
    with running.session("admin") as browser:
        html = browser.get("/audit").text
        narrowed = browser.get("/audit?days=7").text
        other = browser.get("/audit?commune=06001").text
        fleet = browser.get("/fleet").text

    assert "Nhật ký thao tác" in html
    assert "đổi vai trò máy" in html
    assert "&lt;b&gt;counter&lt;/b&gt;" in html
    assert "phiên bản 1" in html
    assert "phiên bản 1" not in narrowed
    assert "&lt;b&gt;" not in other
    assert 'href="/audit"' in fleet


def test_the_spreadsheet_has_a_mark_for_excel_and_no_formula(running: WebCollector) -> None:
    with admin(running) as client:
        answer = client.get("/audit.csv?lang=vi")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"] == 'attachment; filename="sansang-audit.csv"'
    assert rows[0][:3] == ["Số", "Thời gian", "Người thực hiện"]
    assert (rows[1][2], rows[1][5], rows[1][7]) == (f"'{HOSTILE}", COMMUNE, "may-1")
    assert rows[2][1] == "2026-05-17 12:00:00"


def test_the_api_answers_a_page_of_the_list(running: WebCollector) -> None:
    with admin(running) as client:
        found = client.get("/api/v1/audit", params={"limit": 1}).json()
        since = client.get("/api/v1/audit", params={"since": NOON - 3600, "who": "hyperlink"}).json()

    assert (found["total"], found["limit"], [row["what"] for row in found["items"]]) == (2, 1, ["role"])
    assert [row["agent_name"] for row in since["items"]] == ["may-1"]


@pytest.mark.parametrize("address", ["/audit", "/audit.csv", "/api/v1/audit"])
def test_only_who_may_sees_it(running: WebCollector, address: str) -> None:
    assert running.client.get(address).status_code == 403
    assert httpx.get(running.url + address).status_code == 401


def run(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, str]:
    status = cli.main(["audit", *arguments, "--lang", "en"])
    said = capfdbinary.readouterr()
    return status, (said.out + said.err).decode("utf-8-sig")


def test_the_command_tells_the_same_as_lines_as_csv_and_as_json(
    running: WebCollector, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    data = ("--data", str(tmp_path))
    lines = run(capfdbinary, *data, "--commune", COMMUNE)[1]
    table = list(csv.DictReader(io.StringIO(run(capfdbinary, *data, "--csv")[1])))
    objects = [json.loads(line) for line in run(capfdbinary, *data, "--json", "--until", "2026-06-01")[1].splitlines()]

    assert lines == (
        f"2026-06-26 11:59:00  {HOSTILE}: machine's role changed  {COMMUNE} may-1  <b>counter</b> -> mini\n"
    )
    assert [row["Word"] for row in table] == ["role", "apply"]
    assert [(one["who"], one["at"]) for one in objects] == [("cũ", NOON - 40 * 86400)]


@pytest.mark.parametrize("wrong", [("--since", "tomorrow"), ("--commune", "123"), ("--csv", "--json")])
def test_a_question_that_cannot_be_is_refused(
    tmp_path: Path, wrong: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["audit", "--data", str(tmp_path), *wrong])

    assert ended.value.code == 2
    assert b"Traceback" not in capfdbinary.readouterr().err


def test_a_record_that_was_rewritten_is_found_out_by_its_end_noted_before(
    running: WebCollector, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    data = ("--data", str(tmp_path), "--verify")
    status, whole = run(capfdbinary, *data)
    end = whole.split()[-1]
    forged = sqlite3.connect(tmp_path / "ledger.db")
    forged.executescript("DROP TRIGGER audit_update; DROP TRIGGER audit_delete")
    forged.execute("UPDATE audit SET who = 'somebody else' WHERE id = 2")
    forged.commit()
    after = run(capfdbinary, *data)
    forged.execute("DELETE FROM audit WHERE id = 2")  # the newest gone: what is left is a whole chain
    forged.commit()
    forged.close()

    assert (status, whole.split()[0], len(end)) == (0, "2", 64)
    assert after[0] == 1
    assert "1 rows do not follow from the row before, the first is number 2" in after[1]
    assert run(capfdbinary, *data)[0] == 0
    assert run(capfdbinary, *data, "--end", end)[0] == 1


def test_every_deed_of_an_operator_leaves_its_row(tmp_path: Path) -> None:
    place = folder(tmp_path / "inventory")
    config = tmp_path / "collector.yml"
    config.write_text(f"inventory_dir: {place}\n", encoding="utf-8")
    data = ("--data", str(tmp_path / "data"))
    with running_collector(tmp_path / "data", config) as collector:
        collector.run("token", "agent", "06001", "pc-1", *data)
        collector.run("token", "read", *data)
        collector.run("token", "revoke", "1", *data)
        link = collector.run("link", "--admin", *data, "--url", collector.url)
        assert httpx.get(link).status_code == 303
        assert httpx.get(link).status_code == 410
        folder(place, province_yml=FILES["province.yml"] + "hours: sat 08:00-10:00\n")
        collector.run("inventory", "apply", str(place), *data)
        with collector.client("admin") as client:
            assert client.post("/-/reload").status_code == 204
    store = Store(tmp_path / "data")
    with store.read() as connection:
        rows = connection.execute(audit.AUDIT.select().order_by(audit.AUDIT.c.id)).all()
    store.close()

    me = audit.operator()
    assert [(row.who.partition(" (token")[0], row.what, row.commune) for row in rows] == [
        ("collector", "apply", ""),
        (me, "enrol", "06001"),
        (me, "token", ""),
        (me, "revoke", "06001"),
        (me, "link", ""),
        ("one-time link", "login", ""),
        (me, "apply", ""),
        ("admin", "reload", ""),
    ]
    assert rows[3].detail == "06001/pc-1 (token 1)"


def test_the_programs_log_tells_where_the_audit_ends_once_for_each_new_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sansang_collector.audit_end")
    store = Store(tmp_path)
    store.write_sync(lambda it: audit.note(it, Deed(NOON, "x", "apply", "", None)))
    told = audit_end.tell(store, audit_end.tell(store, audit.End(0, "")))
    store.close()

    assert [record.getMessage() for record in caplog.records] == [f"the audit ends with row 1, link {told.link}"]


def test_a_ledger_of_schema_5_comes_up_with_everything_kept(tmp_path: Path) -> None:
    for engine in open_migrated(tmp_path / "ledger.db", MIGRATIONS[:5]):
        engine.dispose()
    old = sqlite3.connect(tmp_path / "ledger.db")
    old.executescript("""
        INSERT INTO agent (id, commune, name, created_at, role, retired_at, changed_at)
            VALUES (1, '05983', 'pc-1', 1.5, 'mini', NULL, 2), (2, '05984', 'pc-1', 1.5, 'counter', 9.25, 9.25);
        INSERT INTO token (id, scope, digest, agent, label, created_at, revoked_at)
            VALUES (1, 'agent', x'00ff', 1, '05983/pc-1', 1, NULL), (2, 'read', x'01', NULL, 'read', 1, 3);
        INSERT INTO link VALUES (x'02', 'admin', 700, NULL);
        INSERT INTO session VALUES (x'03', 'admin', 1, 43201);
        INSERT INTO audit (at, who, what, commune, agent, detail)
            VALUES (1.5, 'trực ca', 'enrol', '05983', 1, 'pc-1, token 1'), (3, 'x', 'apply', '', NULL, '');
        INSERT INTO cursor VALUES ('state', 7);
        INSERT INTO habit VALUES ('05983', x'04', 5);
    """)
    tables = [name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = {
        table: ([one[1] for one in old.execute(f"PRAGMA table_info({table})")], rows)
        for table in tables
        if table != "sqlite_sequence" and (rows := old.execute(f"SELECT * FROM {table}").fetchall())
    }
    old.close()
    store = Store(tmp_path)
    with store.read() as connection:
        wrong, end = list(audit.broken(connection)), audit.newest(connection)
    store.write_sync(lambda it: audit.note(it, Deed(5, "y", "ask", "", None)))
    store.close()
    new = sqlite3.connect(tmp_path / "ledger.db")

    assert {"agent", "token", "link", "session", "audit", "cursor", "habit"} <= kept.keys()
    for table, (columns, rows) in kept.items():
        found = new.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
        assert found[: len(rows)] == rows, table
    assert (wrong, end.id, len(end.link)) == ([], 2, 64)
    assert new.execute("SELECT max(version) FROM schema_version").fetchone() == (len(MIGRATIONS),)
    assert new.execute("SELECT rotates, why, replaces FROM token").fetchall() == [(0, None, None)] * 2
    assert new.execute("SELECT host, report_key, quarantined_at FROM agent").fetchall() == [("", None, None)] * 2
    assert new.execute("SELECT person FROM session").fetchall() == [(None,)]
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        new.execute("DELETE FROM audit")
    new.close()
