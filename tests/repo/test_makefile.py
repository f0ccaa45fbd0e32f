"""The Makefile as a newcomer meets it: what it offers, and what it says when Python is not as it should be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
"""Without what a make above this one hands down."""

pytestmark = pytest.mark.needs("make", "linux")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )


def stand_in_python(folder: Path, *, lacks: str = "", version: str = "3.11.2") -> Path:
    """A ``python3`` that lacks a module, or is too old, as far as the Makefile asks."""
    python = folder / "python3"
    major, minor = version.split(".")[:2]
    python.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *version_info*) [ {major}{int(minor):02} -ge 311 ]; exit $?;; esac\n'
        f'case "$*" in -V) echo "Python {version}"; exit 0;; esac\n'
        f'[ -n "{lacks}" ] && case "$*" in *"import venv"*) exit 1;; esac\n'
        f'exec "{sys.executable}" "$@"\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    return python


def test_help_lists_every_target_a_person_calls() -> None:
    listed = make("help").stdout

    for target in ("run", "test", "test-deps", "check", "words", "dist", "clean"):
        assert f"make {target} " in listed


def test_a_missing_venv_module_is_named_in_one_sentence(tmp_path: Path) -> None:
    python = stand_in_python(tmp_path, lacks="venv")
    done = make("run", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")

    assert done.returncode != 0
    assert done.stdout == "Python's venv module is missing; on Debian or Ubuntu: sudo apt install python3-venv\n"


def test_an_old_python_is_named_with_its_version(tmp_path: Path) -> None:
    python = stand_in_python(tmp_path, version="3.10.9")
    done = make("test", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")

    assert done.returncode != 0
    assert done.stdout.startswith(f"sansang needs Python 3.11 or newer; '{python}' is Python 3.10.9.")
