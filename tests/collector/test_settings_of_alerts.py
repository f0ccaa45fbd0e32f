"""Who is told, and by which road, as collector.yml says it: every mistake at once, in the user's words."""

from pathlib import Path

import pytest

from sansang_agent.contract.settings import SettingsError, load
from sansang_agent.contract.words import mistakes_in
from sansang_collector import cli, settings_rules
from sansang_collector.settings import CollectorSettings

ALERTS = """
people: [{id: line-1, name: Trực 1, email: line-1@example.vn}]
teams: [{id: line, name: Đội, takes: [{}], fallback: line-1}]
channels: [{id: mail, kind: email, server: "127.0.0.1:25", sender: a@example.vn, security: none}]
"""


def mistakes(folder: Path, text: str, alerts: str = ALERTS) -> list[str]:
    (folder / "alerts.yml").write_text(alerts, encoding="utf-8")
    (folder / "collector.yml").write_text(text, encoding="utf-8")
    try:
        load(folder / "collector.yml", CollectorSettings, settings_rules.rule(folder))
    except SettingsError as error:
        return [f"{one.key}: {one.message}" for one in error.mistakes]
    return []


@pytest.mark.parametrize(
    "text",
    [
        "alerts: alerts.yml",
        "{alerts: alerts.yml, delivery: off}",
        "{alerts: alerts.yml, delivery: alertmanager, alertmanagers: ['http://127.0.0.1:9093']}",
    ],
)
def test_each_road_is_taken(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == []


def test_an_alertmanager_needs_somebody_to_tell_and_an_address(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "delivery: alertmanager") == [
        "delivery: 'delivery: alertmanager' needs 'alertmanagers'",
        "delivery: 'delivery: alertmanager' needs 'alerts'",
    ]


def test_a_second_road_beside_the_direct_one_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, "{alerts: alerts.yml, alertmanagers: ['http://127.0.0.1:9093']}")

    assert found == "alertmanagers: counts with 'delivery: alertmanager' only"


def test_mistakes_of_the_alerts_file_are_told_with_its_name_and_line(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "alerts: alerts.yml", ALERTS.replace("fallback: line-1", "fallback: nobody"))

    assert len(found) == 1
    assert "alerts.yml:3" in found[0]
    assert "nobody" in found[0]


def test_they_are_said_in_vietnamese_too(tmp_path: Path) -> None:
    (tmp_path / "alerts.yml").write_text(ALERTS.replace("fallback: line-1", "fallback: nobody"), encoding="utf-8")
    (tmp_path / "collector.yml").write_text("{alerts: alerts.yml, alertmanagers: ['http://127.0.0.1:9093']}")
    with pytest.raises(SettingsError) as refused:
        load(tmp_path / "collector.yml", CollectorSettings, settings_rules.rule(tmp_path))

    first, second = refused.value.said(mistakes_in("vi", "sansang_collector", "sansang_alerts")).splitlines()

    assert first.endswith("alertmanagers: chỉ có tác dụng với 'delivery: alertmanager'")
    assert second.endswith("alerts.yml:3: teams[0].fallback: không có người 'nobody'")


def test_who_is_told_by_nobody_or_by_no_way_beside_the_wan_is_worth_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mistakes(tmp_path, "alerts: alerts.yml") == []
    status = cli.main(["--lang", "vi", "check-config", "--config", str(tmp_path / "collector.yml")])
    first, second = capsys.readouterr().err.splitlines()

    assert status == 0
    assert first.endswith("alerts.yml:3: teams[0]: không có ca nào: 'line-1' (fallback) luôn trực")
    assert "khi đứt mạng liên tỉnh không báo được cho ai trong đội 'line'" in second


def test_an_alerts_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, "alerts: other.yml")

    assert "other.yml" in found
    assert "there is no such file" in found


def test_an_address_of_no_web_is_refused(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, "{alerts: alerts.yml, delivery: alertmanager, alertmanagers: [localhost]}")

    assert found.startswith("alertmanagers[0]: ")


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "token").chmod(0o644)
    text = "{alerts: alerts.yml, delivery: alertmanager, alertmanagers: ['http://127.0.0.1:1'], "

    (found,) = mistakes(tmp_path, text + "alertmanager_token_file: token}")

    assert "chmod 600" in found
