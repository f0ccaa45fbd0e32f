"""Alert rules: right PromQL, both firing and not firing, and with a next step for whoever is woken."""

import re
import subprocess
from pathlib import Path

import pytest

from sansang_agent.contract.rung import Owner
from sansang_alerts.web import runbooks
from sansang_collector.metrics import BY_NAME
from tests.alerts.documents import ALERTS, ROOT, RULE_FILES, RULE_TESTS, Document, alerting_rules, load, rules
from tests.alerts.promql import grouped_labels, metric_names

SPECIAL_SERIES = {
    "up",
    "ALERTS",
    "prometheus_remote_storage_highest_timestamp_in_seconds",
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
}
"""Prometheus' own."""
EVERY_ALERT = [pytest.param(rule, id=rule["alert"]) for rule in alerting_rules()]


def _promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.needs("prometheus")
@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_promtool_accepts_the_rules(path: Path) -> None:
    done = _promtool("check", "rules", "--lint-fatal", path)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("prometheus")
@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.name)
def test_the_rules_fire_and_stay_quiet_as_their_tests_say(path: Path) -> None:
    done = _promtool("test", "rules", path)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", EVERY_ALERT)
def test_every_alert_is_tested_firing_with_its_whole_text_and_not_firing(rule: Document) -> None:
    cases = [
        case
        for path in RULE_TESTS
        for test in load(path)["tests"]
        for case in test.get("alert_rule_test", [])
        if case["alertname"] == rule["alert"]
    ]

    assert any(case["exp_alerts"] for case in cases)
    assert any(not case["exp_alerts"] for case in cases)


@pytest.mark.parametrize("rule", EVERY_ALERT)
def test_every_alert_says_how_bad_it_is_whose_it_is_and_where_to_read_on(rule: Document) -> None:
    notes, owner = rule["annotations"], rule["labels"]["owner"]

    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert "{{" in owner or owner in set(Owner)
    assert {"summary", "description", "runbook", "runbook_url", "dashboard"} == notes.keys()
    assert rule["alert"] in (ROOT / notes["runbook"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", EVERY_ALERT)
def test_an_alerts_link_leads_to_its_runbook_at_the_collector_that_says_how_it_is_reached(rule: Document) -> None:
    notes, info = rule["annotations"], BY_NAME["sansang_collector_info"]
    found = re.fullmatch(
        r'\{\{ with query "last_over_time\((\w+)\[1d\]\)" \}\}'
        r'\{\{ \. \| first \| label "(\w+)" \}\}(/runbooks/[\w-]+)\{\{ end \}\}',
        notes["runbook_url"],
    )

    assert found
    assert (found[1], (found[2],)) == (info.name, tuple(info.labels))
    assert found[3] == f"/runbooks/{Path(notes['runbook']).stem}"
    assert Path(notes["runbook"]).stem in runbooks.names()


@pytest.mark.parametrize("rule", EVERY_ALERT)
def test_the_dashboard_an_alert_points_to_exists(rule: Document) -> None:
    found = re.match(r"/d/sansang-(\w+)", rule["annotations"]["dashboard"])

    assert found
    assert (ROOT / "grafana" / "dashboards" / f"{found[1]}.json").is_file()


def test_of_incidents_agents_and_checks_only_the_file_that_nobody_loads_by_default_tells() -> None:
    by_file = {path.name: {rule["alert"] for rule in rules(path) if "alert" in rule} for path in RULE_FILES}
    loaded = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")

    assert by_file["standalone.yml"] == {
        "SansangCommuneWithoutAgent",
        "SansangAgentSilent",
        "SansangCheckFailing",
        "SansangCertificateExpiring",
    }
    assert {rule["labels"]["owner"] for rule in rules(ALERTS / "rules" / "collector.yml")} == {"us"}
    assert re.findall(r"^ *- (/etc/sansang/rules/.*)$", loaded, re.MULTILINE) == ["/etc/sansang/rules/collector.yml"]


def test_rules_read_only_metrics_the_collector_has_and_series_recorded_before_them() -> None:
    known = {*SPECIAL_SERIES, *BY_NAME}
    for path in RULE_FILES:
        for rule in rules(path):
            assert metric_names(rule["expr"]) <= known, rule.get("alert") or rule["record"]
            known |= {rule["record"]} if "record" in rule else set()


def test_rules_group_by_labels_the_collector_gives() -> None:
    grouped = [pair for path in RULE_FILES for rule in rules(path) for pair in grouped_labels(rule["expr"])]
    given = {name: {*one.labels, "instance"} for name, one in BY_NAME.items()}  # Prometheus adds the last
    wrong = [(name, labels) for name, labels in grouped if name in given and not labels <= given[name]]

    assert len(grouped) > 5
    assert wrong == []
