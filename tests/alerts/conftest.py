"""A ledger with the tables of alerts on each engine for each test."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection

from sansang_alerts.schema import migrate
from sansang_alerts.tables import ALERTS
from sansang_collector.store import Store
from tests.support.ledgers import Place
from tests.support.postgres import Server, server

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where a ledger is: a test that asks for it runs on each engine."""
    if request.param == "sqlite":
        return tmp_path_factory.mktemp("ledger")
    started: Server = request.getfixturevalue("postgres")
    return started.ledger()


@pytest.fixture
def ledger(place: Place) -> Iterator[Store]:
    """With empty tables of alerts."""
    with closing(Store(place)) as store:
        store.write_sync(_prepare)
        yield store


def _prepare(connection: Connection) -> None:
    migrate(connection)
    for table in reversed(ALERTS.sorted_tables):
        connection.execute(table.delete())
