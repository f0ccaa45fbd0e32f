"""An empty database of alerts on each engine, for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_alerts.opening import Opened
from sansang_alerts.tables import ALERTS
from tests.support.postgres import Server, server

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture(scope="session")
def opened_postgres(postgres: Server) -> Iterator[Opened]:
    opened = Opened(postgres.empty())
    yield opened
    opened.close()


@pytest.fixture(params=ENGINES)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """A database of our own; PostgreSQL's is emptied first, for making one takes a second."""
    if request.param == "sqlite":
        opened = Opened(tmp_path / "alerts.db")
        yield opened
        opened.close()
        return
    shared: Opened = request.getfixturevalue("opened_postgres")
    for table in reversed(ALERTS.sorted_tables):
        shared.write_sync(lambda connection, table=table: connection.execute(table.delete()))  # type: ignore[misc]
    yield shared
