"""docs/deploy.md: its configurations are accepted, and the files it names exist."""

import re
from pathlib import Path

import pytest

from sansang_agent.config import load_config
from sansang_agent.contract.settings import load
from sansang_collector.settings import CollectorSettings
from tests.alerts.documents import ROOT

GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
SAMPLES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL))


def test_the_sample_of_the_agent_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "agent.yml").write_text(SAMPLES["agent.yml"], encoding="utf-8")
    (tmp_path / "agent.token").write_text("secret\n")
    (tmp_path / "agent.token").chmod(0o600)
    config = load_config(tmp_path / "agent.yml", environ={})

    assert config.collector is not None
    assert config.collector.url == "https://sansang.example.org"
    assert (config.commune.code, config.commune.name) == ("05983", "Phường Lương Văn Tri")


def test_the_sample_of_the_vantage_is_accepted_and_names_networks(tmp_path: Path) -> None:
    (tmp_path / "vantage.yml").write_text(SAMPLES["vantage.yml"], encoding="utf-8")
    (tmp_path / "vantage.token").write_text("secret\n")
    (tmp_path / "vantage.token").chmod(0o600)

    assert load_config(tmp_path / "vantage.yml", environ={}).policy.networks == ("10.20.0.0/16",)


def test_the_sample_of_the_collector_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "collector.yml").write_text(SAMPLES["collector.yml"], encoding="utf-8")

    assert load(tmp_path / "collector.yml", CollectorSettings).listen == "127.0.0.1:9640"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\b(?:deploy|alerts|grafana)/[\w./-]+\w", GUIDE))))
def test_a_file_the_guide_names_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_guide_says_that_the_images_were_not_run() -> None:
    assert "not built or run" in GUIDE
