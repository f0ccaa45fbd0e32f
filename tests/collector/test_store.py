"""Files of earlier versions are brought up, files of later ones are refused, and a failed write leaves nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, select

from sansang_agent.contract.codec import encode
from sansang_agent.contract.outcome import Outcome, Reason
from sansang_agent.contract.report import Result
from sansang_collector import boots, changes, chunk_history, clocks, consumers, latest, overview, tokens
from sansang_collector.changes import Change
from sansang_collector.contact import CONTACT
from sansang_collector.inventory import versions
from sansang_collector.latest import Latest
from sansang_collector.liveness import Present
from sansang_collector.log import ReportLog
from sansang_collector.newer_schema import NewerSchemaError
from sansang_collector.store import LEDGER, Store
from sansang_collector.store.ledger_schema import MIGRATIONS
from sansang_collector.store.opening import open_migrated
from tests.support.ledgers import NOW

GOLDEN = Path(__file__).parents[1] / "golden" / "schema"
SECRET_OF_THE_DUMP = "a-secret-of-a-test"


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    """The two files as version 1 wrote them."""
    for name in ("ledger", "log"):
        connection = sqlite3.connect(tmp_path / f"{name}.db")
        connection.executescript((GOLDEN / f"{name}-1.sql").read_text(encoding="utf-8"))
        connection.close()
    return tmp_path


def test_what_version_1_wrote_is_read_by_this_one(version_1: Path) -> None:
    store = Store(version_1)
    with store.read() as connection:
        (view,) = overview.agents(connection, Present(NOW + 1, 0))
        found = tokens.find(connection, SECRET_OF_THE_DUMP)
        (interval,) = overview.check_intervals(connection, view.id, "gw", NOW - 3600, NOW)
        (change,) = [row for row in overview.changes_after(connection, 0, 10) if row.kind == "outcome"]
        positions = [consumers.position_of(connection, name) for name in ("state", "history")]
    store.close()

    assert (view.commune, view.name, view.label, view.dropped) == ("05983", "pc-1", "golden", 2)
    assert [check.check for rung in view.rungs for check in rung.checks] == ["gw"]
    assert found == tokens.Found(1, "agent", view.id)
    assert (interval.outcome, interval.first_at) == ("ok", NOW)
    assert (change.check, positions) == ("gw", [1, 1])


def test_chunks_and_boots_of_version_2_are_read_by_this_one(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.executescript((GOLDEN / "ledger-2.sql").read_text(encoding="utf-8"))
    connection.close()
    store = Store(tmp_path)
    with store.read() as reading:
        points = chunk_history.read(reading, 1, "gw", NOW - 3600, NOW + 3600, 300)
        known = boots.known(reading, 1, {"boot-1"})
    store.close()

    assert [(at - NOW, found.count, found.lost) for at, found in points.items()] == [(-700, 1, 1), (-100, 1, 0)]
    assert known == {"boot-1": clocks.Boot(skew=0.0, began=NOW - 1000)}


def test_newest_results_of_version_2_are_read_by_this_one(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.executescript((GOLDEN / "ledger-2.sql").read_text(encoding="utf-8"))
    result = Result(check="dvc", at=-17, outcome=Outcome.FAILED, reason=Reason.TLS_EXPIRED, detail="đã hết hạn")
    at, received = NOW + 0.1234567, NOW + 1 / 3
    row = (at, received, False, "failed", "tls_expired", "c" * 32, encode(result))
    connection.execute("INSERT INTO agent VALUES (2, '05983', 'pc-2', 0)")
    for agent, check in ((2, "gw"), (1, "z"), (1, "dvc")):
        connection.execute("INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (agent, check, *row))
    connection.commit()
    connection.close()
    store = Store(tmp_path)
    with store.read() as reading:
        found = latest.read(reading, [1, 2])
        (contact,) = reading.execute(select(CONTACT)).all()
    store.close()

    assert {agent: [one.check for one in rows] for agent, rows in found.items()} == {1: ["dvc", "gw", "z"], 2: ["gw"]}
    assert found[1][0] == Latest("dvc", at, received, False, Outcome.FAILED, Reason.TLS_EXPIRED, "c" * 32, result)
    assert (found[1][1].live, found[1][1].reason, found[1][1].result.check) == (True, None, "gw")
    assert (contact.agent, contact.at, contact.position) == (1, NOW, 0)


def test_inventories_that_earlier_programs_applied_are_read_by_this_one(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.executescript((GOLDEN / "inventory-1.sql").read_text(encoding="utf-8"))
    connection.close()
    store = Store(tmp_path)
    with store.read() as reading:
        found = versions.current(reading)
        past = versions.history(reading)
    store.close()

    assert found is not None
    assert [commune.name for commune in found.inventory.communes] == ["Xã Đoàn Kết", "Xã Quốc Khánh"]
    assert [(one.number, one.note) for one in past] == [(2, "thêm xã"), (1, "")]


def test_the_log_of_version_1_is_read_by_this_one(version_1: Path) -> None:
    log = ReportLog(version_1)
    (entry,) = log.read_from(0, 10)
    log.close()

    assert (entry.position, entry.agent, entry.received, entry.spool.dropped) == (1, 1, NOW, ((3, 4),))
    assert [(report.seq, report.results[0].check) for report in entry.reports] == [(1, "gw")]


def test_a_file_of_a_newer_program_is_refused_in_a_clear_sentence(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("INSERT INTO schema_version VALUES (99)")
    connection.commit()
    connection.close()

    with pytest.raises(NewerSchemaError, match=r"ledger.db has schema version 99, but this program only knows up to 8"):
        Store(tmp_path)


def test_the_tables_as_declared_are_those_of_the_migrations(tmp_path: Path) -> None:
    Store(tmp_path).close()
    declared = create_engine("sqlite://")
    LEDGER.create_all(declared)
    migrated = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    tables = set(inspect(migrated).get_table_names()) - {"schema_version", "sqlite_sequence"}

    assert tables == set(LEDGER.tables)
    for table in tables:
        assert _shape(inspect(migrated), table) == _shape(inspect(declared), table)
    declared.dispose()
    migrated.dispose()


def _shape(inspector: object, table: str) -> object:
    columns = [(one["name"], str(one["type"]).split("(")[0]) for one in inspector.get_columns(table)]  # type: ignore[attr-defined]
    indexes = {one["name"] for one in inspector.get_indexes(table)}  # type: ignore[attr-defined]
    same = {"FLOAT": "REAL", "BOOLEAN": "INTEGER"}
    return [(name, same.get(kind, kind)) for name, kind in columns], indexes


@pytest.mark.needs("linux")
def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "new")
    assert (tmp_path / "new" / "ledger.db").stat().st_mode & 0o077 == 0
    store.close()


def test_a_ledger_of_schema_6_keeps_its_changes_and_their_numbers_go_on(tmp_path: Path) -> None:
    for engine in open_migrated(tmp_path / "ledger.db", MIGRATIONS[:6]):
        engine.dispose()
    old = sqlite3.connect(tmp_path / "ledger.db")
    old.execute("INSERT INTO agent (id, commune, name, created_at) VALUES (1, '05983', 'pc-1', 1.5)")
    rows = [(number, number / 2, "result", "05983", 1, "core", "failed", "timeout") for number in range(100, 3000)]
    old.executemany(
        'INSERT INTO change (id, at, kind, commune, agent, "check", outcome, reason) VALUES (?,?,?,?,?,?,?,?)', rows
    )
    old.commit()
    old.close()

    with closing(Store(tmp_path)) as store:
        store.write_sync(lambda it: changes.note_all(it, [Change(9.0, "incident", "05983", None, incident=7)]))
    new = sqlite3.connect(tmp_path / "ledger.db")
    found = new.execute('SELECT id, at, kind, commune, agent, "check", outcome, reason FROM change').fetchall()
    tables = [name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE name LIKE '%_6'")]
    wrong = new.execute("PRAGMA foreign_key_check").fetchall()
    new.close()

    assert found == [*rows, (3000, 9.0, "incident", "05983", None, None, None, None)]
    assert (tables, wrong) == ([], [])


def test_numbers_go_on_where_all_changes_of_schema_6_were_let_go(tmp_path: Path) -> None:
    for engine in open_migrated(tmp_path / "ledger.db", MIGRATIONS[:6]):
        engine.dispose()
    old = sqlite3.connect(tmp_path / "ledger.db")
    old.execute("INSERT INTO agent (id, commune, name, created_at) VALUES (1, '05983', 'pc-1', 1.5)")
    old.execute("INSERT INTO change (id, at, kind, commune, agent) VALUES (41, 1, 'online', '05983', 1)")
    old.execute("DELETE FROM change")
    old.commit()
    old.close()

    with closing(Store(tmp_path)) as store:
        store.write_sync(lambda it: changes.note_all(it, [Change(9.0, "incident", "", None)]))
        with store.read() as connection:
            number = changes.newest(connection)
    assert number == 42
