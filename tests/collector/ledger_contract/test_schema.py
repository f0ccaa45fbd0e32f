"""Both engines have the same tables, whichever way they came by them, and know which version they are of."""

import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Inspector, MetaData, create_engine, inspect, select, text

from sansang_collector.agents import AGENT
from sansang_collector.newer_schema import NewerSchemaError
from sansang_collector.store import LEDGER, Store
from sansang_collector.store.ledger_schema import MIGRATIONS
from sansang_collector.store.migrations import Either
from sansang_collector.store.postgres import open_postgres
from tests.support.ledgers import Place, add_agent
from tests.support.postgres import Server

NOT_OURS = {"schema_version", "sqlite_sequence"}
SAME = {"FLOAT": "REAL", "DOUBLE PRECISION": "REAL", "BOOLEAN": "INTEGER", "BIGINT": "INTEGER", "BYTEA": "BLOB"}


def shape(inspector: Inspector, table: str) -> Any:
    """What a table promises, in the same words on both engines."""
    columns = [
        (one["name"], SAME.get(kind := str(one["type"]).split("(")[0].split(" COLLATE")[0], kind), one["nullable"])
        for one in inspector.get_columns(table)
    ]
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    unique = sorted(sorted(one["column_names"]) for one in inspector.get_unique_constraints(table))
    foreign = sorted((one["constrained_columns"], one["referred_table"]) for one in inspector.get_foreign_keys(table))
    named = {
        one["name"]: one["column_names"] for one in inspector.get_indexes(table) if "duplicates_constraint" not in one
    }
    # SQLite lets a primary key of one whole number be declared without NOT NULL, and never holds NULL in it.
    return [(name, kind, nullable and name not in key) for name, kind, nullable in columns], key, unique, foreign, named


@pytest.mark.needs("postgres")
def test_both_engines_have_the_same_tables(tmp_path: Path, postgres: Server) -> None:
    Store(tmp_path).close()
    url = postgres.ledger()
    file, server = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}"), create_engine(url)
    of_file, of_server = inspect(file), inspect(server)
    tables = set(of_file.get_table_names()) - NOT_OURS

    assert set(of_server.get_table_names()) - NOT_OURS == tables == set(LEDGER.tables)
    for table in tables:
        assert shape(of_server, table) == shape(of_file, table)
    file.dispose()
    server.dispose()


@pytest.mark.needs("postgres")
def test_whole_numbers_have_64_bits_in_postgresql_and_partial_indexes_are_partial(postgres: Server) -> None:
    server = create_engine(postgres.ledger())
    found = inspect(server)
    whole = [
        (table, one["name"])
        for table in LEDGER.tables
        for one in found.get_columns(table)
        if str(one["type"]) in {"INTEGER", "SMALLINT"}
    ]
    partial = {
        one["name"]: one["dialect_options"]["postgresql_where"]
        for table in LEDGER.tables
        for one in found.get_indexes(table)
        if "postgresql_where" in one.get("dialect_options", {})
    }
    server.dispose()

    assert whole == []
    assert partial == {
        "interval_now": "(revised_at IS NULL)",
        "rung_interval_now": "(revised_at IS NULL)",
        "request_open": "(answered_at IS NULL)",
        "incident_now": "(resolved_at IS NULL)",
    }


def test_importing_ledger_tables_declares_every_table(tmp_path: Path) -> None:
    Store(tmp_path).close()
    file = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    made = set(inspect(file).get_table_names()) - NOT_OURS
    file.dispose()
    program = (
        "import sansang_collector.ledger_tables; from sansang_collector.store import LEDGER; print(*LEDGER.tables)"
    )
    declared = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert set(declared.split()) == made


def test_a_ledger_of_a_newer_program_is_refused_without_a_word_of_the_password(place: Place) -> None:
    if isinstance(place, URL):
        place = place.set(password="a-password")  # which a server that trusts everyone does not look at
    with closing(Store(place)) as store:
        store.write_sync(lambda connection: connection.execute(text("INSERT INTO schema_version VALUES (99)")))
    try:
        with pytest.raises(
            NewerSchemaError, match=r"has schema version 99, but this program only knows up to 8"
        ) as told:
            Store(place)
    finally:
        if isinstance(place, URL):
            _forget(place, 99)

    assert "a-password" not in str(told.value)


def _forget(url: URL, version: int) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM schema_version WHERE version = :version"), {"version": version})
    engine.dispose()


@pytest.mark.needs("postgres")
def test_a_new_database_is_of_the_newest_version_and_is_made_once(postgres: Server) -> None:
    url = postgres.empty()
    for number in (1, 2):
        with closing(Store(url)) as store:
            store.write_sync(partial(add_agent, name=f"pc-{number}"))
            with store.read() as connection:
                versions = connection.execute(text("SELECT version FROM schema_version")).scalars().all()
                assert versions == [len(MIGRATIONS)]
                assert connection.execute(AGENT.select()).all()[-1].id == number


@pytest.mark.needs("postgres")
def test_later_migrations_bring_up_a_database_too(postgres: Server) -> None:
    url = postgres.empty()
    Store(url).close()
    later = Either(
        sqlite="CREATE TABLE later (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB)",
        postgresql="CREATE TABLE later (id BIGSERIAL PRIMARY KEY, body BYTEA)",
    )
    migrations = (*MIGRATIONS, (later, "ALTER TABLE agent ADD COLUMN room TEXT NOT NULL DEFAULT ''"))
    for _ in range(2):
        writing, reading = open_postgres(url, LEDGER, migrations)
        with reading.connect() as connection:
            versions = connection.execute(text("SELECT version FROM schema_version ORDER BY version")).scalars().all()
            assert versions == [len(MIGRATIONS), len(migrations)]
            assert connection.execute(text("SELECT count(*) FROM later")).scalar() == 0
        writing.dispose()
        reading.dispose()


@pytest.mark.needs("postgres")
def test_a_program_that_has_not_declared_all_tables_makes_no_database(postgres: Server) -> None:
    url, few = postgres.empty(), MetaData()
    AGENT.to_metadata(few)
    with pytest.raises(RuntimeError, match=r"no imported module declares: applied, audit, boot, .*, token"):
        open_postgres(url, few, MIGRATIONS)
    engine = create_engine(url)

    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_an_address_of_another_engine_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"mysql://: a ledger that is no file has an address of postgresql\+psycopg://"
    ):
        Store(URL.create("mysql", host="192.0.2.1"))


def test_whole_numbers_in_statements_have_64_bits_as_well(place: Place) -> None:
    with closing(Store(place)) as store:
        store.write_sync(add_agent)
        with store.read() as connection:
            assert connection.scalars(select(AGENT.c.id).where(AGENT.c.id < 2**40)).all() == [1]
            assert connection.scalars(select(AGENT.c.id + 2**40)).all() == [2**40 + 1]
