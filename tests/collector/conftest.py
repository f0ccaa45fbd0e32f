"""One real collector per test module, whose tests make the tokens they need; a ledger on each engine for each test."""

from collections.abc import Iterator

import pytest

from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.ledgers import Place
from tests.support.postgres import Server, server

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres")))


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path_factory.mktemp("collector")) as started:
        yield started


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with server() as started:
        yield started


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where an empty ledger is: a test that asks for it runs on each engine."""
    if request.param == "sqlite":
        return tmp_path_factory.mktemp("ledger")
    started: Server = request.getfixturevalue("postgres")
    return started.ledger()


@pytest.fixture(scope="module", params=ENGINES)
def shared_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Where a new ledger will be that all tests of a module share."""
    if request.param == "sqlite":
        return tmp_path_factory.mktemp("ledger")
    started: Server = request.getfixturevalue("postgres")
    return started.empty()
