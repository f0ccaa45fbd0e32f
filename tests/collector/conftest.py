"""One real collector per test module; each test makes the tokens it needs."""

from collections.abc import Iterator

import pytest

from tests.support.collector_process import CollectorProcess, running_collector


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path_factory.mktemp("collector")) as started:
        yield started
