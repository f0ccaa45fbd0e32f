"""A report posted by hand as the protocol describes it: its profile has not come, and it shows all the same."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.collector.test_ingest import EXAMPLE
from tests.support.collector_process import CollectorProcess


@pytest.fixture(scope="module")
def reader(collector: CollectorProcess) -> Iterator[httpx.Client]:
    """Reads what one agent has posted, once both consumers have it: ``since`` comes from history."""
    with collector.client("agent", "05983", "pc-1") as agent, collector.client("admin") as reader:
        agent.post("/api/v1/reports", content=EXAMPLE.encode()).raise_for_status()
        deadline = time.monotonic() + 20
        while not any(one["since"] for one in reader.get("/api/v1/agents/1/results").json()["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield reader


def test_its_checks_are_results_without_a_rung(reader: httpx.Client) -> None:
    found = reader.get("/api/v1/agents/1/results").json()
    others: list[dict[str, Any]] = reader.get("/api/v1/agents/1").json()["others"]

    assert [(one["check"], one["rung"], one["outcome"], one["reason"], one["live"]) for one in others] == [
        ("dvc", None, "failed", "tls_expired", True),
        ("gw", None, "ok", None, True),
    ]
    assert (found["total"], found["items"]) == (2, others)


def test_the_agents_page_shows_them_as_of_unknown_rung(reader: httpx.Client) -> None:
    page = reader.get("/agents/1", headers={"Accept": "text/html"}).text

    assert "chưa rõ thuộc bậc nào" in page
    assert "chứng thư đã hết hạn" in page
    assert "notAfter 2026-11-01" in page


def test_metrics_hold_them_with_an_empty_rung(reader: httpx.Client) -> None:
    assert 'probe_success{commune="05983",agent="pc-1",check="dvc",rung=""} 0.0' in reader.get("/metrics").text
