"""The database of alerts as a file: made for its owner alone, in a collector's ledger too, refused if it is newer."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, inspect, text
from sqlalchemy.exc import OperationalError

from sansang_alerts import engines, opening, schema
from sansang_alerts.opening import Opened, place_of
from sansang_alerts.settings import AlertSettings
from sansang_alerts.tables import ALERTS
from sansang_collector.store import Store


def tables(opened: Opened) -> set[str]:
    with opened.read() as connection:
        return set(inspect(connection).get_table_names())


@pytest.mark.needs("linux")
def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "data" / "alerts.db")

    assert set(ALERTS.tables) <= tables(opened)
    assert (tmp_path / "data" / "alerts.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    opened.close()


def test_a_collectors_ledger_gets_the_tables_beside_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    opened = Opened(tmp_path / "ledger.db")

    assert {"agent", "alert"} <= tables(opened)
    opened.close()
    store.close()


def test_what_fails_is_undone_whole_and_others_go_on(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "alerts.db")

    def fails(connection: object) -> None:
        connection.execute(text("DELETE FROM alert_schema_version"))  # type: ignore[attr-defined]
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(opened.write(fails))

    with opened.read() as connection:
        assert connection.scalar(text("SELECT max(version) FROM alert_schema_version")) == len(schema.MIGRATIONS)
    opened.close()


def test_whoever_finds_another_program_writing_all_the_while_is_told_so_on_either_engine(
    ledger: Opened, place: Path | URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 50)
    writing, done = threading.Event(), threading.Event()

    def slowly(_: object) -> None:
        writing.set()
        done.wait(60)

    with ThreadPoolExecutor() as beside:
        slow = beside.submit(ledger.write_sync, slowly)
        writing.wait(60)
        try:
            with pytest.raises(OperationalError):
                Opened(place)
        finally:
            done.set()
        slow.result(60)
    Opened(place).close()


def test_a_newer_programs_tables_are_left_alone(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "alerts.db")
    opened.write_sync(lambda connection: connection.execute(text("UPDATE alert_schema_version SET version = 99")))
    opened.close()

    with pytest.raises(schema.NewerTablesError, match="99"):
        Opened(tmp_path / "alerts.db")


def test_the_command_line_goes_before_the_settings_and_these_before_the_data_folder() -> None:
    settings = AlertSettings(ledger="postgresql+psycopg:///alerts", data_dir="/var/lib/x")

    assert place_of(settings, "/tmp/ledger.db") == Path("/tmp/ledger.db")
    assert str(place_of(settings)) == "postgresql+psycopg:///alerts"
    assert place_of(AlertSettings(data_dir="/var/lib/x")) == Path("/var/lib/x/alerts.db")
    with pytest.raises(ValueError, match="mysql://: a ledger that is no file"):
        opening.place_of(settings, "mysql://host/alerts")
