"""docs/checks.md: its sample is accepted, and it names every kind and every key there is."""

import re
from pathlib import Path

import msgspec
import pytest

from sansang_agent.config import load_config
from sansang_agent.contract.check import KINDS

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE))


def test_the_sample_is_accepted(tmp_path: Path) -> None:
    for name in ("terminal.community", "node.auth", "node.priv"):
        (tmp_path / name).write_text("a secret", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "agent.yml").write_text(GUIDE.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    profile = load_config(tmp_path / "agent.yml", environ={}).profile

    assert profile is not None
    assert len(profile.checks) == 8


def test_there_is_a_section_for_every_kind() -> None:
    assert set(SECTIONS) == {"Every kind", *KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_kind_is_named(kind: str) -> None:
    said = SECTIONS["Every kind"] + SECTIONS[kind]

    assert [key for key in msgspec.structs.fields(KINDS[kind]) if f"`{key.encode_name}`" not in said] == []
