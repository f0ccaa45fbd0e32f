"""Agents made and ended through the API: who may, what is refused, what is written down."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sansang_collector import agents, tokens
from sansang_collector.audit import AUDIT
from sansang_collector.store import Store
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.reports import body

NEW = {"commune": "06001", "name": "may-1", "role": "mini"}


@pytest.fixture(name="collector", scope="module")
def collector_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    with running_collector(tmp_path_factory.mktemp("collector")) as running:
        yield running


def rows(data: Path, table: Any) -> list[dict[str, Any]]:
    store = Store(data)
    try:
        with store.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table))]
    finally:
        store.close()


def report(collector: CollectorProcess, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return httpx.post(f"{collector.url}/api/v1/reports", content=body(), headers=headers).status_code


def test_an_agent_made_by_the_api_reports_until_it_is_removed(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client("admin") as admin:
        made = admin.post("/api/v1/agents", json=NEW)
        agent, token = made.json()["id"], made.json()["token"]
        before = report(collector, token)
        removed = admin.delete(f"/api/v1/agents/{agent}")
        after = report(collector, token)
        (row,) = rows(tmp_path, agents.AGENT)
        deeds = [
            (deed["who"].partition(" ")[0], deed["what"], deed["commune"], deed["agent"])
            for deed in rows(tmp_path, AUDIT)
        ]

    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert (before, removed.status_code, after) == (200, 204, 401)
    assert (row["name"], row["role"], row["retired_at"] is None) == ("may-1", "mini", False)
    assert deeds == [("admin", what, "06001", agent) for what in ("enrol", "retire", "revoke")]


def test_a_retired_machine_that_is_made_again_is_in_use_again_under_its_number(tmp_path: Path) -> None:
    with running_collector(tmp_path) as collector, collector.client("admin") as admin:
        first = admin.post("/api/v1/agents", json=NEW).json()
        admin.delete(f"/api/v1/agents/{first['id']}")
        second = admin.post("/api/v1/agents", json=NEW).json()
        valid = [one for one in rows(tmp_path, tokens.TOKEN) if one["agent"] and one["revoked_at"] is None]
        (row,) = rows(tmp_path, agents.AGENT)

    assert second["id"] == first["id"]
    assert len(valid) == 1
    assert row["retired_at"] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"commune": "6001"}, "commune"),
        ({"role": "vantage"}, "the vantage point stands in no commune: its commune is 00000"),
        ({"name": "máy 1"}, "name"),
        ({"name": "may-1\n"}, "name"),
        ({"commune": "06001\n"}, "commune"),
        ({"role": "vantage"}, "vantage"),
        ({"role": "counters"}, "role"),
        ({"rôle": "mini"}, "rôle"),
    ],
)
def test_a_machine_that_cannot_be_is_refused_with_what_is_wrong(
    collector: CollectorProcess, wrong: dict[str, str], said: str
) -> None:
    with collector.client("admin") as admin:
        answer = admin.post("/api/v1/agents", json=NEW | wrong)

    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_what_is_no_json_or_too_long_is_refused_and_not_read(collector: CollectorProcess) -> None:
    with collector.client("admin") as admin:
        assert admin.post("/api/v1/agents", content=b"{").status_code == 422
        assert admin.post("/api/v1/agents", content=b'{"commune":"\xff"}').status_code == 422
        assert admin.post("/api/v1/agents", content=b" " * 70_000).status_code == 413


@pytest.mark.parametrize("scope", ["read", "metrics"])
def test_only_an_administrator_makes_and_ends_agents(collector: CollectorProcess, scope: str) -> None:
    with collector.client(scope) as client:
        assert client.post("/api/v1/agents", json=NEW).status_code == 403
        assert client.delete("/api/v1/agents/1").status_code == 403


def test_nobody_ends_an_agent_there_is_none_of(collector: CollectorProcess) -> None:
    with collector.client("admin") as admin:
        assert admin.delete("/api/v1/agents/4711").status_code == 404


def test_the_description_tells_how_an_agent_is_made(collector: CollectorProcess) -> None:
    with collector.client("admin") as admin:
        described = admin.get("/api/v1/openapi.json").json()

    making = described["paths"]["/api/v1/agents"]["post"]
    schema = making["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert set(described["components"]["schemas"][schema.rpartition("/")[2]]["properties"]) == {
        "commune",
        "name",
        "role",
    }
    assert "201" in making["responses"]
