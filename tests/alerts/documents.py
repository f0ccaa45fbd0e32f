"""The alerting files as the tests read them."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
RULE_FILES = sorted((ALERTS / "rules").glob("*.yml"))
RULE_TESTS = sorted((ALERTS / "rules" / "tests").glob("*.yml"))

Document = dict[str, Any]


@cache
def load(path: Path) -> Document:
    """One YAML mapping, read once; nobody changes it."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def rules(path: Path) -> list[Document]:
    """All rules of a file, whatever their group."""
    return [rule for group in load(path)["groups"] for rule in group["rules"]]


def alerting_rules() -> list[Document]:
    """Every rule that raises an alert."""
    return [rule for path in RULE_FILES for rule in rules(path) if "alert" in rule]
