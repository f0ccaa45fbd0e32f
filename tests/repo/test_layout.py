"""Holds what every module owes its reader: a docstring that says its role, and a size one can know."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in (
        "agent/sansang_agent",
        "collector/sansang_collector",
        "alerts/sansang_alerts",
        "deploy/local",
        "grafana",
    )
    for path in (ROOT / folder).rglob("*.py")
)
LONGEST = 350


def those(which: Callable[[str], bool]) -> list[str]:
    """Modules of whose text this holds."""
    assert SOURCES
    return [str(path.relative_to(ROOT)) for path in SOURCES if which(path.read_text(encoding="utf-8"))]


def test_a_module_says_its_role() -> None:
    def says_nothing(text: str) -> bool:
        tree = ast.parse(text)
        return bool(tree.body) and not ast.get_docstring(tree)

    assert those(says_nothing) == []


def test_a_module_is_small_enough_to_know() -> None:
    assert those(lambda text: len(text.splitlines()) > LONGEST) == []


@pytest.mark.parametrize(
    "name",
    ["README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "docs/architecture.md", ".ci/run"],
)
def test_the_repository_has_its_files(name: str) -> None:
    assert (ROOT / name).is_file()


def test_locked_dependencies_name_no_address_and_carry_hashes() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8")

        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")


def test_every_locked_package_of_a_run_has_the_same_version_in_development() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        return {line.split(";")[0].rstrip(" \\").strip() for line in lines if "==" in line and not line.startswith("#")}

    assert pins("run.txt") <= pins("dev.txt")
