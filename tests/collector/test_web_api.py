"""The reading API over real HTTP: shapes, pages of lists, problems."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sansang_agent.contract.codec import report_code
from sansang_agent.contract.outcome import Reason
from tests.support.web_collector import COMMUNE, NOON, PROFILE, STREAM, WebCollector, web_collector


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebCollector]:
    """Good at noon, the line silent 15 s later."""
    with web_collector(tmp_path_factory.mktemp("api")) as running:
        running.report()
        running.turn_clock(15)
        running.report([("hop", Reason.TIMEOUT)])
        yield running


def get(collector: WebCollector, address: str, status: int = 200) -> Any:
    answer = collector.client.get(f"/api/v1{address}")
    assert answer.status_code == status, answer.text
    media = "application/json" if status == 200 else "application/problem+json"
    assert answer.headers["content-type"] == media
    return answer.json()


def test_communes_are_listed_with_their_ladder(collector: WebCollector) -> None:
    found = get(collector, "/communes")

    assert (found["total"], found["limit"], found["offset"]) == (1, 200, 0)
    (commune,) = found["items"]
    assert (commune["code"], commune["name"], commune["light"]) == (COMMUNE, "Xã Tân Tiến", "failed")
    assert {rung["rung"]: rung["light"] for rung in commune["rungs"]}["line"] == "failed"


def test_a_list_can_be_read_in_pieces(collector: WebCollector) -> None:
    everything = get(collector, f"/agents/{collector.agent}/results")
    piece = get(collector, f"/agents/{collector.agent}/results?limit=2&offset=1")

    assert everything["total"] == piece["total"] == len(PROFILE.checks)
    assert piece["items"] == everything["items"][1:3]


def test_one_commune_and_one_agent_are_the_ones_of_the_lists(collector: WebCollector) -> None:
    assert get(collector, f"/communes/{COMMUNE}") == get(collector, "/communes")["items"][0]
    assert get(collector, f"/agents/{collector.agent}") == get(collector, f"/agents?commune={COMMUNE}")["items"][0]


def test_a_result_carries_what_the_profile_says_of_its_check(collector: WebCollector) -> None:
    results = {result["check"]: result for result in get(collector, f"/agents/{collector.agent}/results")["items"]}

    assert (results["hop"]["outcome"], results["hop"]["reason"]) == ("failed", "timeout")
    assert (results["dvc"]["source"], results["dvc"]["network"]) == ("kiểm tra tại chỗ", "tslcd")
    assert results["dvc"]["period_s"] == 15


def test_another_communes_agents_are_not_listed(collector: WebCollector) -> None:
    assert get(collector, "/agents?commune=05977")["items"] == []


def test_a_check_over_time_is_its_intervals(collector: WebCollector) -> None:
    found = get(collector, f"/agents/{collector.agent}/intervals?check=hop&from={NOON - 60}&to={NOON + 60}")

    assert (found["from"], found["to"], found["check"]) == (NOON - 60, NOON + 60, "hop")
    assert [(each["outcome"], each["first_at"], each["last_at"]) for each in found["items"]] == [
        ("ok", NOON, NOON),
        ("failed", NOON + 15, NOON + 15),
    ]


def test_a_rung_over_time_is_its_intervals(collector: WebCollector) -> None:
    found = get(collector, f"/communes/{COMMUNE}/intervals?rung=line")

    assert [each["light"] for each in found["items"]] == ["ok", "failed"]


def test_a_report_code_names_agent_and_moment(collector: WebCollector) -> None:
    code = report_code(STREAM, 1)

    found = get(collector, f"/reports/{code.lower()}")

    assert (found["code"], found["agent"], found["at"]) == (code, collector.agent, NOON)


@pytest.mark.parametrize(
    "address",
    [
        "/communes/99999",
        "/communes/99999/intervals?rung=line",
        "/agents/4711",
        "/agents/4711/results",
        "/agents/4711/intervals?check=hop",
        "/reports/ZZZZZZ",
        "/reports/abc",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_problem_document(collector: WebCollector, address: str) -> None:
    problem = get(collector, address, 404)

    assert (problem["status"], problem["title"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/communes?limit=0", "limit"),
        ("/communes?limit=x", "limit"),
        ("/agents/x", "agent"),
        ("/agents/1/intervals", "check"),
        (f"/communes/{COMMUNE}/intervals?rung=roof", "rung"),
        ("/agents/1/intervals?check=hop&from=2&to=1", "from"),
        ("/agents/1/intervals?check=hop&from=0&to=99999999", "from"),
        ("/agents/1/intervals?check=hop&from=nan", "from"),
        ("/agents/99999999999999999999999", "agent"),
        ("/stream?after=-1", "after"),
    ],
)
def test_a_parameter_that_cannot_be_is_named_in_a_problem_document(
    collector: WebCollector, address: str, named: str
) -> None:
    problem = get(collector, address, 422)

    assert problem["status"] == 422
    assert named in problem["detail"]


def test_a_wrong_method_is_a_problem_document(collector: WebCollector) -> None:
    answer = collector.client.post("/api/v1/communes")

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET"


def test_the_description_refers_to_nothing_it_does_not_hold(collector: WebCollector) -> None:
    description = collector.client.get("/api/v1/openapi.json").text

    referred = set(re.findall(r'"#/components/schemas/(\w+)"', description))
    assert {"AgentView", "CommuneView", "Problem"} <= referred
    assert referred <= json.loads(description)["components"]["schemas"].keys()


def test_every_route_describes_itself(collector: WebCollector) -> None:
    described = collector.client.get("/api/v1/openapi.json").json()["paths"]

    ours = {path: entry["get"] for path, entry in described.items() if "get" in entry}
    assert {"/api/v1/communes", "/api/v1/agents/{agent}/intervals", "/api/v1/stream"} <= ours.keys()
    assert all(entry["summary"] and entry["description"] for entry in ours.values())
    assert not re.search(r"[Vv]iew", " ".join(entry["summary"] for entry in ours.values()))
