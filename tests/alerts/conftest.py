"""An empty database of alerts on each engine, for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from sansang_alerts.opening import Opened
from sansang_alerts.tables import ALERTS
from tests.support.postgres import Server, server

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_place(postgres: Server) -> URL:
    return postgres.empty()


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | URL:
    """Where a database is."""
    if request.param == "sqlite":
        return tmp_path / "alerts.db"
    shared: URL = request.getfixturevalue("postgres_place")
    return shared


@pytest.fixture
def ledger(place: Path | URL) -> Iterator[Opened]:
    """A database of our own; PostgreSQL's is emptied first, for making one takes a second."""
    opened = Opened(place)
    if isinstance(place, URL):
        for table in reversed(ALERTS.sorted_tables):
            opened.write_sync(lambda connection, table=table: connection.execute(table.delete()))  # type: ignore[misc]
    yield opened
    opened.close()
