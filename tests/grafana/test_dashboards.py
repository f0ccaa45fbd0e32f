"""The dashboards: what is committed is what the code builds, and it holds as far as can be told without Grafana."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from sansang_agent.contract.rung import Rung
from sansang_agent.contract.words import word
from sansang_collector.metrics import BY_NAME
from tests.alerts.promql import grouped_labels, metric_names

GRAFANA = Path(__file__).resolve().parents[2] / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
SPECIAL_SERIES = {"up", "ALERTS"}
EVERY_DASHBOARD = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)

Node = dict[str, Any]


def _load(path: Path) -> Node:
    board = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(board, dict)
    return board


def _nodes(value: object) -> Iterator[Node]:
    """Every mapping in the document, outermost first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)


def _expressions(board: Node) -> list[str]:
    """All PromQL of panels, annotations and variables, with Grafana's variables filled in."""
    queries = [node["expr"] for node in _nodes(board) if "expr" in node]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            inner = re.fullmatch(r"(?:query_result|label_values)\((.+?)(?:, \w+)?\)", variable["query"])
            assert inner, variable["query"]
            queries.append(inner[1])
    return [_filled(query) for query in queries]


def _filled(query: str) -> str:
    return re.sub(r"\$\w+", ".*", query.replace("$__rate_interval", "5m"))


def _build(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GRAFANA / "build.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_committed_dashboards_are_what_the_code_builds() -> None:
    done = _build("--check")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_a_missing_and_an_orphaned_file_are_named(tmp_path: Path) -> None:
    folder = copytree(GRAFANA / "dashboards", tmp_path / "dashboards")
    (folder / "commune.json").write_text("{}")
    (folder / "province.json").unlink()
    (folder / "old.json").write_text("{}")
    done = _build("--check", "--folder", str(folder))

    assert done.returncode == 1
    assert [Path(line.split(" is stale")[0]).name for line in done.stderr.splitlines()] == [
        "commune.json",
        "old.json",
        "province.json",
    ]


@EVERY_DASHBOARD
def test_nothing_is_lost_when_the_sdk_reads_it_back(path: Path) -> None:
    original = path.read_text(encoding="utf-8")
    again = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(Dashboard.from_json(json.loads(original)))

    assert again + "\n" == original


@EVERY_DASHBOARD
def test_the_uid_is_the_one_that_links_and_alerts_use(path: Path) -> None:
    assert _load(path)["uid"] == f"sansang-{path.stem}"


@EVERY_DASHBOARD
def test_panels_have_ids_titles_and_places_that_do_not_overlap(path: Path) -> None:
    panels = _load(path)["panels"]
    ids = [panel["id"] for panel in panels]

    assert len(set(ids)) == len(ids) > 0
    assert all(panel["title"] for panel in panels)
    for panel in panels:
        spot = panel["gridPos"]
        assert (spot["x"] >= 0, spot["w"] > 0, spot["h"] > 0, spot["x"] + spot["w"] <= 24) == (True,) * 4, panel[
            "title"
        ]
    for one, other in combinations(panels, 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def _overlap(one: Node, other: Node) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)


@EVERY_DASHBOARD
def test_every_data_source_is_the_chosen_one(path: Path) -> None:
    board = _load(path)
    sources = [node["datasource"] for node in _nodes(board) if "datasource" in node]

    assert len(sources) > len(board["panels"])
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)


@EVERY_DASHBOARD
def test_every_variable_that_is_used_exists(path: Path) -> None:
    board = _load(path)
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board))) - {"__value", "__rate_interval", "1"}

    assert used <= {variable["name"] for variable in board["templating"]["list"]}


@pytest.mark.needs("prometheus")
@EVERY_DASHBOARD
def test_promtool_accepts_every_query(path: Path, tmp_path: Path) -> None:
    queries = _expressions(_load(path))
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": path.stem, "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)

    assert len(rules) > 10
    assert done.returncode == 0, done.stdout + done.stderr


@EVERY_DASHBOARD
def test_every_query_reads_metrics_the_collector_has(path: Path) -> None:
    for query in _expressions(_load(path)):
        assert metric_names(query) <= {*SPECIAL_SERIES, *BY_NAME}, query


@EVERY_DASHBOARD
def test_targets_of_a_panel_have_different_letters(path: Path) -> None:
    for panel in _load(path)["panels"]:
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters), panel["title"]


def test_the_dashboards_lead_to_each_other() -> None:
    boards = {path.stem: _load(path) for path in FILES}
    links = {node["url"].split("?")[0] for node in _nodes(boards["province"]) if node.get("url")}

    assert boards.keys() == {"province", "commune"}
    assert links == {"/d/sansang-commune"}
    for board in boards.values():
        assert board["tags"] == ["sansang"] == board["links"][0]["tags"]


def test_states_are_told_by_shape_as_well_as_by_colour() -> None:
    mappings = [node for path in FILES for node in _nodes(_load(path)) if node.get("color") and node.get("text")]
    shapes = {(node["color"], node["text"][0]) for node in mappings}

    assert shapes == {("green", "✔"), ("red", "✖"), ("orange", "◐"), ("#8e8e8e", "?")}


def test_the_ladder_of_the_province_has_every_rung_in_order_and_in_vietnamese() -> None:
    ladder = next(panel for panel in _load(GRAFANA / "dashboards" / "province.json")["panels"] if panel["id"] == 7)
    shape = ladder["transformations"][1]["options"]
    order = sorted(shape["indexByName"], key=shape["indexByName"].__getitem__)

    assert [shape["renameByName"][field] for field in order] == ["Xã", *(word("rung", rung) for rung in Rung)]


def test_provisioning_serves_the_folder_and_names_the_data_source_by_its_variable() -> None:
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/sansang.yml").read_text(encoding="utf-8"))
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/sansang.yml").read_text(encoding="utf-8"))

    assert source["apiVersion"] == provider["apiVersion"] == 1
    assert source["datasources"][0]["type"] == "prometheus"
    assert source["datasources"][0]["url"] == "$SANSANG_PROMETHEUS_URL"
    assert provider["providers"][0]["options"]["path"] == "/var/lib/grafana/dashboards/sansang"


@EVERY_DASHBOARD
def test_queries_group_by_labels_the_collector_gives(path: Path) -> None:
    grouped = [pair for query in _expressions(_load(path)) for pair in grouped_labels(query)]

    assert len(grouped) > 10
    assert [(name, labels) for name, labels in grouped if not labels <= {*BY_NAME[name].labels}] == []
