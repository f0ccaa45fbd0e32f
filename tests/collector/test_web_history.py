"""``/api/v1/history`` over real HTTP: stretches and points of a check, stretches of a rung, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from sansang_agent.contract.outcome import Reason
from sansang_collector.web.history import MAX_POINTS, step_for
from tests.support.web_collector import COMMUNE, NOON, WebCollector, web_collector


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    """Two minutes good, then one in which the line is silent."""
    with web_collector(tmp_path_factory.mktemp("history-api")) as running:
        for number in range(12):
            failing = [("hop", Reason.TIMEOUT)] if number >= 8 else []
            running.report(failing, {"out": {"rtt_ms": (1.0, 2.0, 3.0, 4.0), "sent": 5, "lost": 1}})
            running.turn_clock(15)
        yield running


def get(collector: WebCollector, query: str, status: int = 200) -> Any:
    answer = collector.client.get(f"/api/v1/history?{query}")
    assert answer.status_code == status, answer.text
    media = "application/json" if status == 200 else "application/problem+json"
    assert answer.headers["content-type"] == media
    return answer.json()


def test_a_check_has_stretches_and_points(collector: WebCollector) -> None:
    found = get(collector, f"agent={collector.agent}&check=hop")

    assert (found["commune"], found["agent"], found["check"], found["step"]) == (COMMUNE, collector.agent, "hop", 300)
    assert (found["from"], found["to"]) == (collector.now - 6 * 3600, collector.now)
    assert [(item["outcome"], item["first_at"] - NOON) for item in found["items"]] == [("ok", 0), ("failed", 120)]
    (point,) = found["points"]
    assert (point["at"], point["count"], point["ok"], point["failed"]) == (NOON, 12, 8, 4)
    assert (point["unknown"], point["reasons"]) == (0, {"timeout": 4})


def test_a_point_carries_times_and_loss(collector: WebCollector) -> None:
    (point,) = get(collector, f"commune={COMMUNE}&agent={collector.agent}&check=out")["points"]

    assert (point["rtt_min_ms"], point["rtt_ms"], point["rtt_max_ms"], point["loss"]) == (1, 2, 4, 0.2)
    assert (point["total_ms"], point["total_max_ms"]) == (None, None)


def test_a_rung_has_stretches_only(collector: WebCollector) -> None:
    found = get(collector, f"commune={COMMUNE}&rung=line&from={NOON - 60}&to={NOON + 600}")

    assert [(item["light"], item["first_at"] - NOON) for item in found["items"]] == [("ok", 0), ("failed", 120)]
    assert (found["step"], found["points"]) == (None, None)


def test_points_are_as_coarse_as_asked_for(collector: WebCollector) -> None:
    (point,) = get(collector, f"agent={collector.agent}&check=hop&step=3600")["points"]

    assert point["at"] == NOON // 3600 * 3600


@pytest.mark.parametrize("days", [7, 31, 100])
def test_over_a_long_time_points_are_coarser_but_never_too_many(collector: WebCollector, days: int) -> None:
    found = get(collector, f"agent={collector.agent}&check=hop&from={collector.now - days * 86400}")

    assert found["step"] == step_for(days * 86400) >= 300
    assert days * 86400 / found["step"] <= MAX_POINTS


@pytest.mark.parametrize(
    "query",
    [
        "",
        "agent=1",
        "check=hop",
        "rung=line",
        f"commune={COMMUNE}",
        f"commune={COMMUNE}&check=hop",
        "agent=1&rung=line",
        "agent=1&check=hop&rung=line",
        f"commune={COMMUNE}&agent=1&rung=line",
    ],
)
def test_parameters_that_do_not_go_together_are_refused_with_what_would(collector: WebCollector, query: str) -> None:
    assert "either 'agent' and 'check'" in get(collector, query, 422)["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "agent=1&check=hop&step=299",
        "agent=1&check=hop&step=450",
        "agent=1&check=hop&from=5&to=4",
        "agent=1&check=hop&from=1&to=9000000",
        "agent=0&check=hop",
        f"commune={COMMUNE}&rung=cellar",
    ],
)
def test_a_parameter_that_cannot_be_is_refused(collector: WebCollector, query: str) -> None:
    assert get(collector, query, 422)["status"] == 422


@pytest.mark.parametrize(
    "query", ["agent=99&check=hop", "agent=1&check=other", "commune=00001&agent=1&check=hop", "commune=00001&rung=line"]
)
def test_what_there_is_not_is_not_found(collector: WebCollector, query: str) -> None:
    assert get(collector, query, 404)["status"] == 404


def test_history_wants_the_scope_read(collector: WebCollector) -> None:
    answer = collector.client.get("/api/v1/history?agent=1&check=hop", headers={"Authorization": "Bearer wrong"})

    assert answer.status_code == 401


def test_history_is_described(collector: WebCollector) -> None:
    described = collector.client.get("/api/v1/openapi.json").json()

    parameters = {each["name"] for each in described["paths"]["/api/v1/history"]["get"]["parameters"]}
    assert parameters == {"commune", "agent", "check", "rung", "from", "to", "step"}
    assert "PointView" in described["components"]["schemas"]
