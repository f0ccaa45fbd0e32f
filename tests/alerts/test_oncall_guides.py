"""The settings that the guides show are taken as they stand, and say what the guides say of them."""

import re
from pathlib import Path

import msgspec
import pytest

from sansang_agent.contract.rung import Owner
from sansang_alerts import loading, routing
from sansang_alerts.cli import main
from sansang_alerts.settings import AlertSettings, Person, Shift, Step, Takes, Team
from tests.alerts.rotas import fault

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = ("oncall.md", "vi/truc.md")


def example(guide: str, folder: Path) -> Path:
    """The guide's settings in a file, with the secrets that they name beside it."""
    (text,) = [
        block
        for block in re.findall(r"```yaml\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)
        if "people:" in block
    ]
    (folder / "secrets").mkdir(exist_ok=True)
    for name in re.findall(r"secrets/([a-z-]+)", text):
        (folder / "secrets" / name).write_text("secret\n")
        (folder / "secrets" / name).chmod(0o600)
    (folder / "alerts.yml").write_text(text, encoding="utf-8")
    return folder / "alerts.yml"


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guides_settings_are_good(guide: str, tmp_path: Path) -> None:
    assert loading.load(example(guide, tmp_path)).teams


def test_the_example_has_the_gaps_and_weaknesses_it_is_meant_to_show(tmp_path: Path) -> None:
    warned = [f"{one.key}: {one.message}" for one in loading.warnings(example("oncall.md", tmp_path))]

    assert [line.partition(":")[0] for line in warned] == [
        "teams[2].shifts",
        "teams[2].shifts",
        "teams[5]",
        "channels[2].url",
    ]


def test_the_examples_faults_go_where_the_guide_says(tmp_path: Path) -> None:
    settings = loading.load(example("oncall.md", tmp_path))

    def team(*of: object) -> str:
        return routing.team_for(settings, fault(*of)).id  # type: ignore[arg-type]

    assert team(Owner.TELECOM, ("05983", "06999")) == "line"
    assert team(Owner.SERVICE_OWNER, ("05983",), ("dvc",)) == "portal"
    assert team(Owner.COMMUNE_IT, ("05983",)) == "north"
    assert team(Owner.COMMUNE_IT, ("05983", "06999")) == "duty"
    assert team(Owner.POWER, ("05983",)) == "power"
    assert team(Owner.US, ()) == "duty"


def test_the_vietnamese_guide_shows_what_the_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = example("oncall.md", tmp_path)
    data = ["--ledger", str(tmp_path / "none.db")]

    main(["oncall", "--team", "line", "--at", "30/11/2026 08:00", "--config", str(file), *data])

    shown = re.findall(r"```\n(Đội .*?)```", (DOCS / "vi/truc.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [capsys.readouterr().out] == shown


@pytest.mark.parametrize("kind", [Person, Takes, Shift, Step, Team, AlertSettings], ids=lambda kind: kind.__name__)
def test_the_guide_names_every_key(kind: type[msgspec.Struct]) -> None:
    text = (DOCS / "oncall.md").read_text(encoding="utf-8")

    assert [key for key in kind.__struct_encode_fields__ if not re.search(rf"\b{key}\b", text)] == []
