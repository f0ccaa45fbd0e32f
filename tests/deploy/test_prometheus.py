"""The Prometheus configurations: accepted, loading the default rules alone, and telling when the collector is gone."""

import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.alertmanagers import alertmanager
from tests.alerts.documents import ALERTS, ROOT
from tests.alerts.inboxes import Mailbox, Webhook
from tests.alerts.processes import free_port, running

DEPLOY = ROOT / "deploy"
CONFIGS = [DEPLOY / "prometheus" / "prometheus.yml", DEPLOY / "compose" / "prometheus.yml"]
EVERY_CONFIG = pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)


def _load(path: Path) -> dict[str, Any]:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(config, dict)
    return config


def _on_this_machine(config: dict[str, Any], folder: Path) -> Path:
    """The configuration with its rules and its token where this machine has them."""
    token = folder / "metrics.token"
    token.write_text("secret\n")
    config["rule_files"] = [str(ALERTS / "rules" / Path(name).name) for name in config["rule_files"]]
    job = config["scrape_configs"][0]
    for asked in (job, *job["http_sd_configs"]):
        asked["authorization"]["credentials_file"] = str(token)
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@pytest.mark.needs("prometheus")
@EVERY_CONFIG
def test_promtool_accepts_the_configuration_with_its_rules(path: Path, tmp_path: Path) -> None:
    file = _on_this_machine(_load(path), tmp_path)
    done = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 rules found" in done.stdout


@EVERY_CONFIG
def test_only_the_rule_file_for_everybody_is_loaded_by_default(path: Path) -> None:
    assert _load(path)["rule_files"] == ["/etc/sansang/rules/collector.yml"]


@EVERY_CONFIG
def test_the_collector_is_scraped_with_a_token_from_a_file_under_the_job_the_rules_name(path: Path) -> None:
    (job,) = _load(path)["scrape_configs"]

    assert job["job_name"] == "sansang"
    assert job["authorization"].keys() == {"credentials_file"}


@EVERY_CONFIG
def test_what_to_scrape_is_asked_of_the_collector_itself_with_the_same_token(path: Path) -> None:
    (job,) = _load(path)["scrape_configs"]
    (discovery,) = job["http_sd_configs"]

    assert discovery["url"].endswith(":9640/api/v1/sd")
    assert discovery["authorization"] == {"type": "Bearer", **job["authorization"]}


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as inbox:
        yield inbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as inbox:
        yield inbox


@pytest.mark.needs("prometheus", "alertmanager")
def test_a_collector_that_is_gone_is_told_through_prometheus_and_alertmanager(
    tmp_path: Path, webhook: Webhook, mailbox: Mailbox
) -> None:
    (tmp_path / "am").mkdir()
    with alertmanager(tmp_path / "am", webhook.port, mailbox.port) as address:
        config = _impatient(_load(CONFIGS[0]), tmp_path, address, f"127.0.0.1:{free_port()}")
        listen = f"127.0.0.1:{free_port()}"
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"]
        command += [f"--web.listen-address={listen}", "--log.level=warn"]
        with running(command, ready=f"http://{listen}/-/ready"):
            mail = message_from_bytes(mailbox.next(), policy=default)

    assert isinstance(mail, EmailMessage)
    assert mail["To"] == "truc-he-thong@example.org"
    assert str(mail["Subject"]).startswith("[Nghiêm trọng] ")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "không trả lời Prometheus" in text.get_content()


def _impatient(config: dict[str, Any], folder: Path, alertmanager: str, collector: str) -> Path:
    """The configuration for a collector that is not there, looked at every second and without the rule's patience."""
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager]
    file = _on_this_machine(config, folder)
    # What was discovered before it went away.
    del config["scrape_configs"][0]["http_sd_configs"]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [collector]}]
    rules = yaml.safe_load((ALERTS / "rules" / "collector.yml").read_text(encoding="utf-8"))
    rules["groups"][0]["rules"][0]["for"] = "0s"
    (folder / "rules.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    file.write_text(yaml.safe_dump({**config, "rule_files": [str(folder / "rules.yml")]}), encoding="utf-8")
    return file
