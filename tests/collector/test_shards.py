"""A large fleet's probe series stand in shards, each once and nowhere else, and a real Prometheus finds them."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection

from sansang_agent.contract.codec import profile_hash
from sansang_collector.sharding import MOST_TOGETHER, shard_of
from sansang_collector.store import Store
from tests.collector.test_metrics import prometheus, query
from tests.support.collector_process import CollectorProcess, running_collector
from tests.support.ledgers import add_agent
from tests.support.reports import body, profile, report

COMMUNES = {"05977": 1, "05983": 7, "06001": 1}
"""By commune its shard of eight."""


def fill(connection: Connection, count: int) -> None:
    """As many machines as make a fleet of ``count`` that have never been heard of."""
    for number in range(count):
        add_agent(connection, "06004", f"pc-{number}")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A collector with one agent in each commune that reports, and too many for one scrape."""
    with running_collector(tmp_path_factory.mktemp("large")) as collector:
        for code in COMMUNES:
            with collector.client("agent", code, "pc-1") as agent:
                contents = body(report(1, config=profile_hash(profile())), {}, profiles=(profile(),))
                agent.post("/api/v1/reports", content=contents).raise_for_status()
        store = Store(collector.data)
        store.write_sync(lambda connection: fill(connection, MOST_TOGETHER + 1 - len(COMMUNES)))
        store.close()
        with collector.client("metrics") as metrics:
            deadline = time.monotonic() + 20
            while len(series(metrics, "/metrics/probes/1")) < 2 or not series(metrics, "/metrics/probes/7"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield collector


def series(client: httpx.Client, path: str) -> set[tuple[str, str]]:
    """Name and commune of what is said of checks at ``path``."""
    answer = client.get(path)
    assert answer.status_code == 200
    return {
        (sample.name, sample.labels["commune"])
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if "check" in sample.labels
    }


def test_a_communes_shard_is_its_code_modulo_their_number() -> None:
    assert {code: shard_of(code, 8) for code in COMMUNES} == COMMUNES
    assert shard_of("odd", 8) == 0


def test_a_small_fleet_has_everything_in_one_scrape(collector: CollectorProcess) -> None:
    with collector.client("agent", "05983", "pc-1") as agent, collector.client("metrics") as metrics:
        contents = body(report(1, config=profile_hash(profile())), {}, profiles=(profile(),))
        agent.post("/api/v1/reports", content=contents).raise_for_status()
        deadline = time.monotonic() + 20
        while ("probe_success", "05983") not in series(metrics, "/metrics"):
            assert time.monotonic() < deadline
            time.sleep(0.02)

        assert metrics.get("/api/v1/sd").json() == [
            {"targets": [f"127.0.0.1:{collector.port}"], "labels": {"__metrics_path__": "/metrics"}}
        ]
        assert all(not series(metrics, f"/metrics/probes/{n}") for n in range(8))


def test_a_large_fleets_probe_series_stand_in_the_shard_of_their_commune_alone(large: CollectorProcess) -> None:
    with large.client("metrics") as metrics:
        found = {n: series(metrics, f"/metrics/probes/{n}") for n in range(8)}

        assert {commune: n for n, each in found.items() for _, commune in each} == COMMUNES
        assert series(metrics, "/metrics") == set()
        assert 'sansang_agent_up{commune="05983"' in metrics.get("/metrics").text
        assert "sansang_agent_up" not in metrics.get("/metrics/probes/7").text


def test_discovery_lists_the_collector_by_the_address_it_was_asked_at_and_every_shard(large: CollectorProcess) -> None:
    with large.client("metrics") as metrics:
        answer = metrics.get("/api/v1/sd", headers={"Host": "localhost:9999"})

    assert answer.headers["content-type"] == "application/json"
    assert {tuple(group["targets"]) for group in answer.json()} == {("localhost:9999",)}
    assert [group["labels"] for group in answer.json()] == [
        {"__metrics_path__": "/metrics"},
        *({"__metrics_path__": f"/metrics/probes/{n}", "shard": str(n)} for n in range(8)),
    ]


@pytest.mark.parametrize(("path", "status"), [("/api/v1/sd", 403), ("/metrics/probes/0", 403)])
def test_nobody_discovers_without_the_scope_metrics(large: CollectorProcess, path: str, status: int) -> None:
    with large.client("read") as reader, large.client() as nobody:
        assert (reader.get(path).status_code, nobody.get(path).status_code) == (status, 401)


@pytest.mark.parametrize(("path", "status"), [("/metrics/probes/8", 404), ("/metrics/probes/-1", 422)])
def test_a_shard_there_is_not_is_said_so(large: CollectorProcess, path: str, status: int) -> None:
    with large.client("metrics") as metrics:
        assert metrics.get(path).status_code == status


@pytest.mark.needs("prometheus")
def test_promtool_finds_nothing_to_say_of_a_shard(large: CollectorProcess) -> None:
    with large.client("metrics") as metrics:
        text = metrics.get("/metrics/probes/7").text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.needs("prometheus")
def test_a_real_prometheus_discovers_and_scrapes_every_shard(large: CollectorProcess, tmp_path: Path) -> None:
    credentials = tmp_path / "metrics.token"
    credentials.write_text(large.token("metrics"), encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        "- job_name: sansang\n"
        f"  authorization: {{credentials_file: {credentials}}}\n"
        "  http_sd_configs:\n"
        f"  - url: {large.url}/api/v1/sd\n"
        f"    authorization: {{type: Bearer, credentials_file: {credentials}}}\n",
        encoding="utf-8",
    )
    with prometheus(tmp_path) as url:
        deadline = time.monotonic() + 60
        while len(up := query(url, 'up{job="sansang"} == 1')) < 9:
            assert time.monotonic() < deadline, up
            time.sleep(0.1)
        found = query(url, "sansang_probe_unknown or probe_success")

    assert {one["metric"].get("shard", "") for one in up} == {"", *map(str, range(8))}
    assert {one["metric"]["commune"]: int(one["metric"]["shard"]) for one in found} == COMMUNES
