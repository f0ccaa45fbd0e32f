"""Both engines have the same tables of alerts; what an older program wrote is brought up, a newer one's is refused."""

from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Inspector, create_engine, inspect, select, text

from sansang_alerts import schema
from sansang_alerts.fault import Happening
from sansang_alerts.opening import Opened
from sansang_alerts.tables import ALERT, ALERT_OVER, ALERTS
from tests.alerts.desks import fault, settings
from tests.alerts.posts import Post

SAME = {"FLOAT": "REAL", "DOUBLE PRECISION": "REAL", "BIGINT": "INTEGER", "BYTEA": "BLOB"}


def shape(inspector: Inspector, table: str) -> object:
    columns = [
        (one["name"], SAME.get(kind := str(one["type"]).split("(")[0], kind)) for one in inspector.get_columns(table)
    ]
    named = {
        one["name"]: one["column_names"] for one in inspector.get_indexes(table) if "duplicates_constraint" not in one
    }
    return columns, inspector.get_pk_constraint(table)["constrained_columns"], named


@pytest.mark.needs("postgres")
def test_both_engines_have_the_same_tables(tmp_path: Path, postgres_place: URL) -> None:
    for place in (tmp_path / "alerts.db", postgres_place):
        Opened(place).close()
    file, server = create_engine(f"sqlite:///{tmp_path / 'alerts.db'}"), create_engine(postgres_place)
    try:
        for table in ALERTS.tables:
            assert shape(inspect(server), table) == shape(inspect(file), table)
    finally:
        file.dispose()
        server.dispose()


def test_opening_again_changes_nothing(ledger: Opened, place: Path | URL) -> None:
    Post(ledger, settings()).report(Happening.OPENED, fault())
    Opened(place).close()
    with ledger.read() as connection:
        assert connection.scalars(select(ALERT.c.code)).all() == ["M4T7QX"]
        assert connection.scalars(text("SELECT version FROM alert_schema_version")).all() == [len(schema.MIGRATIONS)]


def test_what_a_version_before_wrote_is_brought_up_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "alerts.db"
    old = Opened(place)
    Post(old, settings()).report(Happening.OPENED, fault())
    old.close()
    steps = (*schema.MIGRATIONS, lambda connection: connection.execute(text("ALTER TABLE alert ADD COLUMN later TEXT")))
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    newer = Opened(place)
    with newer.read() as connection:
        assert [tuple(row) for row in connection.execute(text("SELECT code, later FROM alert"))] == [("M4T7QX", None)]
        assert connection.scalar(text("SELECT max(version) FROM alert_schema_version")) == len(steps)
    newer.close()


def test_the_first_versions_tables_get_the_index_of_ends(ledger: Opened, place: Path | URL) -> None:
    def as_it_was(connection: Connection) -> None:
        ALERT_OVER.drop(connection)
        connection.execute(text("UPDATE alert_schema_version SET version = 1"))

    Post(ledger, settings()).report(Happening.OPENED, fault())
    ledger.write_sync(as_it_was)
    Opened(place).close()

    with ledger.read() as connection:
        assert "alert_over" in {one["name"] for one in inspect(connection).get_indexes("alert")}
        assert connection.scalars(select(ALERT.c.code)).all() == ["M4T7QX"]


def test_a_newer_programs_tables_are_refused_and_stay_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / "alerts.db"
    opened = Opened(place)
    opened.write_sync(lambda connection: connection.execute(text("INSERT INTO alert_schema_version VALUES (99)")))
    opened.close()

    with pytest.raises(
        schema.NewerTablesError, match=f"have version 99, but this program only knows up to {len(schema.MIGRATIONS)}"
    ):
        Opened(place)
