"""One real collector for all attacks of a module, with a machine that has reported."""

from collections.abc import Iterator

import pytest

from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import body, report


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path_factory.mktemp("attacked")) as started:
        with started.client("agent", "05983", "pc-1") as agent:
            assert agent.post("/api/v1/reports", content=body(report())).status_code == 200
        yield started
