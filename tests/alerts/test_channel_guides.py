"""The examples in the guides to channels are channels that can be configured."""

import re
from pathlib import Path

import msgspec
import pytest

from sansang_alerts import channel_rules
from sansang_alerts.settings import AnyChannel, SmsChannel, ZaloChannel

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ["docs/channels.md", "docs/vi/kenh-bao-tin.md"]


def examples(guide: str) -> list[AnyChannel]:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / guide).read_text(encoding="utf-8"), re.DOTALL)
    return [channel for block in blocks for channel in msgspec.yaml.decode(block, type=list[AnyChannel])]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_is_one_that_the_rules_permit_but_for_its_secrets(guide: str, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for channel in examples(guide):
        for key in (*channel_rules.SECRET_FILES, "ca"):
            if name := getattr(channel, key, ""):
                (tmp_path / name).write_text("https://192.0.2.1/\n")
                (tmp_path / name).chmod(0o600)
        parts = {key: getattr(channel, key) for key in channel.__struct_fields__}

        assert list(channel_rules.mistakes(type(channel), parts, tmp_path)) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_kind_has_an_example(guide: str) -> None:
    kinds = {type(channel) for channel in examples(guide)}

    assert kinds == set(AnyChannel.__args__)


def test_every_setting_of_sms_and_zalo_is_in_the_guide() -> None:
    text = (ROOT / "docs/channels.md").read_text(encoding="utf-8")
    known = {key for kind in (SmsChannel, ZaloChannel) for key in kind.__struct_fields__}

    assert {key for key in known if key not in text} == set()
